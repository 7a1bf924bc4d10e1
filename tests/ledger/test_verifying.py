"""Whatever breaks an invariant of the ledger is found and named; a sound one says nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from campaign.ledger.delivery_records import Delivery, Observation
from campaign.ledger.invariants import OF_TESTS, SENTENCES
from campaign.ledger.queries import queries
from campaign.ledger.records import Decision, Skip, State
from campaign.ledger.sqlite import SqliteLedger
from tests.ledger.ledgers import FileStore, Held, outcome


@pytest.fixture
def lived(held: Held) -> Held:
    """A run in which everything that is allowed has happened."""
    held.claim(*range(9))
    for number, state, said in (
        (0, State.ACCEPTED, "accepted"),
        (1, State.SCHEDULED, "scheduled"),
        (2, State.FAILED, "rejected"),
        (3, State.UNKNOWN, "unknown"),
        (4, State.PENDING, "throttled"),
        (5, State.PENDING, "not_sent"),
        (6, State.UNKNOWN, "unknown"),
    ):
        held.settle(number, 1, state, outcome=said)
    held.ledger.write(
        held.lease, settlements=[outcome(7, 1, State.HELD, outcome="rejected", not_before=5)]
    )
    held.ledger.write(held.lease, skips=[Skip(4, "key-4", "suppressed")])
    again = Decision(6, State.UNKNOWN, State.PENDING, "resolved_not_sent", "ana")
    sent = Decision(3, State.UNKNOWN, State.ACCEPTED, "resolved_sent", "ana")
    held.ledger.decide(held.lease, [again, sent])
    held.claim(6)
    held.settle(6, 2, State.ACCEPTED)
    held.ledger.note(held.lease, "started")
    held.ledger.hear(
        [
            Observation(held.run.id, 0, Delivery.READ, 5),
            Observation(held.run.id, 2, Delivery.UNDELIVERED, 5, code="30003"),
        ]
    )
    return held


def found(held: Held) -> str:
    return "\n".join(held.ledger.broken(held.run.id))


def test_a_run_in_which_everything_happened_breaks_nothing(lived: Held) -> None:
    assert lived.ledger.broken(lived.run.id) == []
    lived.ledger.recover(lived.lease)
    assert lived.ledger.release_due(lived.lease) == 1
    assert lived.ledger.broken(lived.run.id) == []
    assert lived.ledger.damage() == []


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        (
            "UPDATE decision SET was = 'failed' WHERE number = 6",
            "key-6 was attempted again although an earlier attempt may have arrived",
        ),
        (
            "UPDATE decision SET becomes = 'accepted' WHERE number = 6",
            "key-6 was attempted again although an earlier attempt may have arrived",
        ),
        (
            "UPDATE recipient SET state = 'pending' WHERE number = 0",
            "key-0 is pending, which neither its last attempt nor a decision says",
        ),
        (
            "UPDATE recipient SET state = 'accepted' WHERE number = 2",
            "key-2 is accepted, which neither",
        ),
        ("UPDATE recipient SET key = 'key-1' WHERE number = 2", "key-1 is in the run 2 times"),
        ("DELETE FROM attempt WHERE number = 0", "key-0 has 0 attempts written down"),
        ("UPDATE recipient SET attempts = 3 WHERE number = 2", "key-2 has 1 attempts written"),
        ("DELETE FROM recipient WHERE number = 2", "Number 2 of the plan has 1 attempts but no"),
        ("UPDATE decision SET number = 9", "Number 9 of the plan has 2 decisions but no claim"),
        ("UPDATE recipient SET attempts = 0 WHERE number = 8", "key-8 is sending without an att"),
        ("UPDATE recipient SET settled_at = NULL WHERE number = 1", "key-1 is scheduled without"),
        ("UPDATE recipient SET not_before = NULL WHERE number = 7", "key-7 is held without its"),
        ("UPDATE tally SET rows = rows + 1 WHERE state = 'failed'", "failed is the state of 1 rec"),
        ("DELETE FROM tally WHERE state = 'accepted'", "accepted is the state of 3 recipients"),
        ("UPDATE run SET planned = 3", "8 rows have a state, more than the plan has"),
        ("UPDATE run SET epoch = 0", "1 events are of an owner that the run never had"),
        ("UPDATE run SET plan_hash = NULL", "9 recipients were claimed without a plan"),
        ("DELETE FROM recipient WHERE number = 0", "Number 0 of the plan has 1 deliveries but no"),
        ("UPDATE recipient SET claimed_at = NULL WHERE number = 2", "key-2 has 1 deliveries but"),
        ("UPDATE delivery SET read_at = NULL", "key-0 has a delivery that says nothing, without"),
        ("UPDATE delivery SET code = 'x' WHERE number = 0", "key-0 has a delivery that says read"),
    ],
)
def test_what_breaks_an_invariant_is_named(lived: Held, statement: str, told: str) -> None:
    lived.store.rewrite(statement)
    assert told in found(lived)


def test_every_invariant_has_its_query_and_every_query_its_sentence() -> None:
    assert set(queries("verify.sql")) == set(SENTENCES) | set(OF_TESTS)
    assert not set(queries("verify.sql")) & set(queries("ledger.sql"))


def test_of_many_only_the_first_are_named_and_the_rest_counted(held: Held) -> None:
    held.claim(*range(8))
    held.store.rewrite("UPDATE recipient SET attempts = 2")
    told = held.ledger.broken(held.run.id)
    assert [line.split()[0] for line in told[:5]] == [f"key-{number}" for number in range(5)]
    assert told[5] == "The same holds for 3 more."


def test_a_file_whose_pages_are_damaged_is_told(tmp_path: Path) -> None:
    held = Held(FileStore(tmp_path / "ledger.db"), sendable=2000)
    held.claim(*range(2000))
    held.ledger.close()
    path = tmp_path / "ledger.db"
    data = bytearray(path.read_bytes())
    data[len(data) // 2 : len(data) // 2 + 2000] = b"\x07" * 2000
    path.write_bytes(data)
    ledger = SqliteLedger(path)
    assert ledger.damage()
    ledger.close()
