"""Runs whose people answer by a clock that a test controls, and what the ledger has of it."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import anyio

import campaign
from campaign.api import Campaign
from campaign.channel import Channel
from campaign.sandbox import SandboxServer
from campaign.syncing import Synced, sync
from tests.run.campaigns import KINDS, Recipe
from tests.run.lists import write_mixed
from tests.run.reconciled import CONFIG, SECRETS, account_at

LIVELY = {
    "delivered": {"share": 0.85, "after": ["2s", "30s"]},
    "undelivered": {"share": 0.1},
    "read": {"share": 0.6, "after": ["1m", "1h"]},
    "replied": {"share": 0.4, "after": ["2m", "3h"], "texts": ["yes", "who are you?"]},
    "opted_out": {"share": 0.1, "after": ["3m", "1h"]},
    "closed": {"unanswered": "6h", "answered": ["1h", "2h"]},
}
DAY = timedelta(days=1)
ACTS = {"reacted": "replied", "opted_out": "replied"}
"""What counts as an answer."""

Happened = Mapping[str, Mapping[str, int | None]]
"""By address, what happened and when (seconds since 1970 UTC); no time where none is told."""


@dataclass(frozen=True)
class Way:
    """A provider, and what it can be heard to tell.

    ``twilio``: the account is the customer's own. ``timeless`` is told without the time at which it
    happened. ``last_only``: of a message only the last status is told.
    """

    provider: str
    channel: Channel
    tells: frozenset[str]
    twilio: bool = False
    timeless: frozenset[str] = frozenset()
    last_only: bool = False

    def __str__(self) -> str:
        return f"{self.provider}-{self.channel.value}{'-twilio' if self.twilio else ''}"


def config(people: Mapping[str, Any] = LIVELY) -> dict[str, Any]:
    return {**CONFIG, "people": dict(people), "seed": 7}


def sent(
    folder: Path, server: SandboxServer, way: Way, rows: int = 40, settings: str = ""
) -> Campaign:
    """Send to a list; everybody has their message."""
    write_mixed(folder / "list.csv", way.channel, KINDS.get(way.channel, "number"), rows)
    settings += account_at(server) if way.twilio else ""
    recipe = Recipe(provider=way.provider, channel=way.channel, settings=settings)
    path = recipe.write(folder, "list.csv", server.url_for(way.provider))
    loaded = campaign.load(path, environment=SECRETS | {"HOOK": "needed by nobody"})
    assert loaded.run().counts.accepted > rows / 4
    return loaded


def synced(loaded: Campaign, server: Any, run: str | None = None) -> Synced:
    """Ask the vendor, by its clock."""
    ask = partial(sync, loaded.job, SECRETS, run, now=server.clock.now)
    return anyio.run(ask)


def in_the_ledger(loaded: Campaign, way: Way) -> Happened:
    """Return what the ledger says happened, of everybody who was sent to."""
    with loaded.view() as view, closing(loaded.job.ledger(SECRETS).open(create=False)) as ledger:
        rows = view.plan.rows().select("number", "address").collect()
        columns = ledger.columns(view.run.id, 0, 1_000_000)
    addresses = dict(rows.iter_rows())
    names = [name for name in columns if name.endswith("_at") and name[:-3] in _HAPPENINGS]
    return {
        addresses[number]: {
            name[:-3]: None if name[:-3] in way.timeless else columns[name][place] // 1000
            for name in names
            if columns[name][place] is not None
        }
        for place, number in enumerate(columns["number"])
        if columns["claimed_at"][place] is not None
    }


def at_the_vendor(server: SandboxServer, way: Way) -> Happened:
    """Return what the people did, as far as the vendor tells of it; the earliest of each."""
    found: dict[str, Mapping[str, int | None]] = {}
    for one in server.people.acts(way.provider):
        acts: dict[str, int] = {}
        for act in one["acts"]:
            what = ACTS.get(act["does"], act["does"])
            at = int(datetime.fromisoformat(act["at"]).timestamp())
            if what in way.tells:
                acts[what] = min(acts.get(what, at), at)
        if way.last_only and "read" in acts:
            acts.pop("delivered", None)
        found[one["to"]] = {what: None if what in way.timeless else at for what, at in acts.items()}
    return found


_HAPPENINGS = frozenset({"delivered", "read", "replied", "closed", "undelivered"})
