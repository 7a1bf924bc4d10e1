"""What holds of every poll, whatever a vendor answers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from campaign.providers.heard import About, Heard, Poll, Unheard
from tests.providers.look_ups import SECRETS, always
from tests.providers.odd_json import OF_LISTS, documents, spoilt, values
from tests.providers.polls import ABOUT, about, asked_of, poll, twilio_poll, written
from tests.providers.test_any_answer import BODIES, STATUSES
from tests.providers.vendors import KEY, NUMBER, SENDER, answer

WAYS: dict[str, tuple[Callable[[], Poll], About]] = {
    "sendbird": (lambda: poll("sendbird"), ABOUT),
    "whippy": (lambda: poll("whippy"), about()),
    "synthflow": (lambda: poll("synthflow"), ABOUT),
    "twilio": (twilio_poll, ABOUT),
    "twilio of zild": (lambda: twilio_poll("zild"), ABOUT),
}

_NAMES = (
    *OF_LISTS,
    *("date_sent", "date_updated", "error_message", "updated_at", "closed_at", "agent_id"),
    *("timestamp", "chat_status", "close_ts", "message_from", "create_ts"),
    *("total_user_messages", "responded"),
)
_VALUES = values(
    [
        *(NUMBER, SENDER, f"whatsapp:{NUMBER}", "user", "ai", "inbound", "OUTBOUND"),
        *("outbound-api", "failed", "delivered", "read", "closed", "completed", "canceled"),
        *(written(1), written(60), written(-3000), KEY, f"it says {KEY}", "done", "no_data"),
        *("1ed1", "/x", "https://x.example/", "\ud800", "c", 1763720000000, 10**400, 63016),
    ]
)
_VENDORS_JSON = documents(_NAMES, _VALUES)


def is_sound(found: Heard) -> None:
    """What the rest of the project relies on, of anything that is heard."""
    assert found.at.tzinfo is not None
    assert found.began is None or found.began.tzinfo is not None
    texts = (*found.ids, found.address, found.sender, found.code, found.detail, found.text)
    for text in texts:
        if text is not None:
            assert text
            text.encode()  # or the ledger could not be written
    for secret in SECRETS:
        for text in (*found.ids, found.code, found.detail):
            assert secret not in (text or "")


@pytest.mark.parametrize(("way", "asks_about"), WAYS.values(), ids=WAYS)
@given(
    answers=st.lists(
        st.tuples(STATUSES | st.just(200), BODIES | _VENDORS_JSON), min_size=1, max_size=4
    )
)
@example(answers=[(200, b"[" * 100_000)])
@example(answers=[(200, b'{"data": [{"id": "\\ud800"}]}')])
@example(answers=[(200, b'{"messages": [{"sid": 1' + b"0" * 4000 + b"}]}")])
@settings(max_examples=150, deadline=None)
def test_no_answer_is_too_strange(
    way: Callable[[], Poll], asks_about: About, answers: list[tuple[int, bytes]]
) -> None:
    asks = iter(answers * 3000)

    def vendor(request: httpx.Request) -> httpx.Response:
        return answer(*next(asks))

    told = ""
    try:
        page = asked_of(way(), vendor, asks_about)
    except Unheard as why:
        told = str(why)
    else:
        for found in page.heard:
            is_sound(found)
        for cursor in page.cursors:
            cursor.encode()
    for secret in SECRETS:
        assert secret not in told


_TWILIO = {
    "sid": "SM1",
    "to": NUMBER,
    "from": SENDER,
    "body": "Hi",
    "direction": "outbound-api",
    "status": "undelivered",
    "date_created": written(1),
    "date_sent": written(2),
    "date_updated": written(3),
    "error_code": 30003,
}
_WHIPPY = {
    "id": "m",
    "direction": "OUTBOUND",
    "to": NUMBER,
    "created_at": written(1),
    "delivery_status": "delivered",
}
_CHAT = {
    "chat_id": "c",
    "start_timestamp": written(1),
    "chat_status": "completed",
    "conversation_history": [{"agent_id": "user", "message": "yes", "timestamp": written(2)}],
}
_ROW = {
    "id": 1,
    "start_ts": 1795000000000,
    "close_ts": 1795000600000,
    "ai_agent_context": {"context": {"phone_number": NUMBER}},
    "messages": [{"message_from": "user", "message": "yes", "create_ts": 1795000300000}],
}
_EXPORT = {"export_id": "1", "export_status": "done", "export_file": {"url": "https://x.example"}}
GOOD: dict[str, list[Any]] = {
    "twilio": [{"messages": [_TWILIO], "next_page_uri": None}],
    "whippy": [
        {"data": [{"id": "c", "status": "closed", "updated_at": written(9)}], "total": 1},
        {"data": [_WHIPPY], "total": 1},
    ],
    "synthflow": [{"status": "ok", "response": {"chats": [_CHAT]}}],
    "sendbird": [_EXPORT, [_ROW]],
}


@pytest.mark.parametrize("name", GOOD)
def test_whole_answers_are_heard(name: str) -> None:
    way, asks_about = WAYS[name]
    asks = iter(GOOD[name])
    page = asked_of(way(), lambda request: answer(200, next(asks)), asks_about)
    assert len(page.heard) == 2


@pytest.mark.parametrize("name", GOOD)
@given(place=st.lists(st.integers(0, 20), min_size=1, max_size=6), by=_VALUES)
@settings(max_examples=200, deadline=None)
def test_one_odd_member_breaks_nothing(name: str, place: list[int], by: Any) -> None:
    way, asks_about = WAYS[name]
    asks = iter([*spoilt(GOOD[name], [0, *place], by), *GOOD[name] * 100])
    try:
        page = asked_of(way(), lambda request: answer(200, next(asks)), asks_about)
    except Unheard:
        return
    for found in page.heard:
        is_sound(found)


@pytest.mark.parametrize(("way", "asks_about"), WAYS.values(), ids=WAYS)
@pytest.mark.parametrize("status", [401, 403, 429, 500, 503, 302])
def test_a_refusal_is_told_and_says_nothing(
    way: Callable[[], Poll], asks_about: About, status: int
) -> None:
    with pytest.raises(Unheard, match=f"HTTP {status}"):
        asked_of(way(), always(status, {}), asks_about)


@pytest.mark.parametrize(("way", "asks_about"), WAYS.values(), ids=WAYS)
def test_every_poll_says_what_it_is(way: Callable[[], Poll], asks_about: About) -> None:
    made = way()
    assert made.title
    assert made.rate > 0
    assert made.each is (asks_about.recipient is not None)
