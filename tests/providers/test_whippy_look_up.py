from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import httpx
import pytest

from campaign.channel import Channel
from campaign.providers.look_up import Verdict
from tests.providers.look_ups import ANA, Exchange, always, asked, in_turn, later, look_up, to
from tests.providers.vendors import KEY, NUMBER, SENDER, answer

OTHER = "+491713920099"


def _message(minutes: float = 0.5, **changes: Any) -> dict[str, Any]:
    message = {
        "id": "m-1",
        "direction": "OUTBOUND",
        "from": SENDER,
        "to": NUMBER,
        "delivery_status": "delivered",
        "created_at": later(minutes),
    }
    return message | changes


def _list(*items: Any, total: object = None) -> dict[str, Any]:
    return {"data": list(items), "total": len(items) if total is None else total}


def _asked(*messages: Any, **changes: Any) -> Exchange:
    return asked(
        look_up("whippy"),
        in_turn(_list({"id": "c/1"}), _list(*messages)),
        to(ANA, text=None, channel=Channel.PHONE, **changes),
    )


def test_the_agents_message_to_the_contact_is_found() -> None:
    exchange = _asked(_message(-6), _message())
    found = exchange.finding
    assert (found.verdict, found.provider_id) == (Verdict.FOUND, "m-1")
    assert found.evidence["delivery_status"] == "delivered"
    search, messages = exchange.requests
    assert (search.method, search.url.path) == ("POST", "/v1/conversations/search")
    assert json.loads(search.content) == {"query": NUMBER, "limit": 100, "offset": 0}
    assert messages.method == "GET"
    assert messages.url.raw_path == b"/v1/conversations/c%2F1/messages?limit=100&offset=0"
    assert {request.headers["X-WHIPPY-KEY"] for request in exchange.requests} == {KEY}


def test_whippys_own_client_has_another_word_for_the_direction() -> None:
    message = _message(source_type="OUTBOUND")
    del message["direction"]
    assert _asked(message).verdict is Verdict.FOUND


def test_an_e_mail_is_matched_by_its_address() -> None:
    found = _asked(
        _message(to="Ana@Example.org", **{"from": "us@example.org"}),
        address="ana@example.org",
        sender="us@example.org",
    )
    assert found.verdict is Verdict.FOUND


def test_a_channels_id_is_no_sender_to_compare() -> None:
    assert _asked(_message(), sender="channel-7").verdict is Verdict.FOUND


def test_a_message_that_could_not_be_delivered_is_told_as_that() -> None:
    found = _asked(_message(delivery_status="failed")).finding
    assert (found.verdict, found.reason) == (Verdict.FAILED, "looked_up_failed")


@pytest.mark.parametrize(
    "changes",
    [{"minutes": -1500}, {"direction": "INBOUND"}, {"direction": None}, {"to": OTHER}, {"to": 7}],
    ids=repr,
)
def test_what_cannot_be_this_message_does_not_count(changes: Mapping[str, Any]) -> None:
    assert _asked(_message(**changes)).verdict is Verdict.ABSENT


@pytest.mark.parametrize(
    "changes",
    # Ten minutes before: or the clock of the machine that sent was fast.
    [{"to": None}, {"from": OTHER}, {"created_at": None}, {"minutes": 300}, {"minutes": -10}],
    ids=repr,
)
def test_what_may_be_this_message_is_left_to_a_person(changes: Mapping[str, Any]) -> None:
    assert _asked(_message(**changes)).verdict is Verdict.UNDECIDED


def test_no_conversation_is_no_message() -> None:
    assert asked(look_up("whippy"), always(200, _list()), ANA).verdict is Verdict.ABSENT
    # The documents are a third party's: nobody is sent to again because of it.
    assert look_up("whippy").authoritative is False


@pytest.mark.parametrize("newest_first", [True, False])
@pytest.mark.parametrize("total", [120, "120"])
def test_all_pages_are_read_whatever_their_order(newest_first: bool, total: object) -> None:
    messages = [_message(-600)] * 119 + [_message()]
    if newest_first:
        messages.reverse()

    def vendor(request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            return answer(200, _list({"id": "c"}))
        offset = int(request.url.params["offset"])
        return answer(200, _list(*messages[offset : offset + 100], total=total))

    assert asked(look_up("whippy"), vendor, to(ANA, text=None)).verdict is Verdict.FOUND


def test_smaller_pages_than_asked_for_are_read_to_the_end_too() -> None:
    exchange = asked(
        look_up("whippy"),
        in_turn(
            _list({"id": "c"}, total=2), _list({"id": "d"}, total=2), _list(), _list(_message())
        ),
        to(ANA, text=None),
    )
    assert exchange.verdict is Verdict.FOUND
    assert [request.url.path for request in exchange.requests[2:]] == [
        "/v1/conversations/c/messages",
        "/v1/conversations/d/messages",
    ]


def test_a_list_without_an_end_says_nothing() -> None:
    vendor = always(200, _list({"id": "c"}, total=10**9))
    assert asked(look_up("whippy"), vendor, ANA).verdict is Verdict.UNDECIDED


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_key_is_told_as_that(status: int) -> None:
    body = {"errors": [{"description": f"Not authenticated: {KEY}"}], "status": status}
    found = asked(look_up("whippy"), always(status, body), ANA).finding
    assert found.verdict is Verdict.UNDECIDED
    assert f"Whippy refused the key (HTTP {status})" in found.detail
    assert "Not authenticated" in found.detail
    assert KEY not in found.detail


@pytest.mark.parametrize("place", [0, 1])
@pytest.mark.parametrize(
    "odd",
    [
        answer(404, b"<html>"),
        answer(429),
        answer(500),
        answer(200, b""),
        answer(200, b"<html>"),
        answer(200, []),
        answer(200, {"data": {"id": "c"}}),
        answer(200, {"data": [None]}),
        answer(200, {"data": ["c"]}),
    ],
    ids=lambda response: f"{response.status_code} {response.text}",
)
def test_an_odd_answer_says_nothing(odd: httpx.Response, place: int) -> None:
    vendor = in_turn(*([_list({"id": "c"})] * place), odd)
    assert asked(look_up("whippy"), vendor, ANA).verdict is Verdict.UNDECIDED


def test_a_conversation_that_cannot_be_opened_says_nothing() -> None:
    assert asked(look_up("whippy"), always(200, _list({"id": None})), ANA).verdict is (
        Verdict.UNDECIDED
    )


def test_each_recipient_is_asked_for_alone() -> None:
    def vendor(request: httpx.Request) -> httpx.Response:
        if request.method == "GET":
            return answer(200, _list(_message()))
        known = json.loads(request.content)["query"] == NUMBER
        return answer(200, _list({"id": "c"})) if known else answer(400)

    ben = to(ANA, recipient=8, address=OTHER)
    found = asked(look_up("whippy"), vendor, to(ANA, text=None), ben).findings
    assert [finding.verdict for finding in found] == [Verdict.FOUND, Verdict.UNDECIDED]
