from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import pytest

from campaign.channel import Channel
from campaign.providers.heard import Happening, Unheard
from tests.providers.look_ups import Vendor, always, in_turn
from tests.providers.polls import (
    ABOUT,
    ANA,
    UNTIL,
    Exchange,
    about,
    asked_of,
    minutes,
    poll,
    texts,
    written,
)
from tests.providers.vendors import KEY, NUMBER, SENDER, answer

OTHER = "+491713920099"


def _message(after: float = 0.5, **changes: Any) -> dict[str, Any]:
    """A message as Whippy's webhooks and lists show it."""
    message = {
        "id": "m-1",
        "direction": "OUTBOUND",
        "from": SENDER,
        "to": NUMBER,
        "body": "Hi Ana",
        "delivery_status": "delivered",
        "created_at": written(after),
        "updated_at": written(after + 1),
    }
    return message | changes


def _reply(after: float = 30, **changes: Any) -> dict[str, Any]:
    said = {"id": "m-2", "direction": "INBOUND", "from": NUMBER, "to": SENDER, "body": "yes"}
    return _message(after) | said | changes


def _list(*items: Any) -> dict[str, Any]:
    return {"data": list(items), "total": len(items)}


def _asked(*messages: Any, conversation: Any = None, **changes: Any) -> Exchange:
    found = {"id": "c/1", "status": "open"} | (conversation or {})
    vendor = in_turn(_list(found), _list(*messages))
    return asked_of(poll("whippy"), vendor, about(ANA, channel=Channel.PHONE, **changes))


def test_the_agents_message_and_the_answer_are_heard() -> None:
    exchange = _asked(_message(), _reply())
    assert exchange.happenings == [
        (Happening.DELIVERED, minutes(1.5)),
        (Happening.REPLIED, minutes(30)),
    ]
    delivered, replied = exchange.heard
    assert delivered.ids == ("conversation-1", "m-1")
    assert delivered.began == minutes(0.5)
    # A reply belongs to the newest message to them, whichever run sent it.
    assert replied.ids == ()
    assert (replied.address, replied.sender, replied.text) == (NUMBER, SENDER, "yes")
    assert exchange.cursors == []
    search, messages = exchange.requests
    assert json.loads(search.content) == {"query": NUMBER, "limit": 100, "offset": 0}
    assert messages.url.raw_path == b"/v1/conversations/c%2F1/messages?limit=100&offset=0"
    assert {request.headers["X-WHIPPY-KEY"] for request in exchange.requests} == {KEY}


@pytest.mark.parametrize(
    ("status", "happening"),
    [
        ("sent", Happening.SENT),
        ("delivery_unconfirmed", Happening.SENT),
        ("Delivered", Happening.DELIVERED),
        ("read", Happening.READ),
        ("failed", Happening.UNDELIVERED),
        ("undelivered", Happening.UNDELIVERED),
        ("queued", None),
        ("something new", None),
        (None, None),
        (7, None),
    ],
)
def test_a_delivery_status_means_what_it_says(status: object, happening: Happening | None) -> None:
    heard = [one.happening for one in _asked(_message(delivery_status=status)).heard]
    assert heard == ([] if happening is None else [happening])


@pytest.mark.parametrize(
    ("status", "at"), [("delivered", UNTIL), ("failed", UNTIL), ("sent", minutes(0.5))]
)
def test_what_has_no_time_had_happened_when_it_was_asked_for(status: str, at: datetime) -> None:
    # Never earlier than it was: the earliest time that is told of a thing counts.
    (found,) = _asked(_message(delivery_status=status, updated_at=None)).heard
    assert found.at == at


def test_why_a_message_did_not_arrive_is_told() -> None:
    message = _message(
        delivery_status="failed", error_code=30005, error_message=f"unknown handset {KEY}"
    )
    (found,) = _asked(message).heard
    assert (found.code, found.detail) == ("30005", "unknown handset ***")


