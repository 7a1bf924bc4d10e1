"""Groups written in two steps: what is seen when, and who is never waited for."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from campaign.errors import LeaseLost, LedgerError
from campaign.ledger.baton import Baton
from campaign.ledger.gate import TURNED_AWAY
from campaign.ledger.groups import Begun
from campaign.ledger.records import Claim, State
from campaign.ledger.sqlite import SqliteLedger
from tests.ledger.ledgers import Held, ServerStore, claim, outcome


@pytest.fixture
def thread() -> Iterator[ThreadPoolExecutor]:
    """Another thread."""
    with ThreadPoolExecutor(1) as one:
        yield one


def begun(held: Held, *numbers: int) -> Begun[list[int | None]]:
    found = held.ledger.begin(held.lease, claims=[claim(number) for number in numbers])
    assert found is not None
    return found


def seen_by_others(held: Held) -> int:
    """How many recipients another process finds in the file."""
    assert isinstance(held.ledger, SqliteLedger)
    path = held.store.path  # type: ignore[attr-defined]
    with closing(sqlite3.connect(path)) as db:
        found: int = db.execute("SELECT count(*) FROM recipient").fetchone()[0]
        return found


def test_nothing_is_durable_before_the_commit_and_everything_after(
    file_held: Held, thread: ThreadPoolExecutor
) -> None:
    group = begun(file_held, 3, 4)
    assert group.result == [1, 1]
    assert seen_by_others(file_held) == 0
    thread.submit(group.commit).result()
    assert seen_by_others(file_held) == 2
    assert file_held.claim(3, 5) == [None, 1]


def test_outcomes_and_the_next_claims_are_one_group(file_held: Held) -> None:
    file_held.claim(1, 2)
    group = file_held.ledger.begin(
        file_held.lease,
        settlements=[outcome(1, 1, State.ACCEPTED), outcome(2, 1, State.PENDING)],
        claims=[claim(2), claim(3)],
    )
    assert group is not None
    group.commit()
    assert group.result == [2, 1]
    assert file_held.ledger.counts(file_held.run.id).as_dict() == {
        **dict.fromkeys(("failed", "unknown", "skipped", "held", "scheduled"), 0),
        "planned": 10,
        "accepted": 1,
        "sending": 2,
        "pending": 7,
    }
    assert file_held.ledger.broken(file_held.run.id) == []


def test_other_threads_wait_for_the_commit_and_then_see_it(
    file_held: Held, thread: ThreadPoolExecutor
) -> None:
    group = begun(file_held, 1)
    counted = thread.submit(file_held.ledger.counts, file_held.run.id)
    assert file_held.ledger.begin(file_held.lease, claims=[claim(2)]) is None
    assert not counted.done()
    group.commit()
    assert counted.result().sending == 1


def test_another_process_that_writes_is_not_waited_for(file_held: Held) -> None:
    path = file_held.store.path  # type: ignore[attr-defined]
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert file_held.ledger.begin(file_held.lease, claims=[claim(1)]) is None
        other.execute("ROLLBACK")
    assert file_held.claim(1) == [1]


def test_who_was_not_waited_for_is_waited_for_the_other_way(
    file_held: Held, thread: ThreadPoolExecutor
) -> None:
    path = file_held.store.path  # type: ignore[attr-defined]
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert file_held.ledger.begin(file_held.lease, claims=[claim(1)]) is None
        claimed = thread.submit(file_held.claim, 1)
        other.execute("COMMIT")
        assert claimed.result(20) == [1]


def test_a_group_that_may_not_be_written_leaves_nothing_and_keeps_nobody_out(
    file_held: Held,
) -> None:
    with pytest.raises(LedgerError, match="Recipient 7 has no open claim"):
        file_held.ledger.begin(
            file_held.lease, settlements=[outcome(7, 1, State.ACCEPTED)], claims=[claim(8)]
        )
    assert file_held.claim(8) == [1]


def test_an_earlier_owner_begins_nothing(file_held: Held) -> None:
    file_held.ledger.release(file_held.lease)
    with closing(file_held.store.open()) as later:
        later.acquire(file_held.run.id)
        with pytest.raises(LeaseLost):
            file_held.ledger.begin(file_held.lease, claims=[claim(1)])
        assert later.counts(file_held.run.id).sending == 0


def test_a_commit_for_which_the_disk_has_no_room_fails_and_keeps_nobody_out(
    file_held: Held, thread: ThreadPoolExecutor
) -> None:
    db = file_held.ledger._db.db  # type: ignore[attr-defined]
    group = begun(file_held, 1)
    db.execute("ROLLBACK")  # as a full disk does
    with pytest.raises(LedgerError, match="cannot be written"):
        thread.submit(group.commit).result()
    assert seen_by_others(file_held) == 0
    assert file_held.claim(1) == [1]


def test_a_file_that_was_deleted_is_for_the_other_way_to_tell_of(file_held: Held) -> None:
    path: Path = file_held.store.path  # type: ignore[attr-defined]
    path.unlink()
    assert file_held.ledger.begin(file_held.lease, claims=[claim(1)]) is None
    with pytest.raises(LedgerError, match="deleted or replaced"):
        file_held.claim(1)


def test_a_file_that_was_away_for_a_moment_is_not_written_any_more(file_held: Held) -> None:
    path: Path = file_held.store.path  # type: ignore[attr-defined]
    away = path.rename(path.with_name("away.db"))
    with pytest.raises(LedgerError, match="deleted or replaced"):
        file_held.claim(1)
    away.rename(path)
    assert file_held.ledger.begin(file_held.lease, claims=[claim(1)]) is None
    with pytest.raises(LedgerError, match="deleted or replaced"):
        file_held.claim(1)


def test_a_group_that_cannot_be_committed_is_undone(file_held: Held) -> None:
    group = begun(file_held, 1)
    group.undo()
    assert seen_by_others(file_held) == 0
    assert file_held.claim(1) == [1]


class Doorkeeper:
    """Lets the even ones in."""

    def __init__(self, *, serial: bool, brief: bool) -> None:
        self.serial, self.brief = serial, brief

    def admits(self, claims: Sequence[Claim], now: int) -> list[bool]:
        return [claim.number % 2 == 0 for claim in claims]


def test_a_gate_that_asks_little_is_asked_at_once(file_held: Held) -> None:
    group = file_held.ledger.begin(
        file_held.lease,
        claims=[claim(1), claim(2)],
        gate=Doorkeeper(serial=False, brief=True),
    )
    assert group is not None
    group.commit()
    assert group.result == [TURNED_AWAY, 1]


@pytest.mark.parametrize(("serial", "brief"), [(True, True), (False, False)])
def test_a_gate_that_reads_much_or_has_to_wait_is_not_asked_here(
    file_held: Held, serial: bool, brief: bool
) -> None:
    gate = Doorkeeper(serial=serial, brief=brief)
    assert file_held.ledger.begin(file_held.lease, claims=[claim(2)], gate=gate) is None
    assert file_held.ledger.write(file_held.lease, claims=[claim(2)], gate=gate) == [1]


def test_a_server_has_to_be_waited_for(held: Held) -> None:
    group = held.ledger.begin(held.lease, claims=[claim(1)])
    assert (group is None) == isinstance(held.store, ServerStore)
    if group is not None:
        group.commit()
    assert held.claim(1, 2) == [None if group else 1, 1]


def test_a_baton_that_is_laid_down_is_nobodys_until_it_is_picked_up(
    thread: ThreadPoolExecutor,
) -> None:
    baton, taken = Baton(), threading.Event()

    def take() -> None:
        with baton, baton:  # who holds it takes it again
            taken.set()

    assert baton.take_if_free()
    assert not baton.take_if_free()
    baton.lay_down()
    assert not baton.take_if_free()
    waiting = thread.submit(take)
    assert not taken.wait(0.05)
    baton.pick_up()
    assert not taken.is_set()
    baton.give_back()
    waiting.result(20)
    assert baton.take_if_free()
