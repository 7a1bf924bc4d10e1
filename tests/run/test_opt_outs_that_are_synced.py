"""Whoever asked to be left alone is, whatever became of the sync that should have heard of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from functools import partial
from pathlib import Path

import anyio
import pytest

import campaign
from campaign.api import Campaign
from campaign.channel import Channel
from campaign.sandbox import SandboxConfig, SandboxServer
from campaign.syncing import sync
from tests.run.campaigns import Recipe
from tests.run.lists import number
from tests.run.people import DAY, config, synced
from tests.run.reconciled import SECRETS

FIRST = number(0)
PEOPLE = {
    "delivered": {"share": 1, "after": ["2s", "3s"]},
    "script": {
        FIRST: [
            {"after": "2s", "does": "delivered"},
            {"after": "1d", "does": "replied", "text": "STOP"},
        ]
    },
}


class Killed(Exception):
    """The sync ends in the middle."""


@pytest.fixture
def server() -> Iterator[SandboxServer]:
    with SandboxServer(SandboxConfig.model_validate(config(PEOPLE))) as one:
        yield one


@pytest.fixture
def loaded(tmp_path: Path, server: SandboxServer) -> Campaign:
    rows = "".join(f"{number(place)}\n" for place in range(24))
    (tmp_path / "list.csv").write_text(f"Phone\n{rows}", encoding="utf-8")
    path = Recipe("whippy", Channel.PHONE).write(tmp_path, "list.csv", server.url_for("whippy"))
    one = campaign.load(path, environment=SECRETS)
    assert one.run().counts.accepted == 24
    server.clock.advance(timedelta(minutes=1))
    return one


def killed_in_the_middle(loaded: Campaign, server: SandboxServer) -> None:
    def progress(_title: str, done: int, _total: int | None) -> None:
        if done >= 8:
            raise Killed

    with pytest.raises(Killed):
        anyio.run(partial(sync, loaded.job, SECRETS, None, progress, server.clock.now))
    with closing(loaded.job.ledger(SECRETS).open(create=False)) as ledger, loaded.view() as view:
        assert ledger.cursor(view.run.id, "Whippy's conversations") is not None


def listed(loaded: Campaign) -> list[str]:
    return [one.identity for one in loaded.suppressions.all()]


def test_a_stop_from_before_a_sync_that_only_went_on_is_heeded_by_the_next_whole_one(
    loaded: Campaign, server: SandboxServer
) -> None:
    killed_in_the_middle(loaded, server)
    server.clock.advance(4 * DAY)
    went_on = synced(loaded, server)
    assert (went_on.problems, went_on.opted_out) == ({}, 0), "behind the one who wrote STOP"
    server.clock.advance(DAY)
    assert synced(loaded, server).opted_out == 1
    assert listed(loaded) == [FIRST]