def test_only_the_first_message_is_ours_and_not_what_the_agent_says_later() -> None:
    later = _message(20, id="m-9", delivery_status="failed")
    assert [one.happening for one in _asked(later, _message()).heard] == [Happening.DELIVERED]


@pytest.mark.parametrize(
    "changes",
    [
        {"to": OTHER},
        {"from": OTHER},
        {"direction": "NOTE"},
        {"direction": None},
        {"created_at": None},
        {"created_at": written(-10)},
        {"created_at": written(70)},
    ],
    ids=repr,
)
def test_what_is_not_this_message_says_nothing(changes: dict[str, Any]) -> None:
    assert _asked(_message(**changes), _reply(100)).heard == []


def test_what_somebody_wrote_before_is_no_answer() -> None:
    assert texts(_asked(_message(), _reply(-60)).heard) == []


def test_what_somebody_else_wrote_is_no_answer_of_theirs() -> None:
    assert texts(_asked(_message(), _reply(**{"from": OTHER})).heard) == []


@pytest.mark.parametrize(
    ("conversation", "at"),
    [
        ({"status": "closed", "updated_at": written(50)}, 50),
        ({"status": "closed", "updated_at": written(50), "closed_at": written(45)}, 45),
        ({"status": "closed", "last_message_date": written(30)}, 30),
        ({"status": "closed"}, None),
        ({"status": "open", "updated_at": written(50)}, None),
        # Closed before we wrote: that was another conversation.
        ({"status": "closed", "updated_at": written(-50)}, None),
    ],
    ids=repr,
)
def test_a_close_is_heard_where_its_time_is_known(conversation: Any, at: float | None) -> None:
    heard = _asked(_message(delivery_status="queued"), conversation=conversation).happenings
    assert heard == ([] if at is None else [(Happening.CLOSED, minutes(at))])


def test_a_scheduled_message_is_looked_for_after_its_time() -> None:
    due = {"schedule_at": written(600)}
    exchange = _asked(_message(1), _message(601, id="m-7"), scheduled=True, evidence=due)
    assert exchange.happenings == [(Happening.DELIVERED, minutes(602))]
    assert exchange.heard[0].ids == ("conversation-1", "m-7")


def test_a_scheduled_message_whose_time_is_not_known_is_whatever_came_first() -> None:
    exchange = _asked(_message(601, id="m-7"), scheduled=True)
    assert exchange.happenings == [(Happening.DELIVERED, minutes(602))]


def test_a_scheduled_message_is_not_asked_for_before_its_time() -> None:
    due = {"schedule_at": UNTIL.replace(hour=23).isoformat()}
    exchange = asked_of(poll("whippy"), in_turn(), about(ANA, scheduled=True, evidence=due))
    assert (exchange.heard, exchange.requests) == ([], [])


def test_an_e_mail_is_matched_by_its_address() -> None:
    mail = _message(to="Ana@Example.org", **{"from": "us@example.org"})
    heard = _asked(mail, address="ana@example.org", sender="us@example.org").heard
    assert len(heard) == 1


@pytest.mark.parametrize(
    "vendor",
    [
        always(401, {"errors": [{"description": f"bad key {KEY}"}]}),
        always(500, b"no"),
        always(200, {"data": {}}),
        always(200, {"data": [7]}),
        in_turn(_list({"status": "open"})),
        in_turn(_list({"id": "c"}), answer(429, b"")),
    ],
)
def test_what_cannot_be_understood_says_nothing(vendor: Vendor) -> None:
    with pytest.raises(Unheard) as why:
        asked_of(poll("whippy"), vendor, about())
    assert "Whippy" in str(why.value)
    assert KEY not in str(why.value)


def test_all_contacts_at_once_cannot_be_asked_about() -> None:
    with pytest.raises(Unheard, match="one contact"):
        asked_of(poll("whippy"), in_turn(), ABOUT)
