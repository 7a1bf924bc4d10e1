"""Runs of several workers in which a process dies, or a person stops it all."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from campaign.sandbox import SandboxServer
from campaign.sending.ending import Ending
from tests.crash.campaign_of_crashes import finish_and_judge
from tests.crash.processes import HELD, ended, run, started
from tests.run.sent_by_workers import (
    asked_to_stop,
    lives,
    load,
    until_gone,
    until_sent,
    until_under_way,
    with_workers,
    write,
)

PEOPLE = 400
IN_FLIGHT = 16


@pytest.fixture
def server() -> Iterator[SandboxServer]:
    with SandboxServer() as one:
        one.set_faults({"latency": 0.05})
        yield one


def test_a_worker_that_is_killed_stops_the_run_and_another_number_of_them_finishes_it(
    ledger_line: str, server: SandboxServer, tmp_path: Path
) -> None:
    definition = write(tmp_path, server.url_for("synthflow"), PEOPLE, ledger_line)
    sender = started("run", definition)
    workers = until_sent(server, 30, sender)
    os.kill(workers[0], signal.SIGKILL)
    end = ended(sender)
    sent = len(server.journal)
    with load(definition).view() as view:
        counts = view.counts
    with_workers(definition, 3)
    summary = finish_and_judge(definition, server, PEOPLE)
    assert len(workers) == 2
    assert end.code == 4, end.said
    assert "was ended by SIGKILL" in end.said
    assert "run again" in end.said
    assert counts.sending == 0, "its open claims are unknown when the run has ended"
    assert counts.unknown <= IN_FLIGHT // 2
    assert sent < PEOPLE
    assert summary.counts.unknown == counts.unknown


def test_workers_whose_run_is_killed_end_soon_and_the_next_run_can_begin_at_once(
    ledger_line: str, server: SandboxServer, tmp_path: Path
) -> None:
    server.set_faults({"latency": 1.0})
    definition = write(tmp_path, server.url_for("synthflow"), 100, ledger_line)
    sender = started("run", definition)
    workers = until_sent(server, IN_FLIGHT, sender)
    sender.kill()
    sender.wait()
    with_workers(definition, 1)
    second = run(definition)  # while answers to its workers are still under way
    ended(sender)
    until_gone(*workers)
    summary = finish_and_judge(definition, server, 100)
    assert second.code in (0, 3), second.said
    assert summary.counts.unknown <= IN_FLIGHT


def test_workers_that_slept_through_the_end_of_their_run_claim_nobody_more(
    ledger_line: str, server: SandboxServer, tmp_path: Path
) -> None:
    definition = write(tmp_path, server.url_for("synthflow"), PEOPLE, ledger_line)
    sender = started("run", definition)
    workers = until_sent(server, 30, sender)
    for worker in workers:
        os.kill(worker, signal.SIGSTOP)
    sender.kill()
    sender.wait()  # it lives on for a moment, and so does its run
    sent = len(server.journal)
    for worker in workers:
        os.kill(worker, signal.SIGCONT)
    until_gone(*workers)
    ended(sender)
    late = len(server.journal) - sent
    with load(definition).view() as view:
        counts = view.counts
    summary = finish_and_judge(definition, server, PEOPLE)
    assert late <= IN_FLIGHT, "more than what was on its way already"
    assert counts.sending == 0, "the last outcomes are written, though the run is gone"
    assert summary.counts.accepted == PEOPLE


def test_a_run_that_is_stopped_is_not_taken_over_while_its_workers_send(
    ledger_line: str, server: SandboxServer, tmp_path: Path
) -> None:
    slowly = "{limit: 40/s, concurrency: 16}"
    definition = write(tmp_path, server.url_for("synthflow"), PEOPLE, ledger_line, rate=slowly)
    sender = started("run", definition, lease=2.0)
    until_sent(server, 30, sender)
    os.kill(sender.pid, signal.SIGSTOP)
    until_sent(server, 150, sender)  # which takes three seconds
    another = run(definition, lease=2.0)
    os.kill(sender.pid, signal.SIGCONT)
    end = ended(sender)
    summary = finish_and_judge(definition, server, PEOPLE)
    assert another.code == HELD, another.said
    assert end.code == 0, end.said
    assert summary.counts.accepted == PEOPLE


def test_a_worker_whose_run_is_not_its_parent_any_more_sends_nobody_anything(
    server: SandboxServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    definition = write(tmp_path, server.url_for("synthflow"), 40)
    with monkeypatch.context() as patched:
        patched.setattr(os, "getpid", os.getppid)
        summary = load(definition).run()
    assert (summary.ending, summary.counts.pending) == (Ending.STOPPED, 40)
    assert summary.why == "the process that held the run has ended"
    assert len(server.journal) == 0


def test_ctrl_c_waits_for_the_answers_of_all_workers_and_leaves_the_rest(
    server: SandboxServer, tmp_path: Path
) -> None:
    definition = write(tmp_path, server.url_for("synthflow"), PEOPLE)
    sender = started("run", definition)
    workers = until_sent(server, 30, sender)
    end = asked_to_stop(sender)
    with load(definition).view() as view:
        counts = view.counts
    assert end.code == 130, end.said
    assert not any(map(lives, workers))
    assert (counts.unknown, counts.sending) == (0, 0)
    assert counts.accepted == len(server.journal) < PEOPLE
    assert finish_and_judge(definition, server, PEOPLE).counts.accepted == PEOPLE


def test_a_second_ctrl_c_ends_all_workers_at_once_and_what_was_under_way_is_unknown(
    server: SandboxServer, tmp_path: Path
) -> None:
    server.set_faults({"latency": 20.0})
    definition = write(tmp_path, server.url_for("synthflow"), PEOPLE)
    sender = started("run", definition)
    workers = until_under_way(definition, IN_FLIGHT, sender)
    end = asked_to_stop(sender, times=2)
    with load(definition).view() as view:
        counts = view.counts
    server.set_faults({})
    summary = finish_and_judge(definition, server, PEOPLE)
    assert end.code == 130, end.said
    assert not any(map(lives, workers))
    assert (counts.unknown, counts.sending) == (IN_FLIGHT, 0)
    assert summary.counts.accepted == PEOPLE - IN_FLIGHT


def test_a_worker_that_is_asked_to_end_lets_the_whole_run_end_in_order(
    server: SandboxServer, tmp_path: Path
) -> None:
    definition = write(tmp_path, server.url_for("synthflow"), PEOPLE)
    sender = started("run", definition)
    workers = until_sent(server, 30, sender)
    os.kill(workers[1], signal.SIGTERM)
    end = ended(sender)
    with load(definition).view() as view:
        counts = view.counts
    assert end.code == 130, end.said
    assert re.search(r"worker [12] of 2 was told to end \(SIGTERM\)", end.said), end.said
    assert (counts.unknown, counts.sending) == (0, 0)
    assert counts.pending > 0
    assert finish_and_judge(definition, server, PEOPLE).counts.accepted == PEOPLE
