"""Run, sync, report: the page says what the sandbox's people did, as far as the vendor tells it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from statistics import mean, median

import polars as pl
import pytest

from campaign.api import Campaign
from campaign.reporting.page import page
from campaign.sandbox import SandboxConfig, SandboxServer
from tests.reporting.reading import Reader
from tests.run.people import ACTS, DAY, Way, at_the_vendor, config, sent, synced
from tests.run.test_syncing import WAYS


@pytest.fixture
def server() -> Iterator[SandboxServer]:
    with SandboxServer(SandboxConfig.model_validate(config())) as one:
        yield one


def on_the_page(loaded: Campaign, folder: Path) -> dict[str, float | None]:
    """Return every number on the page by its name."""
    read = Reader(page(loaded.report(page=folder / "report.html"))).values
    return {name: json.loads(value) if value else None for name, (value, _) in read.items()}


def taken(loaded: Campaign) -> dict[str, int]:
    """Return when each message was claimed that the vendor took, by address."""
    with loaded.view() as view:
        path = view.plan.path.with_name("all.parquet")
        view.results(path)
    rows = pl.read_parquet(path).filter(pl.col("state").is_in(["accepted", "scheduled"]))
    return {
        address: round(datetime.fromisoformat(claimed).timestamp() * 1000)
        for address, claimed in rows.select("address", "claimed_at").iter_rows()
    }


def acts(server: SandboxServer, way: Way) -> dict[str, dict[str, float]]:
    """Return when each person did what first, whether the vendor tells of it or not."""
    found: dict[str, dict[str, float]] = {}
    for one in server.people.acts(way.provider):
        for act in one["acts"]:
            what, at = ACTS.get(act["does"], act["does"]), datetime.fromisoformat(act["at"])
            mine = found.setdefault(one["to"], {})
            mine[what] = min(mine.get(what, at.timestamp()), at.timestamp())
    return found


@pytest.mark.parametrize("way", WAYS, ids=str)
def test_responses_and_resolution_times_on_the_page_are_those_of_the_people(
    tmp_path: Path, server: SandboxServer, way: Way
) -> None:
    loaded = sent(tmp_path, server, way)
    server.clock.advance(DAY)
    synced(loaded, server)
    read, claims = on_the_page(loaded, tmp_path), taken(loaded)
    truth, people = at_the_vendor(server, way), acts(server, way)
    replied = {to for to in claims if "replied" in truth.get(to, {})}
    assert replied
    assert read["response.all.accepted"] == len(claims)
    assert read["response.all.responded"] == len(replied)
    assert read["response.all.not_responded"] == len(claims) - len(replied)
    assert read["response.all.rate"] == len(replied) / len(claims)
    first = [people[to]["replied"] - claims[to] / 1000 for to in replied]
    # Some vendors tell whole seconds.
    assert read["response.all.first_median"] == pytest.approx(median(first), abs=1.1)
    if "closed" in way.tells - way.timeless:
        closed = [
            people[to]["closed"] - people[to]["replied"] for to in replied if "closed" in truth[to]
        ]
        assert closed
        assert read["response.all.resolution_mean"] == pytest.approx(mean(closed), abs=1.1)
        assert read["response.all.resolution_median"] == pytest.approx(median(closed), abs=1.1)
        assert read["funnel.closed.people"] == len(closed)
    if "undelivered" in way.tells:
        lost = sum("undelivered" in acts for to, acts in truth.items() if to in claims)
        assert read["delivery.undelivered.people"] == lost
