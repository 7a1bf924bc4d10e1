from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from campaign.channel import Channel
from campaign.providers.heard import Happening, Heard, Unheard
from tests.providers.posts import SECRET, hexadecimal, posted, webhook
from tests.providers.vendors import KEY, NUMBER

SAID = datetime(2025, 8, 19, 11, 2, 36, 645000, tzinfo=UTC)


def _event(category: str = "message:user_sent", **changes: Any) -> dict[str, Any]:
    """The sample of the dashboard guide, with its malformed time."""
    conversation = {
        "id": 2647,
        "user_id": "user_xyz789",
        "channel_url": "sendbird_group_channel_113578",
        "channel_type": "sms",
        "started_at": "2025-08-19T10:49:24.018Z",
        "status": "open",
        "ai_agent_context": {"language": "en", "context": {"phone_number": NUMBER}},
    } | changes.pop("conversation", {})
    data = {
        "ai_agent_id": "agent_abc123",
        "conversation": conversation,
        "message": {"message_id": 52736290, "content": "just do it"},
        "sent_at": "2025-08-19T11:02:36.645Z",
    } | changes.pop("data", {})
    event = {
        "id": "d123r98kl2293s4dl3254df008",
        "app_id": "app_123456",
        "category": category,
        "created_at": "2025-07-30T08:30:32.d25Z",
        "data": data,
    }
    return event | changes


def _heard(event: object) -> list[Heard]:
    return list(webhook("sendbird").heard(posted(event)))


def test_what_a_person_wrote_is_heard() -> None:
    (found,) = _heard(_event())
    assert (found.happening, found.at, found.text) == (Happening.REPLIED, SAID, "just do it")
    assert found.ids == ("2647", "sendbird_group_channel_113578")
    assert (found.address, found.channel) == (NUMBER, Channel.SMS)
    assert found.began == datetime(2025, 8, 19, 10, 49, 24, 18000, tzinfo=UTC)


def test_a_close_is_heard_also_with_the_time_of_the_sample() -> None:
    closed = {"status": "closed", "closed_at": "2025-07-30T08:35:32.d48s"}
    (found,) = _heard(_event("conversation:closed", conversation=closed))
    assert (found.happening, found.text) == (Happening.CLOSED, None)
    assert found.at == datetime(2025, 7, 30, 8, 35, 32, tzinfo=UTC)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("2025-07-30T08:30:32.d25Z", datetime(2025, 7, 30, 8, 30, 32, tzinfo=UTC)),
        ("2025-07-30T08:30:32.d25+02:00", datetime(2025, 7, 30, 6, 30, 32, tzinfo=UTC)),
        ("2025-07-30T08:30:32Z", datetime(2025, 7, 30, 8, 30, 32, tzinfo=UTC)),
        (1753864232000, datetime(2025, 7, 30, 8, 30, 32, tzinfo=UTC)),
    ],
)
def test_an_event_without_a_time_of_its_own_has_the_envelopes(
    written: object, read: datetime
) -> None:
    (found,) = _heard(_event(data={"sent_at": None}, created_at=written))
    assert found.at == read


def test_an_id_is_the_same_as_text_and_as_a_number() -> None:
    assert _heard(_event(conversation={"id": "2647"})) == _heard(_event())


def test_on_messenger_the_person_is_the_user() -> None:
    (found,) = _heard(_event(conversation={"channel_type": "messenger"}))
    assert (found.address, found.channel) == ("user_xyz789", Channel.MESSENGER)


@pytest.mark.parametrize("context", [None, {}, {"context": None}, {"context": {"phone_number": 7}}])
def test_an_event_may_lack_the_number(context: object) -> None:
    (found,) = _heard(_event(conversation={"ai_agent_context": context}))
    assert (found.address, found.ids[0]) == (None, "2647")


@pytest.mark.parametrize(
    "category",
    [
        "conversation:started",
        "message:ai_agent_sent",
        "message:human_agent_sent",
        "handoff",
        "flagged_message:hallucination_detected",
        "something:new",
    ],
)
def test_other_categories_say_nothing(category: str) -> None:
    assert _heard(_event(category)) == []


@pytest.mark.parametrize(
    "event",
    [
        b"",
        b"{",
        b"[" * 100_000,
        b'"' + b"x" * (1 << 20) + b'"',
        [],
        {},
        {"category": "message:user_sent"},
        _event() | {"category": 7},
        _event(data={"conversation": []}),
        _event(data={"sent_at": "soon"}, created_at="2025"),
        _event(data={"sent_at": f"2025-07-30T08:30:32.{'d' * 1000}Z"}, created_at=None),
        _event(conversation={"id": None, "channel_url": None}),
    ],
)
def test_what_is_not_documented_is_told_in_a_sentence(event: object) -> None:
    with pytest.raises(Unheard, match="Sendbird"):
        _heard(event)


def test_the_documented_signature_is_taken_and_any_other_is_not() -> None:
    request = posted(_event())
    good = {"x-sendbird-signature": hexadecimal(request.body)}
    hook = webhook("sendbird")
    assert hook.secret == "webhook_secret"
    assert hook.is_authentic(posted(_event(), good), SECRET)
    assert not hook.is_authentic(posted(_event(), good), SECRET + "x")
    assert not hook.is_authentic(posted(_event(app_id="other"), good), SECRET)
    assert not hook.is_authentic(request, SECRET)
    assert not hook.is_authentic(posted(_event(), {"x-sendbird-signature": "é\udc80"}), SECRET)
    assert not hook.is_authentic(posted(b"", {"x-sendbird-signature": hexadecimal(b"", "")}), "")


def test_the_addresss_token_is_taken_where_a_secret_was_chosen_for_it() -> None:
    assert webhook("sendbird").is_authentic(posted(_event(), token=SECRET), SECRET)
    assert not webhook("sendbird").is_authentic(posted(_event(), token="x"), SECRET)
    # Nobody is to write an API key into an address.
    plain = webhook("sendbird", own_secret=False)
    assert plain.secret == "api_token"
    assert not plain.is_authentic(posted(_event(), token=KEY), KEY)
    signed = posted(_event(), {"x-sendbird-signature": hexadecimal(posted(_event()).body, KEY)})
    assert plain.is_authentic(signed, KEY)
