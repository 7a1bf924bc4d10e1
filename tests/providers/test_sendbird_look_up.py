from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import httpx
import pytest

from campaign.channel import Channel
from campaign.providers import sendbird_export
from campaign.providers.look_up import Verdict
from tests.providers.look_ups import (
    ANA,
    AT,
    NOW,
    Exchange,
    always,
    asked,
    in_turn,
    look_up,
    to,
)
from tests.providers.vendors import KEY, NUMBER, answer

BEN = to(ANA, recipient=8, address="+491713920099")
FILE = "https://storage.example/export.zip?X-Amz-Signature=ab%2Fcd"
EXPORT = {"export_id": "1ed1", "export_status": "scheduled", "export_file": None}
DONE = EXPORT | {"export_status": "done", "export_file": {"url": FILE}}


def _row(minutes: float = 0.5, **more: Any) -> dict[str, Any]:
    start = int((AT + timedelta(minutes=minutes)).timestamp() * 1000)
    context = {"context": {"phone_number": NUMBER}}
    row = {"id": 364, "start_ts": start, "user_id": "sms_user_1", "ai_agent_context": context}
    return row | more


def _packed(rows: object) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("conversation.json", json.dumps(rows))
        archive.writestr("README.txt", "not a list")
    return packed.getvalue()


def _asked(*rows: Any, sought: Any = (ANA, BEN)) -> Exchange:
    vendor = in_turn(EXPORT, EXPORT, DONE, answer(200, _packed(list(rows))))
    return asked(look_up("sendbird"), vendor, *sought)


def test_a_conversation_with_the_number_is_found() -> None:
    exchange = _asked(_row())
    ana, ben = exchange.findings
    assert (ana.verdict, ana.provider_id) == (Verdict.FOUND, "364")
    assert ana.evidence["user_id"] == "sms_user_1"
    assert ben.verdict is Verdict.ABSENT
    ordered, first, second, file = exchange.requests
    assert (ordered.method, ordered.url.path) == ("POST", "/v3/ai_agent/data_exports/")
    body = json.loads(ordered.content)
    assert body.pop("to") in (f"{NOW:%Y-%m-%d}", f"{NOW + timedelta(days=1):%Y-%m-%d}")
    assert body == {
        "type": "conversation",
        "ai_agent_id": "bot.1",
        "from": f"{AT - timedelta(days=1):%Y-%m-%d}",
        "timezone": "UTC",
        "export_format": "json",
    }
    assert first.url.path == second.url.path == "/v3/ai_agent/data_exports/1ed1"
    assert exchange.waited == 3.0
    assert str(file.url) == FILE


def test_the_storage_of_the_file_does_not_get_the_token() -> None:
    *ours, file = _asked(_row()).requests
    assert {request.headers["Api-Token"] for request in ours} == {KEY}
    assert "Api-Token" not in file.headers
    assert KEY not in repr(file.headers.raw)


@pytest.mark.parametrize(
    ("link", "token"),
    [
        ("https://api-APP-1.sendbird.com/files/1?a=b", True),
        ("/files/1?a=b", True),
        ("https://api-app-1.sendbird.com.evil.example/files/1?a=b", False),
        ("https://api-app-1.sendbird.com@evil.example/files/1?a=b", False),
        ("http://api-app-1.sendbird.com/files/1?a=b", False),
        ("//evil.example/files/1?a=b", False),
    ],
)
def test_only_sendbirds_own_address_gets_the_token(link: str, token: bool) -> None:
    done = DONE | {"export_file": {"url": link}}
    exchange = asked(look_up("sendbird"), in_turn(done, answer(200, [_row()])), ANA)
    assert exchange.verdict is Verdict.FOUND
    file = exchange.requests[-1]
    assert ("Api-Token" in file.headers) is token
    assert file.url.raw_path == b"/files/1?a=b"


@pytest.mark.parametrize("link", [7, "ftp://x/y", "http://", "https://\ud800", ["x"], "http://[x"])
def test_a_link_that_is_none_says_nothing(link: object) -> None:
    done = DONE | {"export_file": {"url": link}}
    vendor = in_turn(done, answer(200, [_row()]))
    assert asked(look_up("sendbird"), vendor, ANA).verdict in (Verdict.UNDECIDED, Verdict.FOUND)


