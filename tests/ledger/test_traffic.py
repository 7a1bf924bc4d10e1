"""How much an account was used, as both databases count it."""

from __future__ import annotations

from campaign.ledger.records import Decision, State
from tests.ledger.ledgers import Held

HOUR = 3_600_000


def test_claims_are_counted_by_their_time_and_by_whose_they_are(held: Held) -> None:
    other = held.ledger.ensure_run(
        "autumn", "once", provider="sendbird", channel="sms", sandbox=False
    )
    held.claim(0, 1, 2, 3)
    at = 500 * HOUR
    for number, later in ((0, 0), (1, HOUR - 1), (2, HOUR), (3, -1)):
        held.store.rewrite(
            "UPDATE recipient SET claimed_at = ? WHERE number = ?", at + later, number
        )
    count = held.ledger.claimed_by_time
    assert count(held.run, at, HOUR, own=True) == {500: 2, 501: 1}
    assert count(held.run, at, HOUR, own=False) == {}
    assert count(other, at, HOUR, own=False) == {500: 2, 501: 1}
    assert count(other, at, HOUR, own=True) == {}


def test_another_provider_and_whoever_was_certainly_not_sent_to_do_not_count(held: Held) -> None:
    zild = held.ledger.ensure_run(
        "chat", "once", provider="zild", channel="whatsapp", sandbox=False
    )
    held.claim(0, 1)
    held.settle(0, 1, State.PENDING, outcome="throttled")
    held.settle(1, 1, State.UNKNOWN)
    assert sum(held.ledger.claimed_by_time(held.run, 0, HOUR, own=True).values()) == 1
    assert held.ledger.claimed_by_time(zild, 0, HOUR, own=False) == {}


def test_no_real_run_counts_a_rehearsal(held: Held) -> None:
    rehearsal = held.ledger.ensure_run(
        "autumn", "once", provider="sendbird", channel="sms", sandbox=True
    )
    held.claim(0)
    held.store.rewrite("UPDATE recipient SET run_id = ?", rehearsal.id)
    assert held.ledger.claimed_by_time(held.run, 0, HOUR, own=False) == {}
    assert sum(held.ledger.claimed_by_time(rehearsal, 0, HOUR, own=True).values()) == 1


def test_what_was_sent_counts_although_a_person_has_it_sent_again(held: Held) -> None:
    held.claim(0, 1)
    held.settle(0, 1, State.FAILED)
    held.settle(1, 1, State.UNKNOWN)
    again = [
        Decision(number, was, State.PENDING, "retried", "ana")
        for number, was in ((0, State.FAILED), (1, State.UNKNOWN))
    ]
    held.ledger.decide(held.lease, again)
    count = held.ledger.claimed_by_time
    assert sum(count(held.run, 0, HOUR, own=True).values()) == 2
    held.claim(0)
    assert sum(count(held.run, 0, HOUR, own=True).values()) == 3
