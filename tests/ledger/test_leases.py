"""One process sends for a run; another one is refused, or takes over and fences the first out."""

from __future__ import annotations

import os
import platform
import re
import subprocess
import sys
import threading
from collections.abc import Iterator

import pytest

from campaign.errors import LeaseLost, LedgerError, RunHeld
from campaign.ledger import holding, owner
from campaign.ledger.records import Lease, State
from campaign.ledger.runs import now_ms
from campaign.ledger.sql_ledger import SqlLedger
from tests.ledger.ledgers import Held, claim, outcome, plan


@pytest.fixture
def other(held: Held) -> Iterator[SqlLedger]:
    """A second process's view of the same ledger."""
    ledger = held.store.open()
    yield ledger
    ledger.close()


def test_a_second_process_is_refused_with_pid_host_and_since(held: Held, other: SqlLedger) -> None:
    with pytest.raises(RunHeld) as refused:
        other.acquire(held.run.id)
    sentence = str(refused.value)
    assert f"process {os.getpid()} on {platform.node()} since 20" in sentence
    assert re.search(r"since \d{4}-\d\d-\d\d \d\d:\d\d:\d\d\. Wait for it", sentence)
    assert refused.value.exit_code == 11


def test_a_run_that_was_given_back_is_free(held: Held, other: SqlLedger) -> None:
    held.ledger.release(held.lease)
    lease = other.acquire(held.run.id)
    assert lease.epoch == held.lease.epoch + 1
    assert other.write(lease, claims=[claim(0)]) == [1]


def test_a_run_that_is_not_held_names_no_owner(held: Held) -> None:
    taken = held.ledger.find_run(held.run.name, held.run.run)
    held.ledger.release(held.lease)
    free = held.ledger.find_run(held.run.name, held.run.run)
    assert taken is not None
    assert free is not None
    assert (taken.owner_pid, free.owner_pid, free.owner_host) == (os.getpid(), None, None)


def test_a_dead_process_is_replaced_at_once(held: Held, other: SqlLedger) -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    held.store.rewrite("UPDATE run SET owner_pid = ?", gone.pid)
    assert other.acquire(held.run.id).epoch == held.lease.epoch + 1


def test_a_pid_of_another_machine_says_nothing_here(held: Held, other: SqlLedger) -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    held.store.rewrite("UPDATE run SET owner_pid = ?, owner_host = 'elsewhere/1234/5678'", gone.pid)
    with pytest.raises(RunHeld, match="on elsewhere since"):
        other.acquire(held.run.id)


def test_a_process_that_fell_silent_is_replaced(held: Held, other: SqlLedger) -> None:
    allowed = int(owner.TIME_TO_LIVE * 1000)
    held.store.rewrite("UPDATE run SET heartbeat_at = ?", now_ms() - allowed + 5_000)
    with pytest.raises(RunHeld):
        other.acquire(held.run.id)
    held.store.rewrite("UPDATE run SET heartbeat_at = ?", now_ms() - allowed - 1)
    assert other.acquire(held.run.id).epoch == held.lease.epoch + 1


def test_a_heartbeat_keeps_a_run(held: Held, other: SqlLedger) -> None:
    held.store.rewrite("UPDATE run SET heartbeat_at = 0")
    held.ledger.beat(held.lease)
    with pytest.raises(RunHeld):
        other.acquire(held.run.id)


@pytest.fixture
def taken_over(held: Held, other: SqlLedger) -> Lease:
    """Somebody else's lease, taken while this process held a claim."""
    held.claim(0)
    held.store.rewrite("UPDATE run SET heartbeat_at = 0")
    return other.acquire(held.run.id)


