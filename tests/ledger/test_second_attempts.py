"""What was heard of one attempt says nothing of the next one to the same person."""

from __future__ import annotations

from collections.abc import Iterable

from campaign.ledger.delivery_records import Delivery, Observation, Place
from campaign.ledger.records import Decision, Entry, State
from tests.ledger.ledgers import Held

LONG_AGO = 5


def names(entry: Entry) -> Iterable[str]:
    return (entry.provider_id,) if entry.provider_id else ()


def first_attempt(held: Held, provider_id: str = "first") -> Place:
    """Send to somebody, whose message does not arrive, and let it be sent again."""
    held.claim(0)
    held.settle(0, 1, State.FAILED, provider_id=provider_id)
    held.store.rewrite("UPDATE recipient SET claimed_at = ?", LONG_AGO)
    held.ledger.learn("sendbird", names, sandbox=False)
    (place,) = places(held, provider_id)
    hear(held, place, Delivery.UNDELIVERED)
    assert delivery(held) == "undelivered"
    again = Decision(0, State.FAILED, State.PENDING, "retried", "ana")
    held.ledger.decide(held.lease, [again])
    return place


def places(held: Held, name: str) -> tuple[Place, ...]:
    return tuple(held.ledger.places_of_ids("sendbird", [name], sandbox=False).get(name, ()))


def hear(held: Held, place: Place, what: Delivery) -> int:
    told = Observation(place.run_id, place.number, what, 7, claimed_at=place.claimed_at)
    return held.ledger.hear([told])


def delivery(held: Held) -> str | None:
    found: list[str | None] = held.ledger.columns(held.run.id, 0, 0)["delivery"]
    return found[0]


def test_who_is_to_be_sent_to_again_has_no_delivery(held: Held) -> None:
    first_attempt(held)
    assert delivery(held) is None
    held.claim(0)
    assert delivery(held) is None
    assert held.ledger.deliveries(held.run.id).by_status == {}


def test_a_second_message_that_arrives_is_delivered_whatever_became_of_the_first(
    held: Held,
) -> None:
    before = first_attempt(held)
    held.claim(0)
    held.settle(0, 2, State.ACCEPTED, provider_id="second")
    assert held.ledger.deliveries(held.run.id).silent == 1
    held.ledger.learn("sendbird", names, sandbox=False)
    (now,) = places(held, "second")
    assert hear(held, now, Delivery.READ) == 1
    assert delivery(held) == "read"
    assert hear(held, before, Delivery.UNDELIVERED) == 0
    assert delivery(held) == "read"
    assert held.ledger.deliveries(held.run.id).by_status == {Delivery.READ: 1}
    assert held.ledger.broken(held.run.id) == []


def test_an_id_that_both_attempts_may_have_says_nothing_until_the_second_is_learnt(
    held: Held,
) -> None:
    first_attempt(held, "conversation")
    assert len(places(held, "conversation")) == 1
    held.claim(0)
    assert places(held, "conversation") == ()
    held.settle(0, 2, State.ACCEPTED, provider_id="conversation")
    held.ledger.learn("sendbird", names, sandbox=False)
    (place,) = places(held, "conversation")
    assert place.claimed_at > LONG_AGO
    assert hear(held, place, Delivery.DELIVERED) == 1
    assert delivery(held) == "delivered"
