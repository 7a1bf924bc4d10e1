"""Several processes, and clocks that jump: nobody is sent to twice, and nobody is forgotten."""

from __future__ import annotations

import csv
import signal
from pathlib import Path

import campaign
from campaign.sandbox import SandboxServer
from tests.crash.campaign_of_crashes import CONCURRENCY, finish_and_judge, write_campaign
from tests.crash.processes import (
    HELD,
    command,
    crowd,
    ended,
    run,
    run_when_free,
    started,
    wait_for,
    wait_until_stopped,
)
from tests.run.campaigns import ENVIRONMENT

PEOPLE = 300


def unknown_of(definition: Path) -> set[str]:
    loaded = campaign.load(definition, environment=ENVIRONMENT)
    results = definition.with_name("unknown.csv")
    with loaded.view() as view:
        view.results(results)
    with results.open(newline="", encoding="utf-8") as file:
        return {row["address"] for row in csv.DictReader(file) if row["state"] == "unknown"}


def test_who_slept_through_its_lease_can_neither_claim_nor_send_nor_settle(
    ledger_line: str, tmp_path: Path
) -> None:
    with SandboxServer() as server:
        definition = write_campaign(tmp_path, PEOPLE, server.url_for("synthflow"), ledger_line)
        # One at a time: no other request is in the instant between its last question and its first
        # byte, for which nothing can be promised.
        text = definition.read_text(encoding="utf-8")
        alone = text.replace(f"concurrency: {CONCURRENCY}", "concurrency: 1")
        assert alone != text
        definition.write_text(alone, encoding="utf-8")
        sleeper = started("run", definition, lease=1.0, stop=5)
        wait_until_stopped(sleeper)
        second = run_when_free(definition, lease=1.0)
        # A person looks them up, rightly: whoever had not been sent to yet is sent to now.
        again = unknown_of(definition) - set(server.journal.addresses())
        assert again, "it was stopped with claims that had not been sent on"
        assert command("resolve", definition, *again, "--as", "not-sent").code == 0
        assert run(definition).code in (0, 3)  # others may be unknown that had been sent to
        before = len(server.journal)
        sleeper.send_signal(signal.SIGCONT)
        first = ended(sleeper)
        late = len(server.journal) - before
        summary = finish_and_judge(definition, server, PEOPLE)
    assert second.code == 3, second.said
    assert first.code == HELD, first.said
    assert "Another process has taken this run over" in first.said
    assert late == 0, "it sent on claims that were not its own any more"
    assert summary.counts.accepted == PEOPLE - summary.counts.unknown
    assert summary.counts.unknown + len(again) <= CONCURRENCY


def test_of_many_starts_at_once_exactly_one_sends(ledger_line: str, tmp_path: Path) -> None:
    with SandboxServer() as server:
        server.set_faults({"latency": 0.05})
        definition = write_campaign(tmp_path, PEOPLE, server.url_for("synthflow"), ledger_line)
        ends = crowd(definition, 30)
        summary = finish_and_judge(definition, server, PEOPLE)
    assert len(ends) == 30
    assert [end["sent"] for end in ends if end["sent"]] == [PEOPLE], ends
    assert {end["code"] for end in ends} <= {0, HELD}, ends
    assert summary.counts.accepted == PEOPLE


def test_a_clock_that_is_set_back_costs_a_living_owner_nothing(
    ledger_line: str, tmp_path: Path
) -> None:
    with SandboxServer() as server:
        server.set_faults({"latency": 0.05})
        definition = write_campaign(tmp_path, PEOPLE, server.url_for("synthflow"), ledger_line)
        owner = started("run", definition, clock_back=3, lease=5.0)
        wait_for(server, 4 * CONCURRENCY, owner)  # which is longer than to the next heartbeat
        server.set_faults({"latency": 1.0})  # it has a quarter of a minute to go
        another = run(definition, clock=-3600, lease=5.0)
        server.set_faults({})
        end = ended(owner)
        summary = finish_and_judge(definition, server, PEOPLE)
    assert another.code == HELD, another.said
    assert end.code == 0, end.said
    assert summary.counts.accepted == PEOPLE


def test_an_abandoned_run_is_taken_over_though_the_clock_was_set_back(tmp_path: Path) -> None:
    with SandboxServer() as server:
        definition = write_campaign(tmp_path, PEOPLE, server.url_for("synthflow"))
        sleeper = started("run", definition, lease=1.0, stop=5)
        wait_until_stopped(sleeper)
        assert run_when_free(definition, lease=1.0, clock=-3600).code == 3
        sleeper.kill()
        sleeper.communicate()
        summary = finish_and_judge(definition, server, PEOPLE)
    assert summary.counts.unknown <= CONCURRENCY