def test_where_the_path_of_an_export_is_refused_the_list_is_read() -> None:
    def vendor(request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            return answer(200, EXPORT)
        if request.url.path.endswith("/1ed1"):
            return answer(400, {"error": True, "code": 400930})
        if request.url.path == "/v3/ai_agent/data_exports":
            assert request.url.params["type"] == "conversation"
            assert request.url.params["ai_agent_id"] == "bot.1"
            assert request.url.params["export_status"] == "done"
            return answer(200, {"items": [DONE | {"export_id": "other"}, DONE], "next": None})
        return answer(200, [_row()])

    assert asked(look_up("sendbird"), vendor, ANA).verdict is Verdict.FOUND


def test_an_export_of_somebody_else_is_not_ours() -> None:
    other = DONE | {"export_id": "other"}
    exchange = asked(look_up("sendbird"), in_turn(EXPORT, other, DONE, [_row()]), ANA)
    assert exchange.verdict is Verdict.FOUND
    assert len(exchange.requests) == 4


def test_on_messenger_the_user_counts() -> None:
    ana = to(ANA, channel=Channel.MESSENGER, address="user-1", sender=None)
    assert _asked(_row(user_id="user-1"), sought=[ana]).verdict is Verdict.FOUND
    assert _asked(_row(user_id="USER-1"), sought=[ana]).verdict is Verdict.ABSENT


@pytest.mark.parametrize(
    ("row", "verdict"),
    [
        (_row(-1500), Verdict.ABSENT),
        (_row(-10), Verdict.UNDECIDED),  # or the clock of the machine that sent was fast
        (_row(-10, messages=[{"message": "Hello"}]), Verdict.ABSENT),
        (_row(ai_agent_context=None), Verdict.ABSENT),
        (_row(ai_agent_context={"context": {"phone_number": None}}), Verdict.ABSENT),
        (_row(300), Verdict.UNDECIDED),
        (_row(start_ts=None), Verdict.UNDECIDED),
        (_row(messages=[{"message": "Hello"}]), Verdict.UNDECIDED),
        (_row(messages=[{"message": ANA.text}]), Verdict.FOUND),
        (_row(messages=[]), Verdict.FOUND),
    ],
)
def test_recipient_time_and_text_must_fit(row: Mapping[str, Any], verdict: Verdict) -> None:
    assert _asked(row).findings[0].verdict is verdict


def test_an_export_without_data_has_nobody_in_it() -> None:
    empty = EXPORT | {"export_status": "no_data"}
    exchange = asked(look_up("sendbird"), in_turn(EXPORT, empty), ANA)
    assert exchange.verdict is Verdict.ABSENT
    # Whether the export is complete is not said: nobody is sent to again because of it.
    assert look_up("sendbird").authoritative is False


def test_what_lies_more_than_seven_days_back_cannot_be_asked() -> None:
    old = to(BEN, attempted_at=NOW - timedelta(days=8))
    exchange = _asked(_row(), sought=[old, ANA])
    assert [finding.verdict for finding in exchange.findings] == [Verdict.UNDECIDED, Verdict.FOUND]
    assert "seven days" in exchange.findings[0].detail
    assert asked(look_up("sendbird"), always(500, {}), old).requests == []


def test_an_export_that_is_never_made_is_given_up() -> None:
    exchange = asked(look_up("sendbird"), always(200, EXPORT), ANA)
    assert exchange.verdict is Verdict.UNDECIDED
    assert 540 <= exchange.waited <= 660


def test_an_export_that_failed_says_nothing() -> None:
    vendor = in_turn(EXPORT, EXPORT | {"export_status": "failed"})
    assert asked(look_up("sendbird"), vendor, ANA).verdict is Verdict.UNDECIDED


@pytest.mark.parametrize(
    "file",
    [
        b"",
        b"<html>",
        b"PK\x03\x04 cut off",
        _packed([_row()])[:-30],
        _packed({"rows": []}),
        _packed([None]),
        json.dumps({"id": 1}).encode(),
        b"[" * 100_000,
    ],
)
def test_a_file_that_cannot_be_read_says_nothing(file: bytes) -> None:
    vendor = in_turn(DONE, answer(200, file))
    assert asked(look_up("sendbird"), vendor, ANA).verdict is Verdict.UNDECIDED


@pytest.mark.parametrize("packed", [True, False])
def test_an_export_that_is_too_large_to_hold_is_told_with_its_size(
    monkeypatch: pytest.MonkeyPatch, packed: bool
) -> None:
    rows = [_row(summary="x" * 2_000_000)]
    file = _packed(rows) if packed else json.dumps(rows).encode()
    vendor = in_turn(DONE, answer(200, file))
    assert asked(look_up("sendbird"), vendor, ANA).verdict is Verdict.FOUND
    monkeypatch.setattr(sendbird_export, "_LARGEST", 1_000_000)
    found = asked(look_up("sendbird"), in_turn(DONE, answer(200, file)), ANA)
    assert found.verdict is Verdict.UNDECIDED
    assert "has 2 MB, and no more than 1 MB are read" in found.findings[0].detail


def test_a_damaged_archive_says_nothing() -> None:
    whole = bytearray(_packed([_row(summary="x" * 50) for _ in range(20)]))
    for place in range(0, len(whole), 7):
        damaged = bytes(whole[:place]) + b"\xff" + bytes(whole[place + 1 :])
        vendor = in_turn(DONE, answer(200, damaged))
        # A change in what is not the list (names, times) leaves the list as it is.
        assert asked(look_up("sendbird"), vendor, ANA).verdict is not Verdict.ABSENT


@pytest.mark.parametrize("place", [0, 1])
@pytest.mark.parametrize(
    "odd",
    [
        answer(500),
        answer(429),
        answer(200, b""),
        answer(200, b"<html>"),
    ],
    ids=lambda response: f"{response.status_code} {response.text}",
)
def test_an_odd_answer_says_nothing(odd: httpx.Response, place: int) -> None:
    vendor = in_turn(*([EXPORT] * place), odd)
    assert asked(look_up("sendbird"), vendor, ANA).verdict is Verdict.UNDECIDED


@pytest.mark.parametrize("body", [{}, [], {"export_id": None}, {"export_id": {}}], ids=repr)
def test_an_order_that_is_not_confirmed_says_nothing(body: object) -> None:
    assert asked(look_up("sendbird"), in_turn(body), ANA).verdict is Verdict.UNDECIDED


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_key_is_told_as_that(status: int) -> None:
    body = {"error": True, "message": f"Bad {KEY}", "code": 400401}
    found = asked(look_up("sendbird"), always(status, body), ANA).finding
    assert f"Sendbird refused the key (HTTP {status})" in found.detail
    assert KEY not in found.detail


def test_sendbirds_own_words_for_a_refused_key_are_told() -> None:
    body = {"error": True, "message": "Invalid API token.", "code": 400401}
    found = asked(look_up("sendbird"), always(400, body), ANA).finding
    assert "Invalid API token." in found.detail
