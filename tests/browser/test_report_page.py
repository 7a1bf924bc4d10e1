"""The report in a browser without a network: every number on it is the ledger's, on any screen."""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, Page, Route

from campaign.ledger.delivery_records import Delivery
from campaign.reporting.page import page as written
from tests.reporting.stage import (
    EMOJI,
    EVIL,
    Stage,
    every_state,
    somebody_held_out_writes,
    stage,
    what_people_did,
)

SCREENS = {"desktop": (1280, 900), "phone": (360, 740)}
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
_CONTRAST = """() => {
  const part = c => { c /= 255; return c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4 };
  const light = ([r, g, b]) => 0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b);
  const rgb = text => text.match(/[\\d.]+/g).map(Number);
  const paper = element => {
    for (let e = element; e; e = e.parentElement) {
      const c = rgb(getComputedStyle(e).backgroundColor);
      if (c.length === 3 || c[3] > 0) return c;
    }
    return [255, 255, 255];
  };
  const words = "h1, h2, p, li, td, th, a, caption, figcaption", found = [];
  for (const element of document.querySelectorAll(words)) {
    if (!element.innerText.trim() || !element.offsetParent) continue;
    const a = light(rgb(getComputedStyle(element).color)), b = light(paper(element));
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) found.push([element.tagName, element.innerText.slice(0, 40), ratio]);
  }
  return found;
}"""


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Stage:
    """A run with every state in it, and its page."""
    found = stage(tmp_path_factory.mktemp("report"))
    every_state(found)
    found.hear(what_people_did)
    somebody_held_out_writes(found)
    path = found.folder / "page.html"
    path.write_text(written(found.report(path)), encoding="utf-8")
    return found


@contextmanager
def opened(
    browser: Browser,
    told: Stage,
    screen: str = "desktop",
    scheme: Literal["light", "dark"] = "light",
) -> Iterator[Page]:
    """Open the page where nothing can be asked of any network, and see that nothing was wrong."""
    width, height = SCREENS[screen]
    context = browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme=scheme,
        offline=True,
        accept_downloads=True,
    )
    asked, said = [], []

    def refuse(route: Route) -> None:
        if route.request.url.startswith(("file:", "data:")):
            route.continue_()
        else:
            asked.append(route.request.url)
            route.abort()

    context.route("**/*", refuse)
    found = context.new_page()
    found.on("console", lambda message: said.append(message.text))
    found.on("pageerror", lambda error: said.append(str(error)))
    found.on("dialog", lambda dialog: said.append(dialog.message))
    found.goto((told.folder / "page.html").as_uri())
    try:
        yield found
    finally:
        context.close()
    assert asked == [], "the page asked a network"
    assert said == [], "the page has errors"


def values(page: Page) -> dict[str, float | None]:
    """Return every number on the page by its name."""
    found = page.eval_on_selector_all(
        "[data-id]", "all => all.map(one => [one.dataset.id, one.dataset.value])"
    )
    return {name: json.loads(value) if value else None for name, value in found}


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("screen", SCREENS)
def test_every_number_on_the_page_is_the_ledgers(
    browser: Browser,
    told: Stage,
    screen: str,
    scheme: Literal["light", "dark"],
    shots: Path | None,
) -> None:
    with opened(browser, told, screen, scheme) as page:
        read = values(page)
        if shots is not None:
            page.screenshot(path=shots / f"report-{screen}-{scheme}.png", full_page=True)
    report = told.report()
    wanted = {
        f"{table.name}.{row[0]}.{column.name}": value
        for table in report.tables
        for row in table.rows
        for column, value in zip(table.columns, row, strict=True)
        if column.kind != "text"
    }
    wanted |= {f"groups.{group.name}.people": group.people for group in report.groups}
    assert read == wanted
    with told.opened() as (ledger, run_id):
        counts, returned = ledger.counts(run_id), ledger.deliveries(run_id)
        entries = list(ledger.entries(run_id, 0, 10_000))
    assert read["funnel.rows.people"] == counts.planned
    assert read["funnel.accepted.people"] == counts.accepted + counts.scheduled
    assert read["groups.failed.people"] == counts.failed
    assert read["groups.held.people"] == counts.held
    assert read["groups.skipped.people"] == counts.skipped
    assert read["groups.pending.people"] == counts.pending
    assert read["groups.unknown.people"] == counts.unknown + counts.sending
    for one in Delivery:
        assert read[f"delivery.{one.value}.people"] == returned.by_status.get(one, 0)
    assert read["response.all.responded"] == returned.replied
    codes = Counter(one.code for one in entries if one.state == "failed")
    assert read["codes.failed: invalid_recipient, code 21211.people"] == codes["21211"]


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("screen", SCREENS)
def test_nothing_is_wider_than_the_screen_and_all_of_it_can_be_read(
    browser: Browser, told: Stage, screen: str, scheme: Literal["light", "dark"]
) -> None:
    with opened(browser, told, screen, scheme) as page:
        wide = page.evaluate(
            "() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]"
        )
        weak = page.evaluate(_CONTRAST)
    assert wide[0] <= wide[1], "one has to scroll sideways"
    assert weak == []