def test_who_was_fenced_out_can_neither_claim_nor_settle_nor_plan_nor_beat(
    held: Held, other: SqlLedger, taken_over: Lease
) -> None:
    refused = [
        lambda: held.claim(1),
        lambda: held.settle(0, 1, State.ACCEPTED),
        lambda: held.ledger.beat(held.lease),
        lambda: held.ledger.recover(held.lease),
        lambda: held.ledger.set_plan(held.lease, plan()),
        lambda: held.ledger.note(held.lease, "finished"),
    ]
    for write in refused:
        with pytest.raises(LeaseLost, match="taken this run over"):
            write()
    assert other.counts(held.run.id).sending == 1
    assert other.events(held.run.id) == []
    assert other.recover(taken_over) == 1
    assert held.state(0) is State.UNKNOWN


def test_who_was_fenced_out_gives_nothing_back(
    held: Held, other: SqlLedger, taken_over: Lease
) -> None:
    held.ledger.release(held.lease)
    assert other.write(taken_over, claims=[claim(1)]) == [1]
    with pytest.raises(RunHeld):
        held.ledger.acquire(held.run.id)


def test_an_owner_who_comes_back_does_not_get_its_old_lease(held: Held) -> None:
    held.ledger.release(held.lease)
    again = held.ledger.acquire(held.run.id)
    with pytest.raises(LeaseLost):
        held.claim(0)
    assert held.ledger.write(again, claims=[claim(0)]) == [1]


def test_a_block_holds_the_run_and_gives_it_back(held: Held, other: SqlLedger) -> None:
    held.ledger.release(held.lease)
    with holding.held(held.ledger, held.run.id), pytest.raises(RunHeld):
        other.acquire(held.run.id)
    assert other.acquire(held.run.id).owner


def test_a_block_that_fails_gives_the_run_back_too(held: Held, other: SqlLedger) -> None:
    held.ledger.release(held.lease)
    with pytest.raises(ZeroDivisionError), holding.held(held.ledger, held.run.id):
        _ = 1 // 0
    assert other.acquire(held.run.id).owner


class Beats:
    """A ledger that only counts heartbeats, and fails as it is told."""

    def __init__(self, *failures: Exception | None) -> None:
        self.failures = list(failures)
        self.enough = threading.Event()
        self.count = 0

    def acquire(self, run_id: int, *, takeover: bool) -> Lease:
        return Lease(run_id, 1, "me")

    def release(self, lease: Lease) -> None:
        pass

    def beat(self, lease: Lease) -> None:
        self.count += 1
        failure = self.failures.pop(0)
        if not self.failures:
            self.enough.set()
        if failure is not None:
            raise failure


def test_a_heart_that_missed_a_beat_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(owner, "HEARTBEAT", 0.001)
    ledger = Beats(LedgerError("database is locked"), None, LeaseLost("gone"))
    with holding.held(ledger, 1):  # type: ignore[arg-type]
        assert ledger.enough.wait(20)
    assert ledger.count == 3


def test_a_clock_that_was_set_back_leaves_a_living_owner_alone(
    held: Held, other: SqlLedger
) -> None:
    held.store.rewrite("UPDATE run SET heartbeat_at = ?", now_ms() + 3_600_000)
    held.ledger.beat(held.lease)  # by the new clock
    with pytest.raises(RunHeld):
        other.acquire(held.run.id)


def test_a_heartbeat_from_the_future_is_a_sign_of_life_no_longer_than_one_from_the_past(
    held: Held, other: SqlLedger
) -> None:
    allowed = int(owner.TIME_TO_LIVE * 1000)
    held.store.rewrite("UPDATE run SET heartbeat_at = ?", now_ms() + allowed - 5_000)
    with pytest.raises(RunHeld):
        other.acquire(held.run.id)
    held.store.rewrite("UPDATE run SET heartbeat_at = ?", now_ms() + allowed + 5_000)
    assert other.acquire(held.run.id).epoch == held.lease.epoch + 1


def test_a_settlement_after_a_clock_was_set_back_is_written(held: Held) -> None:
    held.claim(0)
    late = outcome(0, 1, State.ACCEPTED)
    held.store.rewrite("UPDATE run SET owned_since = ?", now_ms() + 3_600_000)
    held.ledger.write(held.lease, settlements=[late])
    assert held.state(0) is State.ACCEPTED
