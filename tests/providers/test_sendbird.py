from __future__ import annotations

import pytest

from campaign.channel import Channel
from campaign.providers.protocol import Kind, Scope
from tests.providers.vendors import outcome

CONVERSATION = {
    "id": "81218",
    "channel_url": "proactive_1",
    "user_id": "sms_ephemeral_user_1",
    "status": "open",
    "responded": False,
    "started_at": 1758046818260,
    "auto_close_at": 1758047118259,
    "resolution_time": None,
    "metadata": {"x": 1},
}


def _error(code: object, message: str = "No.") -> dict[str, object]:
    return {"error": True, "code": code, "message": message}


def test_a_conversation_is_accepted_with_its_id_and_what_it_says() -> None:
    found = outcome("sendbird", 200, CONVERSATION)
    assert (found.kind, found.provider_id, found.http_status) == (Kind.ACCEPTED, "81218", 200)
    assert found.evidence == {
        name: CONVERSATION[name]
        for name in ("channel_url", "user_id", "status", "responded", "started_at", "auto_close_at")
    }


def test_an_id_is_text_whichever_type_it_came_in() -> None:
    assert outcome("sendbird", 200, CONVERSATION | {"id": 81218}).provider_id == "81218"


@pytest.mark.parametrize("wrong", [None, "", [], {}, ["81218"], {"a": 1}, True, 1.5], ids=repr)
def test_a_success_without_a_usable_id_is_unknown(wrong: object) -> None:
    found = outcome("sendbird", 200, CONVERSATION | {"id": wrong})
    assert (found.kind, found.reason) == (Kind.UNKNOWN, "unreadable_answer")


def test_a_success_that_says_error_is_unknown() -> None:
    assert outcome("sendbird", 200, CONVERSATION | {"error": True}).kind is Kind.UNKNOWN


@pytest.mark.parametrize(
    ("channel", "message", "scope", "reason"),
    [
        (Channel.MESSENGER, '"User" not found.', Scope.RECIPIENT, "invalid_recipient"),
        (Channel.MESSENGER, '"AI agent" not found.', Scope.CAMPAIGN, "not_found"),
        (Channel.MESSENGER, "Bot user not found.", Scope.CAMPAIGN, "not_found"),
        (Channel.MESSENGER, "Resource not found.", Scope.CAMPAIGN, "not_found"),
        # The user of an SMS is made by the vendor, so it cannot be the one that is missing.
        (Channel.SMS, '"User" not found.', Scope.CAMPAIGN, "not_found"),
    ],
)
def test_a_missing_user_is_told_from_a_missing_agent(
    channel: Channel, message: str, scope: Scope, reason: str
) -> None:
    found = outcome("sendbird", 400, _error(400201, message), channel=channel)
    assert (found.kind, found.scope, found.reason) == (Kind.REJECTED, scope, reason)


@pytest.mark.parametrize("status", [400, 500])
def test_an_internal_error_is_unknown_even_under_400(status: int) -> None:
    found = outcome("sendbird", status, _error(500901, "Internal error."))
    assert (found.kind, found.reason, found.code) == (Kind.UNKNOWN, "server_error", "500901")


def test_an_unknown_code_goes_by_the_status() -> None:
    assert outcome("sendbird", 400, _error(400998)).reason == "refused"
    assert outcome("sendbird", 500, _error(400998)).kind is Kind.UNKNOWN


def test_429_waits_as_long_as_the_vendors_own_header_says() -> None:
    body = _error(500910, "Too many requests (retry_after: 9s)")
    found = outcome("sendbird", 429, body, {"X-RateLimit-RetryAfter": "0.069786"})
    assert (found.kind, found.reason, found.wait) == (Kind.THROTTLED, "throttled", 0.069786)


def test_429_without_a_header_waits_as_long_as_the_text_says() -> None:
    text = "Too many requests (scope: app, limit: 10;w=1, remaining: 0, retry_after: 0.07s)"
    for body in (_error(500910, text), text.encode()):
        found = outcome("sendbird", 429, body)
        assert (found.kind, found.wait) == (Kind.THROTTLED, 0.07)


def test_429_is_a_throttle_whatever_code_it_carries() -> None:
    for code in (429, 429100, 400401, "x", None):
        assert outcome("sendbird", 429, _error(code)).kind is Kind.THROTTLED


def test_a_throttle_under_400_is_one_too() -> None:
    found = outcome("sendbird", 400, _error(500910, "retry_after: 2s"))
    assert (found.kind, found.wait) == (Kind.THROTTLED, 2.0)
