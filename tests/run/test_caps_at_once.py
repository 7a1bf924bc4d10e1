"""Two campaigns that send at the same moment from one ledger never exceed a cap or the tier."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from threading import Barrier

import pytest

from campaign.api import Campaign
from campaign.channel import Channel
from campaign.gate import OtherRuns
from campaign.ledger.records import Claim
from campaign.reporting.reporter import About, Silent
from campaign.reporting.summary import Summary
from campaign.sandbox import SandboxConfig, SandboxServer
from tests.run.lists import number
from tests.run.several import one

PEOPLE = 120
SLOW = {"faults": {"latency": {"uniform": [0.0, 0.02]}, "throttle": 0.05, "retry_after": 0.01}}
FAST = "rate: {{limit: 100000/s, concurrency: 12{}}}\n"


@pytest.fixture
def server() -> Iterator[SandboxServer]:
    with SandboxServer(SandboxConfig.model_validate(SLOW)) as made:
        yield made


@pytest.fixture(params=["sqlite", "postgres"])
def ledger(request: pytest.FixtureRequest) -> Iterator[str]:
    if request.param == "sqlite":
        yield "ledger: ../ledger.db\n"
    else:
        with request.getfixturevalue("postgres").database() as address:
            yield f"ledger: {address}\n"


class Together(Silent):
    """Lets a run begin to send when the other ones do."""

    def __init__(self, all_ready: Barrier) -> None:
        self._all_ready = all_ready

    def started(self, about: About) -> None:
        self._all_ready.wait(60)


def at_once(*campaigns: Campaign) -> list[Summary]:
    all_ready = Barrier(len(campaigns))
    with ThreadPoolExecutor(len(campaigns)) as threads:
        runs = [threads.submit(each.run, reporter=Together(all_ready)) for each in campaigns]
        return [run.result() for run in runs]


def test_nobody_gets_more_than_the_cap_from_two_runs_at_once(
    tmp_path: Path, server: SandboxServer, ledger: str
) -> None:
    cap = f"{ledger}frequency_cap: 1 in 1 day\n"
    first = one(tmp_path, server, "spring", range(PEOPLE), cap, rate=FAST.format(""))
    second = one(tmp_path, server, "summer", range(PEOPLE), cap, rate=FAST.format(""))
    summaries = at_once(first, second)
    assert server.journal.addresses() == {number(person): 1 for person in range(PEOPLE)}
    assert sum(summary.counts.accepted for summary in summaries) == PEOPLE
    refused = [summary.reasons.get(("skipped", "frequency_cap"), 0) for summary in summaries]
    assert sum(refused) == PEOPLE
    assert first.verify().is_sound
    assert second.verify().is_sound


def test_two_runs_at_once_stay_within_the_tier_and_use_all_of_it(
    tmp_path: Path, server: SandboxServer, ledger: str
) -> None:
    rate, chat = FAST.format(", tier: 50"), Channel.WHATSAPP
    first = one(tmp_path, server, "spring", range(60), ledger, chat, rate=rate)
    second = one(tmp_path, server, "summer", range(60, PEOPLE), ledger, chat, rate=rate)
    summaries = at_once(first, second)
    assert len(server.journal.addresses()) == 50
    assert sum(summary.counts.accepted for summary in summaries) == 50
    assert sum(summary.counts.pending for summary in summaries) == PEOPLE - 50
    assert [summary.exit_code for summary in summaries] == [5, 5]


@pytest.mark.parametrize("minutes", [3, 600, -600])
def test_a_run_that_has_waited_knows_whom_others_messaged_meanwhile(
    tmp_path: Path, server: SandboxServer, minutes: int
) -> None:
    first = one(tmp_path, server, "spring", range(3), "frequency_cap: 1 in 30 days\n")
    with closing(first.job.ledger({}).open()) as ledger:
        gate = OtherRuns(first.job, ledger, 0)
        one(tmp_path, server, "summer", range(2)).run()
        # The clock of the run that has waited, or whose machine was set back.
        now = round(time.time() * 1000) + minutes * 60_000
        claims = [Claim(person, number(person)) for person in range(3)]
        assert gate.admits(claims, now) == [False, False, True]
