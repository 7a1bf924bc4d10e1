"""What came back is merged: the earliest of each thing, whatever came first and however often."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from campaign.errors import LedgerError
from campaign.ledger import hearing
from campaign.ledger.delivery_records import Delivery, Inbound, Observation
from campaign.ledger.hearing import COLUMNS
from campaign.ledger.records import Skip, State
from tests.ledger.ledgers import Held, plan

ANA, BEN = "+491713920001", "+491713920002"


@pytest.fixture
def sent(held: Held) -> Held:
    """Six whom the vendor took."""
    held.claim(*range(6))
    for number in range(6):
        held.settle(number, 1, State.ACCEPTED)
    return held


def said(held: Held, number: int, what: Delivery, at: int, **more: Any) -> Observation:
    return Observation(held.run.id, number, what, at, **more)


def hear(held: Held, number: int, what: Delivery, at: int, **more: Any) -> int:
    return held.ledger.hear([said(held, number, what, at, **more)])


def known(held: Held, number: int) -> Mapping[str, Any]:
    """Return what is kept of one, without what is not."""
    columns = held.ledger.columns(held.run.id, number, number)
    found = {name: columns[name][0] for name in COLUMNS}
    return {name: value for name, value in found.items() if value is not None}


def test_of_each_thing_the_earliest_time_is_kept(sent: Held) -> None:
    for at in (20, 10, 30):
        hear(sent, 0, Delivery.READ, at)
    assert known(sent, 0) == {"delivery": "read", "read_at": 10}


def test_the_column_says_the_furthest_whatever_is_heard_last(sent: Held) -> None:
    for what in (Delivery.CLOSED, Delivery.REPLIED, Delivery.READ, Delivery.DELIVERED):
        hear(sent, 0, what, 7)
        assert known(sent, 0)["delivery"] == "closed"
    for what in (Delivery.SENT, Delivery.DELIVERED, Delivery.READ, Delivery.REPLIED):
        hear(sent, 1, what, 7)
        assert known(sent, 1)["delivery"] == what.value


@pytest.mark.parametrize("at", [1, 9])
def test_nothing_better_ever_covers_that_it_did_not_arrive(sent: Held, at: int) -> None:
    hear(sent, 0, Delivery.UNDELIVERED, 5, code="30003", detail="switched off")
    for what in Delivery:
        if what is not Delivery.UNDELIVERED:
            hear(sent, 0, what, at)
    found = known(sent, 0)
    assert found["delivery"] == "undelivered"
    assert (found["undelivered_at"], found["delivery_code"]) == (5, "30003")
    assert found["delivery_detail"] == "switched off"
    assert found["delivered_at"] == at


def test_why_it_did_not_arrive_is_what_was_said_the_earliest(sent: Held) -> None:
    hear(sent, 0, Delivery.UNDELIVERED, 5, code="b", detail="later")
    hear(sent, 0, Delivery.UNDELIVERED, 4, code="c")
    hear(sent, 0, Delivery.UNDELIVERED, 6, code="a", detail="latest")
    assert known(sent, 0) == {
        "delivery": "undelivered",
        "undelivered_at": 4,
        "delivery_code": "c",
    }
    hear(sent, 0, Delivery.UNDELIVERED, 4, code="b")
    assert known(sent, 0)["delivery_code"] == "b"


def test_what_was_heard_before_changes_nobody(sent: Held) -> None:
    told = [
        said(sent, 0, Delivery.SENT, 1),
        said(sent, 0, Delivery.READ, 3),
        said(sent, 1, Delivery.UNDELIVERED, 2, code="1"),
        said(sent, 2, Delivery.UNDELIVERED, 2),
        said(sent, 2, Delivery.SENT, 1),
    ]
    assert sent.ledger.hear(told) == 3
    assert sent.ledger.hear(told) == 0
    assert sent.ledger.hear([said(sent, 0, Delivery.SENT, 2)]) == 0
    assert sent.ledger.hear([said(sent, 0, Delivery.SENT, 0), *told]) == 1
    assert sent.ledger.hear([]) == 0


def test_of_whoever_was_never_claimed_nothing_is_kept(sent: Held) -> None:
    sent.ledger.write(sent.lease, skips=[Skip(7, "key-7", "suppressed")])
    told = [said(sent, number, Delivery.READ, 1) for number in (7, 8)]
    told += [said(sent, number, Delivery.UNDELIVERED, 1) for number in (7, 8)]
    assert sent.ledger.hear(told) == 0
    assert sent.ledger.broken(sent.run.id) == []


def test_a_text_of_a_vendor_that_no_database_takes_is_kept_all_the_same(sent: Held) -> None:
    for _ in range(2):
        hear(sent, 0, Delivery.UNDELIVERED, 1, code="\0", detail="half \ud83d")
    assert known(sent, 0)["delivery_code"] == "\\0"
    assert known(sent, 0)["delivery_detail"] == "half \\ud83d"


def test_what_came_back_stands_in_the_row_of_whom_it_is_of(sent: Held) -> None:
    hear(sent, 4, Delivery.DELIVERED, 44)
    hear(sent, 1, Delivery.REPLIED, 11)
    columns = sent.ledger.columns(sent.run.id, 1, 5)
    assert set(COLUMNS) < set(columns)
    found = {
        number: (delivery, delivered, replied)
        for number, delivery, delivered, replied in zip(
            *(columns[name] for name in ("number", "delivery", "delivered_at", "replied_at")),
            strict=True,
        )
    }
    assert found == {
        1: ("replied", None, 11),
        2: (None, None, None),
        3: (None, None, None),
        4: ("delivered", 44, None),
        5: (None, None, None),
    }


def test_those_who_are_silent_and_those_who_are_not_are_all_whom_the_vendor_answered_for(
    held: Held,
) -> None:
    held.claim(*range(8))
    states = (State.ACCEPTED, State.ACCEPTED, State.SCHEDULED, State.FAILED, State.UNKNOWN)
    for number, state in enumerate(states):
        held.settle(number, 1, state)
    held.settle(5, 1, State.PENDING, outcome="throttled")
    held.settle(6, 1, State.ACCEPTED)
    hear(held, 0, Delivery.REPLIED, 3)
    hear(held, 0, Delivery.UNDELIVERED, 4)
    hear(held, 4, Delivery.REPLIED, 3)
    hear(held, 2, Delivery.SENT, 3)
    hear(held, 7, Delivery.SENT, 3)  # whose answer to the request has not come yet
    hear(held, 5, Delivery.SENT, 3)
    found = held.ledger.deliveries(held.run.id)
    assert found.by_status == {
        Delivery.UNDELIVERED: 1,
        Delivery.REPLIED: 1,
        Delivery.SENT: 1,
    }
    assert (found.replied, found.silent) == (2, 3)
    counts = held.ledger.counts(held.run.id)
    assert sum(found.by_status.values()) + found.silent == counts.done


def test_of_a_run_of_which_nothing_was_heard_everybody_is_silent(sent: Held) -> None:
    found = sent.ledger.deliveries(sent.run.id)
    assert (dict(found.by_status), found.replied, found.silent) == ({}, 0, 6)


def test_who_is_somebody_else_by_a_new_plan_has_no_delivery(held: Held) -> None:
    held.claim(0)
    held.settle(0, 1, State.PENDING, outcome="not_sent")
    hear(held, 0, Delivery.SENT, 1)
    held.ledger.set_cursor(held.run.id, "pages", "7")
    held.ledger.set_plan(held.lease, plan())
    held.claim(0)
    assert known(held, 0) == {}
    assert held.ledger.cursor(held.run.id, "pages") is None
    assert held.ledger.broken(held.run.id) == []


def wrote(
    identity: str, at: int, sender: str = "", channel: str = "whatsapp", provider: str = "zild"
) -> Inbound:
    return Inbound("number", identity, channel, sender, at, provider)


def test_the_last_message_of_a_person_counts_and_an_earlier_one_changes_nothing(
    held: Held,
) -> None:
    held.ledger.heard_from([wrote(ANA, 5), wrote(BEN, 3)])
    held.ledger.heard_from([wrote(ANA, 4), wrote(BEN, 9), wrote(BEN, 8)])
    assert list(held.ledger.last_inbound("number", "whatsapp")) == [(ANA, 5), (BEN, 9)]
    assert list(held.ledger.last_inbound("number", "whatsapp", since=6)) == [(BEN, 9)]
    assert list(held.ledger.last_inbound("number", "sms")) == []
    assert list(held.ledger.last_inbound("email", "whatsapp")) == []


def test_a_message_to_another_number_of_ours_does_not_count(held: Held) -> None:
    held.ledger.heard_from([wrote(ANA, 5, "+1"), wrote(ANA, 7, "+2"), wrote(BEN, 3, "+2")])

    def found(*senders: str) -> list[tuple[str, int]]:
        return list(held.ledger.last_inbound("number", "whatsapp", senders, provider="zild"))

    assert found("+1") == [(ANA, 5)]
    assert found("+1", "+2") == [(ANA, 7), (BEN, 3)]
    assert found() == []
    assert list(held.ledger.last_inbound("number", "whatsapp")) == [(ANA, 7), (BEN, 3)]


def test_a_message_to_nobody_knows_which_number_counts_only_where_the_vendor_names_none(
    held: Held,
) -> None:
    held.ledger.heard_from([wrote(ANA, 5, provider="sendbird")])

    def found(provider: str, *senders: str) -> list[tuple[str, int]]:
        inbound = held.ledger.last_inbound("number", "whatsapp", senders or None, provider=provider)
        return list(inbound)

    assert found("sendbird", "+1") == found("sendbird") == [(ANA, 5)]
    assert found("zild", "+1") == found("zild") == []
    held.ledger.heard_from([wrote(BEN, 6, "+2", provider="sendbird")])
    assert found("sendbird", "+1") == []
    assert found("sendbird") == [(ANA, 5), (BEN, 6)]
    # The number is the same one, whoever told of it.
    assert found("zild", "+2") == [(BEN, 6)]


@pytest.mark.parametrize("people", [0, 1, 2, 3, 4, 5])
def test_everybody_who_wrote_is_told_once_page_by_page(
    held: Held, monkeypatch: pytest.MonkeyPatch, people: int
) -> None:
    monkeypatch.setattr(hearing, "PAGE", 2)
    told = [wrote(f"+4917139200{number:02}", number, s) for number in range(people) for s in "ab"]
    held.ledger.heard_from(told)
    found = list(held.ledger.last_inbound("number", "whatsapp"))
    assert found == [(f"+4917139200{number:02}", number) for number in range(people)]


def test_a_group_that_cannot_be_written_leaves_nothing(sent: Held) -> None:
    told = [said(sent, 0, Delivery.SENT, 1), said(sent, 1, Delivery.UNDELIVERED, 2**64)]
    with pytest.raises((OverflowError, LedgerError)):
        sent.ledger.hear(told)
    assert known(sent, 0) == {}
