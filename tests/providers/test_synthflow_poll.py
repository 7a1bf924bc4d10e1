from __future__ import annotations

from typing import Any

import httpx
import pytest

from campaign.providers.heard import Happening, Unheard
from tests.providers.look_ups import always, in_turn
from tests.providers.polls import (
    ABOUT,
    Exchange,
    all_of,
    asked_of,
    milliseconds,
    minutes,
    poll,
    texts,
    written,
)
from tests.providers.vendors import AGENT, KEY, NUMBER, answer


def _entry(after: float, who: str, text: str) -> dict[str, Any]:
    return {"agent_id": who, "message": text, "timestamp": written(after), "turn_number": 1}


def _chat(**changes: Any) -> dict[str, Any]:
    """A chat as "Get a chat" shows it."""
    chat = {
        "chat_id": "conversation-1",
        "chat_status": "completed",
        "start_timestamp": written(0),
        "conversation_history": [
            _entry(0, AGENT, "Hi Ana"),
            _entry(9, "user", "hello"),
            _entry(10, AGENT, "How can I help?"),
            _entry(11, "user", "stop"),
            _entry(12, AGENT, "Bye"),
        ],
    }
    return chat | changes


def _list(*chats: Any, **more: Any) -> dict[str, Any]:
    return {"status": "ok", "response": {"chats": list(chats), **more}}


def _asked(*chats: Any) -> Exchange:
    return all_of(poll("synthflow"), in_turn(_list(*chats)))


def test_what_the_user_wrote_and_the_end_are_heard() -> None:
    exchange = _asked(_chat())
    assert exchange.happenings == [
        (Happening.REPLIED, minutes(9)),
        (Happening.REPLIED, minutes(11)),
        (Happening.CLOSED, minutes(12)),
    ]
    assert texts(exchange.heard) == ["hello", "stop"]
    assert {one.ids for one in exchange.heard} == {("conversation-1",)}
    assert {one.began for one in exchange.heard} == {minutes(0)}
    (request,) = exchange.requests
    assert request.headers["Authorization"] == f"Bearer {KEY}"
    assert dict(request.url.params) == {"agent_id": AGENT, "limit": "50"}


def test_a_chat_that_the_list_shows_without_texts_is_opened() -> None:
    listed = {"chat_id": "conversation/1", "start_timestamp": written(0)}
    whole = {"status": "ok", "response": _chat()}
    exchange = all_of(poll("synthflow"), in_turn(_list(listed), whole))
    assert len(exchange.heard) == 3
    assert exchange.requests[1].url.raw_path == b"/v2/chat/conversation%2F1"


def test_a_chat_that_is_gone_is_no_reason_to_stop() -> None:
    vendor = in_turn(
        _list({"chat_id": "1"}, {"chat_id": "2"}), answer(404, {}), {"response": _chat()}
    )
    assert len(all_of(poll("synthflow"), vendor).heard) == 3


def test_older_chats_are_not_opened() -> None:
    old = {"chat_id": "2", "start_timestamp": written(-3000)}
    assert len(_asked(old).requests) == 1


def test_pages_are_followed_by_their_cursor() -> None:
    pages = {None: _list(_chat(), next_cursor="b"), "b": _list(_chat(chat_id="2"))}

    def vendor(request: httpx.Request) -> httpx.Response:
        return answer(200, pages[request.url.params.get("cursor")])

    exchange = all_of(poll("synthflow"), vendor)
    assert exchange.cursors == ["b"]
    assert {one.ids for one in exchange.heard} == {("conversation-1",), ("2",)}


def test_the_list_is_left_where_it_gets_older_than_the_run() -> None:
    old = [{"chat_id": str(n), "start_timestamp": written(-3000 - n)} for n in range(3)]
    assert all_of(poll("synthflow"), in_turn(_list(*old, next_cursor="b"))).cursors == []


def test_a_cursor_that_does_not_move_ends_the_list() -> None:
    page = _list(_chat(), next_cursor="a")
    assert asked_of(poll("synthflow"), always(200, page), ABOUT, "a").cursors == []


@pytest.mark.parametrize(
    "time",
    [written(9), milliseconds(9), milliseconds(9) // 1000, {"$date": written(9)}],
    ids=repr,
)
def test_times_are_read_in_whatever_form(time: object) -> None:
    history = [{"agent_id": "user", "message": "hello", "timestamp": time}]
    assert _asked(_chat(conversation_history=history)).happenings[0] == (
        Happening.REPLIED,
        minutes(9),
    )


@pytest.mark.parametrize("time", [{}, None, "soon", [], True], ids=repr)
def test_a_time_that_nobody_says_is_not_made_up(time: object) -> None:
    history = [{"agent_id": "user", "message": "hello", "timestamp": time}]
    assert _asked(_chat(conversation_history=history)).heard == []


@pytest.mark.parametrize(
    ("status", "over"),
    [("ongoing", False), ("completed", True), ("cancelled", True), (None, False)],
)
def test_a_chat_is_closed_only_where_its_status_says_so(status: object, over: bool) -> None:
    closed = [one.happening for one in _asked(_chat(chat_status=status)).heard]
    assert (Happening.CLOSED in closed) is over


def test_a_number_is_taken_under_the_names_of_the_request() -> None:
    heard = _asked(_chat(to_number=NUMBER, from_number="+12025550100")).heard
    assert {(one.address, one.sender) for one in heard} == {(NUMBER, "+12025550100")}


@pytest.mark.parametrize(
    "vendor",
    [
        always(401, {"error": f"bad key {KEY}"}),
        always(503, b"busy"),
        always(200, {"response": {}}),
        always(200, b"<html>"),
        always(200, {"response": {"chats": [7]}}),
        in_turn(_list({"chat_id": "1"}), answer(429, b"")),
        in_turn(_list({"chat_id": "1"}), answer(200, b"no JSON")),
    ],
)
def test_what_cannot_be_understood_says_nothing(vendor: Any) -> None:
    with pytest.raises(Unheard) as why:
        all_of(poll("synthflow"), vendor)
    assert "Synthflow" in str(why.value)
    assert KEY not in str(why.value)
