"""A nightly campaign: each night is a run of its own, and nobody of an earlier one is forgotten."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path

import pytest

import campaign
from campaign.api import Campaign
from campaign.errors import InvalidInput
from campaign.execution import Execution, Options
from campaign.reporting.reporter import Silent
from campaign.reporting.summary import Summary
from campaign.sandbox import SandboxServer
from tests.cli.commands import campaign as command
from tests.run.campaigns import ENVIRONMENT, Recipe
from tests.run.lists import number

FIRST = datetime.fromisoformat("2026-11-19T09:00:00+00:00")
SECOND = datetime.fromisoformat("2026-11-20T09:00:00+00:00")
_HOLD = "  codes: {'400': {outcome: rejected, reason: capped_for_now, hold: 24h}}\n"


class Told(Silent):
    """Remembers what was said."""

    def __init__(self) -> None:
        self.sentences: list[str] = []

    def told(self, text: str) -> None:
        self.sentences.append(text)


@pytest.fixture
def server() -> Iterator[SandboxServer]:
    with SandboxServer() as one:
        yield one


@pytest.fixture
def nightly(tmp_path: Path, server: SandboxServer) -> Campaign:
    write_list(tmp_path, range(4))
    recipe = Recipe(settings=_HOLD, more="run: '%Y-%m-%d'\n")
    definition = recipe.write(tmp_path, "list.csv", server.url_for("synthflow"))
    return campaign.load(definition, environment=ENVIRONMENT)


def write_list(folder: Path, people: range) -> None:
    rows = "".join(f"{number(place)},Ana,Plus\n" for place in people)
    (folder / "list.csv").write_text("Phone,First Name,Plan\n" + rows, encoding="utf-8")


async def night(one: Campaign, at: datetime, told: Told | None = None, **options: int) -> Summary:
    asked = Options(now=lambda: at, **options)  # type: ignore[arg-type]
    return await Execution(one.job, ENVIRONMENT, told or Silent(), asked).run()


async def test_whom_a_night_left_the_next_one_names_and_a_command_reaches(
    nightly: Campaign, server: SandboxServer, tmp_path: Path
) -> None:
    await night(nightly, FIRST, limit=1)
    write_list(tmp_path, range(10, 14))
    told = Told()
    second = await night(nightly, SECOND, told)
    assert (second.run, second.sent) == ("2026-11-20", 4)
    (sentence,) = told.sentences
    assert sentence.startswith("The run 2026-11-19 has recipients left to send to (3 pending): ")
    assert sentence.endswith(f"campaign run {tmp_path / 'campaign.yaml'} --run 2026-11-19")
    done = command("run", "campaign.yaml", "--run", "2026-11-19", "--yes", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    sent = server.journal.addresses()
    assert sent == {number(place): 1 for place in (*range(4), *range(10, 14))}
    told = Told()
    await night(nightly, SECOND, told)
    assert told.sentences == []


async def test_who_was_held_last_night_is_named_once_the_time_has_come_and_then_sent_to(
    nightly: Campaign, server: SandboxServer, tmp_path: Path
) -> None:
    server.set_faults({"invalid_recipients": [number(0)]})
    first = await night(nightly, FIRST)
    assert (first.counts.held, first.exit_code) == (1, 5)
    server.set_faults({})
    told = Told()
    await night(nightly, SECOND, told)
    assert told.sentences == []  # not yet
    with closing(sqlite3.connect(tmp_path / "campaign-ledger.db")) as db, db:
        db.execute("UPDATE recipient SET not_before = 1 WHERE not_before IS NOT NULL")
    await night(nightly, SECOND, told)
    assert "some whose time to wait is over" in told.sentences[0]
    done = nightly.run(run="2026-11-19")
    assert (done.run, done.sent, done.exit_code) == ("2026-11-19", 1, 0)


async def test_a_retry_goes_on_with_the_run_it_chose_from(
    nightly: Campaign, server: SandboxServer, tmp_path: Path
) -> None:
    await night(nightly, FIRST)
    server.set_faults({"drop_before": 1.0})
    write_list(tmp_path, range(20, 22))
    await night(nightly, SECOND)
    server.set_faults({})
    words = ("resolve", "campaign.yaml", "--all", "--as", "not-sent")
    told = command(*words, cwd=tmp_path).stdout
    assert "Next: campaign run campaign.yaml --run 2026-11-20" in told
    words = ("retry", "campaign.yaml", "--yes")
    done = command(*words, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "test-campaign 2026-11-20" in done.stdout
    assert {number(20), number(21)} <= set(server.journal.addresses())


async def test_last_nights_unknown_are_named_until_somebody_has_settled_them(
    nightly: Campaign, server: SandboxServer, tmp_path: Path
) -> None:
    server.set_faults({"drop_before": 1.0})
    await night(nightly, FIRST)
    server.set_faults({})
    write_list(tmp_path, range(10, 12))
    told, path = Told(), tmp_path / "campaign.yaml"
    await night(nightly, SECOND, told)
    assert told.sentences == [
        f"The run 2026-11-19 has 4 unknown recipients: campaign reconcile {path} --run 2026-11-19"
    ]


def test_a_night_that_never_was_is_not_begun(nightly: Campaign, server: SandboxServer) -> None:
    nightly.run(limit=1)
    with pytest.raises(InvalidInput, match="has no run 2020-01-01"):
        nightly.run(run="2020-01-01")
    assert len(server.journal) == 1
