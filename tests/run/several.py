"""Several campaigns to the same people from one ledger."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

import campaign
from campaign.api import Campaign
from campaign.channel import Channel
from campaign.sandbox import SandboxServer
from tests.run.campaigns import ENVIRONMENT, Recipe
from tests.run.lists import number

HOUR = 3600


def one(
    folder: Path,
    server: SandboxServer,
    name: str,
    people: Iterable[int],
    more: str = "",
    channel: Channel = Channel.SMS,
    provider: str = "synthflow",
    **recipe: str,
) -> Campaign:
    """Return a campaign to these people, in a folder of its own, with the others' ledger."""
    place = folder / name
    place.mkdir(exist_ok=True)
    rows = "".join(f"{number(person)},Ana,Plus,\n" for person in people)
    header = "Phone,First Name,Plan,Last inbound at\n"
    (place / "list.csv").write_text(header + rows, encoding="utf-8")
    if "ledger:" not in more:
        more += "ledger: ../ledger.db\n"
    made = Recipe(provider=provider, name=name, channel=channel, more=more, **recipe)
    return campaign.load(
        made.write(place, "list.csv", server.url_for(provider)), environment=ENVIRONMENT
    )


def later(folder: Path, hours: float) -> None:
    """Let everything in the ledger have happened so many hours earlier."""
    with closing(sqlite3.connect(folder / "ledger.db")) as db, db:
        db.execute(
            "UPDATE recipient SET claimed_at = claimed_at - ?", (round(hours * HOUR * 1000),)
        )
