"""What holds of every look-up, whatever a vendor answers."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from campaign.channel import Channel
from campaign.providers.asking import moment, same_address, same_text
from campaign.providers.look_up import Finding, LookUp, Verdict
from campaign.reasons import reasons
from tests.providers.look_ups import ANA, AT, BO, SECRETS, always, asked, later, look_up, to, twilio
from tests.providers.odd_json import OF_LISTS, documents, spoilt, values
from tests.providers.test_any_answer import BODIES, STATUSES
from tests.providers.vendors import KEY, NUMBER, SENDER, answer

WAYS: dict[str, Callable[[], LookUp]] = {
    "twilio": twilio,
    "twilio of zild": lambda: twilio("zild"),
    "whippy": lambda: look_up("whippy"),
    "synthflow": lambda: look_up("synthflow"),
    "sendbird": lambda: look_up("sendbird"),
}
"""Each is made anew for each question: a look-up may remember what it was told."""
BEN = to(ANA, recipient=8, address="+491713920099")

_VALUES = values(
    [
        *(NUMBER, SENDER, f"whatsapp:{NUMBER}", NUMBER.removeprefix("+"), ANA.text or ""),
        *("outbound-api", "OUTBOUND", "failed", "delivered", later(1), later(-60), later(-3000)),
        *(KEY, "done", "no_data", "1ed1", "/x", "https://x.example/", "\ud800", "c"),
        *(1763720000000, 10**400, 63016),
    ]
)
_VENDORS_JSON = documents([*OF_LISTS, "source_type"], _VALUES)


def _is_sound(found: Finding) -> None:
    told = repr(found) + json.dumps(dict(found.evidence))
    for secret in SECRETS:
        assert secret not in told
    for text in (found.detail, found.provider_id, found.code, *map(str, found.evidence.values())):
        if text is not None:
            text.encode()  # or the ledger could not be written
    assert found.detail
    assert (found.reason is not None) == (found.verdict is Verdict.FAILED)
    assert found.reason is None or found.reason in reasons()
    assert found.evidence == {} or found.verdict in (Verdict.FOUND, Verdict.FAILED)


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
@given(
    answers=st.lists(
        st.tuples(STATUSES | st.just(200), BODIES | _VENDORS_JSON), min_size=1, max_size=4
    )
)
@example(answers=[(200, b"[" * 100_000)])
@example(answers=[(200, b'{"data": [{"id": "\\ud800"}]}')])
@example(answers=[(200, b'{"messages": [{"to": 1' + b"0" * 4000 + b"}]}")])
@settings(max_examples=150, deadline=None)
def test_no_answer_is_too_strange(
    way: Callable[[], LookUp], answers: list[tuple[int, bytes]]
) -> None:
    asks = iter(answers * 3000)

    def vendor(request: httpx.Request) -> httpx.Response:
        return answer(*next(asks))

    sent = b"".join(body for _, body in answers)
    for found in asked(way(), vendor, ANA, BEN).findings:
        _is_sound(found)
        if found.verdict in (Verdict.FOUND, Verdict.FAILED):
            # Said only of a record that names the recipient.
            one = ANA if found.recipient == ANA.recipient else BEN
            assert one.address.removeprefix("+").encode() in sent
        if found.verdict is Verdict.ABSENT:
            assert any(200 <= status < 300 for status, _ in answers)


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
@given(status=st.integers(300, 599) | st.integers(100, 199), body=BODIES | _VENDORS_JSON)
@settings(max_examples=60, deadline=None)
def test_a_refusal_never_says_anything(way: Callable[[], LookUp], status: int, body: bytes) -> None:
    for found in asked(way(), always(status, body), ANA, BEN).findings:
        _is_sound(found)
        assert found.verdict is Verdict.UNDECIDED


_TWILIO = {
    "sid": "SM1",
    "to": NUMBER,
    "from": SENDER,
    "body": ANA.text,
    "direction": "outbound-api",
    "status": "failed",
    "date_created": later(1),
    "error_code": 30003,
}
_TWILIO_OF_BO = _TWILIO | {"to": BO.address, "date_created": later(0)}
_WHIPPY = {"id": "m", "direction": "OUTBOUND", "to": NUMBER, "created_at": later(1)}
_CHAT = {"chat_id": "c", "start_timestamp": later(1), "to": NUMBER}
_ROW = {
    "id": 1,
    "start_ts": int(AT.timestamp() * 1000),
    "ai_agent_context": {"context": {"phone_number": NUMBER}},
    "messages": [{"message": ANA.text}],
}
_EXPORT = {"export_id": "1", "export_status": "done", "export_file": {"url": "https://x.example"}}
GOOD: dict[str, list[Any]] = {
    "twilio": [{"messages": [_TWILIO], "next_page_uri": None}],
    "whippy": [{"data": [{"id": "c"}], "total": 1}, {"data": [_WHIPPY], "total": 1}],
    "synthflow": [{"status": "ok", "response": {"chats": [_CHAT]}}],
    "sendbird": [_EXPORT, [_ROW]],
}


@pytest.mark.parametrize("name", GOOD)
def test_whole_answers_make_it_certain(name: str) -> None:
    asks = iter(GOOD[name])
    found = asked(WAYS[name](), lambda request: answer(200, next(asks)), ANA).finding
    assert found.verdict is (Verdict.FAILED if name == "twilio" else Verdict.FOUND)


@pytest.mark.parametrize("name", GOOD)
@given(place=st.lists(st.integers(0, 20), min_size=1, max_size=6), by=_VALUES)
@settings(max_examples=200, deadline=None)
def test_one_odd_member_never_makes_anything_certain(name: str, place: list[int], by: Any) -> None:
    asks = iter([*spoilt(GOOD[name], [0, *place], by), *GOOD[name] * 100])
    way = WAYS[name]()

    def vendor(request: httpx.Request) -> httpx.Response:
        of_bo = request.url.params.get("To") == BO.address
        return answer(200, {"messages": [_TWILIO_OF_BO]} if of_bo else next(asks))

    found = asked(way, vendor, ANA).finding
    _is_sound(found)
    if found.verdict is Verdict.ABSENT and way.authoritative:
        # Only because the one record says in so many words that it is another's, or older.
        assert isinstance(by, str)
        assert by in (SENDER, later(-3000)) or any(letter.isdigit() for letter in by)


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_every_look_up_says_what_it_is(way: Callable[[], LookUp]) -> None:
    made = way()
    assert made.title
    assert made.delay > timedelta(0)
    # Only the account that the messages went over knows for certain what did not.
    assert made.authoritative is made.title.startswith("the message list of your Twilio")


def test_nobody_is_found_by_half_a_page() -> None:
    whole = json.dumps({"messages": [], "next_page_uri": None}).encode()
    for end in range(len(whole)):
        found = asked(WAYS["twilio"](), always(200, whole[:end]), ANA).finding
        assert found.verdict is Verdict.UNDECIDED


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("2026-11-21T12:00:00Z", datetime(2026, 11, 21, 12, tzinfo=UTC)),
        ("2026-11-21T13:00:00.25+01:00", datetime(2026, 11, 21, 12, 0, 0, 250000, tzinfo=UTC)),
        ("2026-11-21T12:00:00", datetime(2026, 11, 21, 12, tzinfo=UTC)),
        ("Sat, 21 Nov 2026 12:00:00 +0000", datetime(2026, 11, 21, 12, tzinfo=UTC)),
        (1795262400, datetime(2026, 11, 21, 12, tzinfo=UTC)),
        (1795262400000, datetime(2026, 11, 21, 12, tzinfo=UTC)),
    ],
)
def test_times_are_read_as_vendors_write_them(written: object, read: datetime) -> None:
    assert moment(written) == read


@pytest.mark.parametrize(
    "written", [None, True, "", "soon", {}, [], 10**400, float("nan"), float("inf"), "0001-01-01"]
)
def test_what_is_no_time_is_none(written: object) -> None:
    found = moment(written)
    assert found is None or found < AT


@given(value=st.text(st.characters()) | st.floats() | st.integers())
def test_no_time_is_too_strange(value: Any) -> None:
    found = moment(value)
    assert found is None or found.tzinfo is UTC


def test_addresses_are_the_same_whatever_stands_around_them() -> None:
    assert same_address("+491713920000", "whatsapp:+49 171 3920000")
    assert same_address("ana@example.org", " Ana@Example.org")
    assert not same_address("+491713920000", "+491713920001")
    assert not same_address("+491713920000", "491713920000@example.org")
    assert not same_address("+491713920000", None)


def test_texts_are_the_same_only_where_enough_of_them_is() -> None:
    assert same_text(None, 7)
    assert not same_text("Hi", None)
    assert not same_text("Hi", "Hi Ana, your code is 1234")
    assert same_text("Hi  Ana", " Hi Ana")


def test_channels_without_a_look_up_of_their_own_are_asked_about_all_the_same() -> None:
    mail = to(ANA, channel=Channel.EMAIL, address="ana@example.org", sender=None)
    for way in WAYS.values():
        _is_sound(asked(way(), always(200, {}), mail).finding)
