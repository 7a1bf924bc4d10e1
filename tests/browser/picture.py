"""The picture of a report in the documents: ``python -m tests.browser.picture`` makes it anew.

Its people are made up, and what they did is drawn with a fixed seed.
"""

from __future__ import annotations

import random
import shutil
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from campaign.ledger.delivery_records import Delivery, Observation
from campaign.ledger.records import Entry
from campaign.reporting.page import page
from tests.docs.pages import DOCS
from tests.reporting.stage import Stage
from tests.run.campaigns import Recipe
from tests.run.lists import number

_PEOPLE = 900
_SPLIT = "variants: {short: 'Hi {{ first_name }}', long: {share: 50%, text: 'Hello, {{ plan }}'}}\n"


def _what_they_did(run_id: int, taken: list[Entry]) -> list[Observation]:
    chance = random.Random(6)
    heard = []
    for one in taken:
        at = one.claimed_at or 0

        def tell(
            what: Delivery,
            seconds: float,
            code: str | None = None,
            of: int = one.number,
            at: int = at,
        ) -> None:
            heard.append(Observation(run_id, of, what, at + round(1000 * seconds), code))

        draw = chance.random()
        if draw < 0.04:
            tell(Delivery.UNDELIVERED, 4, "30003")
            continue
        tell(Delivery.DELIVERED, 2)
        if draw < 0.7:
            tell(Delivery.READ, chance.expovariate(1 / 600))
        if draw < 0.31 + 0.1 * (one.number % 2):
            answered = 30 + chance.expovariate(1 / 1500)
            tell(Delivery.REPLIED, answered)
            if draw < 0.25:
                tell(Delivery.CLOSED, answered + 120 + chance.expovariate(1 / 900))
    return heard


def main() -> None:
    """Send a rehearsal, tell what came back, and take the picture."""
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        folder = Path(name)
        rows = "".join(f"{number(place)},Ana,Basic\n" for place in range(_PEOPLE))
        refused = "".join(f"{cell},Bo,Plus\n" for cell in ["4.91714E+11"] * 12 + [""] * 25)
        text = f"Phone,First Name,Plan\n{rows}{refused}"
        (folder / "list.csv").write_text(text, encoding="utf-8")
        recipe = Recipe(name="spring-sale", message=_SPLIT, rate="rate: 80/s\n")
        told = Stage(folder, recipe.write(folder, "list.csv", None))
        told.loaded().run()
        told.hear(_what_they_did)
        path = folder / "report.html"
        path.write_text(page(told.report(path)), encoding="utf-8")
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        found = browser.new_page(viewport={"width": 1000, "height": 1270})
        found.goto(path.as_uri())
        found.screenshot(path=DOCS / "report.png")
        browser.close()


if __name__ == "__main__":
    main()