def test_no_table_is_cut_and_no_word_of_it_is_broken_on_a_small_desktop(
    browser: Browser, told: Stage
) -> None:
    with opened(browser, told) as page:
        page.set_viewport_size({"width": 1000, "height": 800})
        over = page.evaluate(
            "() => [...document.querySelectorAll('table')].filter(one => "
            "one.getBoundingClientRect().right > document.documentElement.clientWidth"
            ").map(one => one.innerText.slice(0, 60))"
        )
    assert over == []


def test_the_letters_of_a_drawing_can_be_read_on_a_telephone(browser: Browser, told: Stage) -> None:
    with opened(browser, told, "phone") as page:
        sizes = page.evaluate(
            "() => [...document.querySelectorAll('svg text:not([transform])')]"
            ".filter(one => one.textContent.trim())"
            ".map(one => parseFloat(getComputedStyle(one).fontSize) * one.getScreenCTM().d)"
        )
        cut = page.evaluate(
            "() => [...document.querySelectorAll('svg text:not([transform])')].filter(one => "
            "one.textContent.trim() && one.getBoundingClientRect().left < 0)"
            ".map(one => one.textContent)"
        )
    assert min(sizes) >= 10
    assert cut == []


def test_dark_is_dark_and_light_is_light(browser: Browser, told: Stage) -> None:
    def paper(scheme: Literal["light", "dark"]) -> int:
        with opened(browser, told, scheme=scheme) as page:
            colour = page.evaluate("() => getComputedStyle(document.body).backgroundColor")
        return sum(map(int, colour.removeprefix("rgb(").rstrip(")").split(",")))

    assert paper("dark") < 120 < 700 < paper("light")


def test_words_of_the_list_and_the_vendor_are_shown_and_never_run(
    browser: Browser, told: Stage
) -> None:
    with opened(browser, told) as page:
        assert page.locator("script").count() == 0
        assert EVIL in page.locator("[data-table=codes]").inner_text()


def test_a_group_that_is_in_the_page_can_be_saved(
    browser: Browser, told: Stage, tmp_path: Path
) -> None:
    with opened(browser, told) as page:
        with page.expect_download() as download:
            page.get_by_role("link", name="responded.csv", exact=True).click()
        path = tmp_path / download.value.suggested_filename
        download.value.save_as(path)
        wanted = values(page)["groups.responded.people"]
    with path.open(newline="", encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    assert path.name == "responded.csv"
    assert len(rows) == wanted
    assert any(EMOJI in row["First Name"] for row in rows)


def test_drawings_have_a_name_and_their_figures_in_a_table(browser: Browser, told: Stage) -> None:
    with opened(browser, told) as page:
        drawings = page.get_by_role("img")
        assert drawings.count() >= 3
        for place in range(drawings.count()):
            drawing = drawings.nth(place)
            assert len(drawing.get_attribute("aria-label") or "") > 10
            section = drawing.locator("xpath=ancestor::section")
            assert section.get_by_role("table").count() == 1
            assert drawing.bounding_box() is not None
        assert page.get_by_role("heading", level=1).count() == 1
