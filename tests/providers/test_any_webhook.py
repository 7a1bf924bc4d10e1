"""What holds of every webhook, whatever is posted to it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from campaign.providers.heard import Received, Unheard, Webhook
from tests.providers.odd_json import documents, values
from tests.providers.posts import AT, SECRET, URL, posted, twilio_webhook, webhook
from tests.providers.test_any_poll import is_sound
from tests.providers.vendors import NUMBER, SENDER

WAYS: dict[str, Callable[[], Webhook]] = {
    "sendbird": lambda: webhook("sendbird"),
    "whippy": lambda: webhook("whippy"),
    "zild": lambda: webhook("zild"),
    "twilio": twilio_webhook,
}

_NAMES = (
    *("id", "category", "created_at", "data", "conversation", "message", "content", "sent_at"),
    *("channel_type", "user_id", "channel_url", "ai_agent_context", "context", "closed_at"),
    *("phone_number", "event", "direction", "from", "to", "body", "delivery_status", "type"),
    *("status", "updated_at", "finishedAt", "createdAt", "messages", "contentSid", "sent"),
    *("read", "delivered", "errorCode", "errorMessage", "messageSid", "conversationId"),
)
_VALUES = values(
    [
        *("message:user_sent", "conversation:closed", "message.created", "message.updated"),
        *("conversation.updated", "INBOUND", "OUTBOUND", "closed", "delivered", "failed"),
        *(NUMBER, SENDER, f"whatsapp:{NUMBER}", "2026-11-20T09:00:00Z", "sms", "\ud800"),
        *("2025-07-30T08:30:32.d25Z", "9999-12-31T23:59:59-23:59", 10**400, 63016, "HX1"),
    ]
)
_JSON = documents(_NAMES, _VALUES, members=8, leaves=25)
_FORMS = st.lists(
    st.sampled_from(
        [
            *("MessageSid=SM1", "SmsSid=SM1", "MessageStatus=failed", "SmsStatus=received"),
            *("Body=%F0%9F%98%80", "Body=", "From=whatsapp%3A", "From=%2B1", "To=%ED%A0%80"),
            *("WaId=%D9%A1", "ErrorCode=0", "OptOutType=STOP", "x", "=", "%", "&"),
        ]
    ),
    max_size=8,
).map(lambda parts: "&".join(parts).encode())
_BODIES = _JSON | _FORMS | st.binary(max_size=200)
_HEADERS = st.dictionaries(
    st.sampled_from(
        ["x-sendbird-signature", "x-whippy-signature", "x-twilio-signature", "content-type"]
    ),
    st.text(st.characters(), max_size=60) | st.sampled_from(["t=1,v=", "=", ",,,", "text/x;;"]),
)


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
@given(body=_BODIES)
@example(body=b"[" * 100_000)
@example(body=b'{"id": 1' + b"0" * 5000 + b', "messages": []}')
@example(body=b'{"category": "message:user_sent"' + b" " * (1 << 20) + b"}")
@settings(max_examples=300, deadline=None)
def test_no_body_is_too_strange(way: Callable[[], Webhook], body: bytes) -> None:
    try:
        heard = way().heard(posted(body))
    except Unheard as why:
        told = str(why)
        # A sentence, and nothing of what somebody posted.
        assert len(told) < 200
        assert NUMBER not in told
        return
    for found in heard:
        is_sound(found)


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
@given(
    body=_BODIES,
    headers=_HEADERS,
    url=st.sampled_from([URL, "", "x", "https://[", "//", "\ud800"]) | st.text(max_size=30),
    token=st.none() | st.text(st.characters(), max_size=20),
    secret=st.sampled_from([SECRET, "", "é\ud800"]),
)
@settings(max_examples=300, deadline=None)
def test_nothing_but_the_proof_is_authentic(
    way: Callable[[], Webhook], body: bytes, headers: Any, url: str, token: str | None, secret: str
) -> None:
    request = Received(url, headers, body, token, AT)
    assert way().is_authentic(request, secret) is False


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_every_webhook_says_what_it_is(way: Callable[[], Webhook]) -> None:
    made = way()
    assert made.title
    assert made.secret
    assert made.name in made.title.casefold()
    assert made.name.isalpha()
