from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx
import pytest

from campaign.providers.look_up import Verdict
from tests.providers.look_ups import (
    ANA,
    Exchange,
    Vendor,
    always,
    asked,
    in_turn,
    later,
    look_up,
    to,
)
from tests.providers.vendors import AGENT, KEY, NUMBER, answer

BEN = to(ANA, recipient=8, address="+491713920099")


def _chat(name: str = "chat-1", minutes: float = 0.5, **more: Any) -> dict[str, Any]:
    return {"chat_id": name, "start_timestamp": later(minutes), **more}


def _list(*chats: Any, **more: Any) -> dict[str, Any]:
    return {"status": "ok", "response": {"chats": list(chats), **more}}


def _asked(*chats: Any, opened: Mapping[str, Any] | None = None) -> Exchange:
    """Ask a vendor with this list of chats, each of which holds more when it is opened."""

    def vendor(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/v2/chat":
            return answer(200, _list(*chats))
        name = request.url.path.rpartition("/")[2]
        return answer(200, {"status": "ok", "response": _chat(name) | (opened or {}).get(name, {})})

    return asked(look_up("synthflow"), vendor, ANA, BEN)


def test_a_chat_that_carries_the_number_is_found() -> None:
    exchange = _asked(_chat(to_number=NUMBER))
    ana, ben = exchange.findings
    assert (ana.verdict, ana.provider_id) == (Verdict.FOUND, "chat-1")
    assert ana.evidence == {"chat_id": "chat-1", "start_timestamp": later(0.5)}
    assert ben.verdict is Verdict.ABSENT
    (request,) = exchange.requests
    assert request.url.path == "/v2/chat"
    assert dict(request.url.params) == {"agent_id": AGENT, "limit": "50"}
    assert request.headers["Authorization"] == f"Bearer {KEY}"


@pytest.mark.parametrize(
    "more",
    [
        {"whatever": f"whatsapp:{NUMBER}"},
        {"metadata": {"lead": {"phones": ["+49 171 3920000"]}}},
        {"customer": NUMBER.removeprefix("+")},
    ],
    ids=repr,
)
def test_the_number_may_stand_anywhere(more: Mapping[str, Any]) -> None:
    assert _asked(_chat(**more)).findings[0].verdict is Verdict.FOUND


def test_a_chat_is_opened_where_the_list_names_nobody() -> None:
    exchange = _asked(
        *(_chat(f"chat-{number}") for number in range(8)),
        opened={f"chat-{number}": {"to": f"+4917139200{number:02}"} for number in range(8)},
    )
    assert exchange.findings[0].provider_id == "chat-0"
    assert len(exchange.requests) == 9


def test_chats_without_numbers_are_not_opened_for_ever_and_say_nothing() -> None:
    exchange = _asked(*(_chat(f"chat-{number}") for number in range(40)))
    assert {finding.verdict for finding in exchange.findings} == {Verdict.UNDECIDED}
    assert "no chat since then that carries a number" in exchange.findings[0].detail
    assert len(exchange.requests) == 4


def test_no_chat_at_all_says_nothing() -> None:
    assert {finding.verdict for finding in _asked().findings} == {Verdict.UNDECIDED}


def test_a_number_that_somebody_mentions_is_not_whom_the_chat_is_with() -> None:
    history = [{"agent_id": "user", "message": NUMBER}]
    chat = _chat(conversation_history=history, transcript=NUMBER)
    assert _asked(chat).findings[0].verdict is Verdict.UNDECIDED


@pytest.mark.parametrize(
    ("chat", "verdict"),
    [
        (_chat(to=NUMBER, minutes=-30), Verdict.UNDECIDED),  # too old: nothing since then
        (_chat(to=NUMBER, minutes=300), Verdict.UNDECIDED),
        ({"chat_id": "c", "to": NUMBER}, Verdict.UNDECIDED),
        ({"chat_id": "c", "to": NUMBER, "start_timestamp": {}}, Verdict.UNDECIDED),
        (
            _chat(to=NUMBER, conversation_history=[{"message": "How may I help?"}]),
            Verdict.UNDECIDED,
        ),
        (_chat(to=NUMBER, conversation_history=[{"message": ANA.text}]), Verdict.FOUND),
        (_chat(to="+4917100000"), Verdict.ABSENT),
    ],
)
def test_number_time_and_text_must_fit(chat: dict[str, Any], verdict: Verdict) -> None:
    assert _asked(chat).findings[0].verdict is verdict


@pytest.mark.parametrize(
    "page",
    [
        {"status": "ok", "response": [_chat(to=NUMBER)]},
        {"response": {"items": [_chat(to=NUMBER)], "total": 1}},
        [_chat(to=NUMBER)],
        {"chats": [_chat(to=NUMBER)]},
    ],
)
def test_the_list_is_found_wherever_the_answer_has_it(page: object) -> None:
    assert asked(look_up("synthflow"), in_turn(page), ANA).verdict is Verdict.FOUND


@pytest.mark.parametrize(
    "more",
    [{"next_cursor": "p2"}, {"cursor": "p2"}, {"pagination": {"next_cursor": "p2"}}],
    ids=repr,
)
def test_the_next_page_is_asked_for(more: dict[str, Any]) -> None:
    pages = in_turn(_list(_chat(to=BEN.address), **more), _list(_chat(to=NUMBER)))
    exchange = asked(look_up("synthflow"), pages, ANA)
    assert exchange.verdict is Verdict.FOUND
    assert exchange.requests[1].url.params["cursor"] == "p2"


def test_pages_before_the_earliest_attempt_are_not_read() -> None:
    old = [_chat(to=BEN.address, minutes=-60), _chat(to=BEN.address, minutes=-61)]
    exchange = asked(look_up("synthflow"), always(200, _list(*old, next_cursor="p2")), ANA)
    assert len(exchange.requests) == 1


def test_a_chat_shortly_before_is_neither_taken_for_this_one_nor_for_another() -> None:
    """The clock of the machine that sent may have been fast."""

    def ana(chat: dict[str, Any]) -> Verdict:
        return _asked(chat, _chat("chat-2", to=BEN.address)).findings[0].verdict

    assert ana(_chat(to=NUMBER, minutes=-3)) is Verdict.UNDECIDED
    other = [{"message": "How may I help?"}]
    assert ana(_chat(to=NUMBER, minutes=-3, conversation_history=other)) is Verdict.ABSENT
    assert ana(_chat(to=NUMBER, minutes=-1500)) is Verdict.ABSENT


def test_chats_before_the_attempts_are_not_opened() -> None:
    exchange = _asked(_chat("old", minutes=-30), _chat("new"), opened={"new": {"to": NUMBER}})
    assert exchange.findings[0].verdict is Verdict.FOUND
    assert [request.url.path for request in exchange.requests] == ["/v2/chat", "/v2/chat/new"]


def test_a_list_that_begins_with_the_oldest_is_read_on() -> None:
    old = [_chat(to=BEN.address, minutes=-61), _chat(to=BEN.address, minutes=-60)]
    pages = in_turn(_list(*old, next_cursor="p2"), _list(_chat(to=NUMBER)))
    assert asked(look_up("synthflow"), pages, ANA).verdict is Verdict.FOUND


def test_a_list_that_goes_round_in_a_circle_ends() -> None:
    vendor = always(200, _list(_chat(to=BEN.address), next_cursor="p2"))
    assert len(asked(look_up("synthflow"), vendor, ANA).requests) == 2


@pytest.mark.parametrize(
    "vendor",
    [
        always(400, {}),
        always(404, b"<html>"),
        always(500, b""),
        always(200, b""),
        always(200, b"<html>"),
        always(200, {}),
        always(200, {"status": "ok", "response": None}),
        always(200, {"response": {"chats": [], "others": []}}),
        always(200, {"response": [None]}),
    ],
)
def test_an_odd_answer_says_nothing(vendor: Vendor) -> None:
    exchange = asked(look_up("synthflow"), vendor, ANA, BEN)
    assert {finding.verdict for finding in exchange.findings} == {Verdict.UNDECIDED}


def test_a_refused_key_is_told_as_that() -> None:
    found = asked(look_up("synthflow"), always(403, f"no {KEY}"), ANA).finding
    assert "Synthflow refused the key (HTTP 403)" in found.detail
    assert KEY not in found.detail


def test_nobody_is_asked_for_nobody() -> None:
    assert asked(look_up("synthflow"), always(500, {})).requests == []


def test_it_never_says_for_certain_that_nothing_went_out() -> None:
    assert look_up("synthflow").authoritative is False
