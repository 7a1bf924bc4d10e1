"""Sendbird's proactive chat, from "Proactive chat" in its AI-agent platform API.

All its errors are HTTP 400 or 500 with a code in the body; only speed is refused with 429. The
page prints no status for success; 200 is assumed.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Mapping, Sequence
from hashlib import blake2b
from typing import Any, ClassVar

from campaign.sandbox.answers import Answer, Refusal, gateway_answer, json_answer
from campaign.sandbox.clock import milliseconds
from campaign.sandbox.config import VendorConfig
from campaign.sandbox.faults import Wait
from campaign.sandbox.journal import Draft
from campaign.sandbox.vendors.vendor import Acceptance, Body, Call, Headers, Vendor, header, texts

NOT_A_STRING = 400100
NOT_A_LIST = 400102
MISSING = 400105
INVALID = 400111
NOT_FOUND = 400201
INVALID_API_TOKEN = 400401
INVALID_JSON = 400403
INTERNAL = 500901
RATE_LIMIT = 500910

APP_ID = "118FB44D-F325-4896-98FC-EE958988DFCD"
AUTO_CLOSE_SECONDS = 300.0
"""After how long a conversation is closed, by ``auto_close_timeout`` of the printed sample."""


class Sendbird(Vendor):
    """``POST /v3/ai_agent/ai_agents/{bot_userid}/conversations/start``."""

    name: ClassVar[str] = "sendbird"
    path: ClassVar[str] = "/v3/ai_agent/ai_agents/{agent}/conversations/start"

    def __init__(
        self, config: VendorConfig, auto_close_seconds: float = AUTO_CLOSE_SECONDS
    ) -> None:
        super().__init__(config)
        self._auto_close = int(auto_close_seconds)
        # Not the same ones again after a restart, unless 10,000 a second were accepted before it.
        self._ids = itertools.count(int(time.time() * 10_000))

    def key(self, headers: Headers) -> str:
        """Read ``Api-Token``."""
        return header(headers, b"api-token")

    def recipients(self, body: Body) -> Sequence[str]:
        """Return the phone number, or the user id of a messenger channel."""
        return texts(body.get("user_id" if body.get("channel_type") != "sms" else "phone_number"))

    def unauthorised(self) -> Answer:
        """Answer InvalidApiToken, with HTTP 400 like every other error."""
        return error(INVALID_API_TOKEN, "Invalid value: Api-Token.")

    def malformed(self) -> Answer:
        """Answer that the body is not JSON."""
        return error(INVALID_JSON, "Invalid request body: not a JSON object.")

    def throttled(self, wait: Wait, headers: Mapping[str, str]) -> Answer:
        """Answer 429 with the vendor's own headers, in fractional seconds."""
        del headers
        limit = f"{wait.requests};w={wait.seconds:g}"
        message = (
            f"Too many requests (scope: app, limit: {limit}, remaining: 0, "
            f"retry_after: {wait.retry_after!r}s, reset: {wait.reset!r}s)"
        )
        return json_answer(
            429,
            {"error": True, "message": message, "code": RATE_LIMIT},
            headers={
                "X-RateLimit-Limit": limit,
                "X-RateLimit-Remaining": "0",
                "X-RateLimit-Reset": f"{wait.reset:.6f}",
                "X-RateLimit-RetryAfter": f"{wait.retry_after:.6f}",
            },
        )

    def broken(self, status: int) -> Answer:
        """Fail by itself with 500, or in the proxy before it."""
        if status != 500:
            return gateway_answer(status)
        return json_answer(500, {"error": True, "message": "Internal error.", "code": INTERNAL})

    def accept(self, call: Call) -> Acceptance:
        """Start a proactive conversation."""
        agent = call.agent or ""
        if not self.knows_agent(agent):
            raise Refusal(error(NOT_FOUND, '"AI agent" not found.'))
        message = _text(call.body, "message")
        channel = _text(call.body, "channel_type")
        if channel not in ("messenger", "sms"):
            raise Refusal(error(INVALID, 'Invalid value: "channel_type".'))
        whom = "phone_number" if channel == "sms" else "user_id"
        to = _text(call.body, whom)
        sender = _text(call.body, "channel_id") if "channel_id" in call.body else None
        _check_replies(call.body.get("suggested_replies", []))
        if call.is_invalid(to):
            raise Refusal(error(INVALID, f'Invalid value: "{whom}".'))
        number = str(next(self._ids))
        conversation = _conversation(number, agent, channel, to, message, call, self._auto_close)
        draft = Draft(
            channel=channel,
            to=to,
            sender=sender,
            agent=agent,
            provider_id=conversation["id"],
            message_sent=True,
            request=call.body,
        )
        return Acceptance((draft,), json_answer(200, conversation))


def channel_url(conversation: str) -> str:
    """Return the channel of a conversation; an export names the same one as the first answer."""
    return f"proactive_ai_agent_{APP_ID}_{_hex(conversation)}"


def user_id(conversation: str, channel: str, to: str) -> str:
    """Return who is talked to: by SMS a user made up for this conversation alone."""
    return f"sms_ephemeral_user_{_hex(conversation)}" if channel == "sms" else to


def _hex(conversation: str) -> str:
    return blake2b(conversation.encode(), digest_size=16).hexdigest()


def error(code: int, message: str) -> Answer:
    """Refuse as the platform API does: HTTP 400, and the reason as a code."""
    return json_answer(400, {"error": True, "message": message, "code": code})


def _text(body: Body, name: str) -> str:
    if name not in body:
        raise Refusal(error(MISSING, f'Missing required parameters: "{name}".'))
    value = body[name]
    if not isinstance(value, str):
        raise Refusal(error(NOT_A_STRING, f'"{name}" must be a string.'))
    if not value.strip():
        raise Refusal(error(INVALID, f'Invalid value: "{name}".'))
    return value


def _check_replies(replies: object) -> None:
    if not isinstance(replies, list):
        raise Refusal(error(NOT_A_LIST, '"suggested_replies" must be a list.'))
    if not all(isinstance(reply, str) for reply in replies):
        raise Refusal(error(NOT_A_STRING, '"suggested_replies" must be a list of strings.'))


def _conversation(
    number: str, agent: str, channel: str, to: str, message: str, call: Call, auto_close: int
) -> dict[str, Any]:
    """Fill the printed sample of a conversation; its times are Unix milliseconds."""
    started = milliseconds(call.now)
    url = channel_url(number)
    return {
        "id": number,
        "app_id": APP_ID,
        "channel_url": url,
        "bot_userid": agent,
        "user_id": user_id(number, channel, to),
        "started_at": started,
        "conversation_type": "proactive",
        "responded": False,
        "proactive_message": message,
        "resolution_time": None,
        "auto_close_at": started + auto_close * 1000,
        "channel": {
            "channel_url": url,
            "last_message_ts": started,
            "custom_type": "SB_@I_@GENT",
        },
        **_UNTOUCHED,
        "bridge_channel_type": "sms" if channel == "sms" else None,
        "bridge_channel": _bridge(agent, auto_close) if channel == "sms" else None,
        "ai_agent_context": {
            "language": "en-US",
            "country": None,
            "context": {"phone_number": to} if channel == "sms" else {},
        },
        "metadata": {},
    }


def _bridge(agent: str, auto_close: int) -> dict[str, Any]:
    return {
        "id": "EwGmTKleBa",
        "app_id": APP_ID,
        "ai_agent_id": agent,
        "channel_type": "sms",
        "provider": "omega",
        "provider_reference_id": None,
        "is_enabled": True,
        "auto_close_timeout": auto_close,
        "omega_binding_key": "97a72467f9a74faaa3457321bd4b8c95c",
        "omega_channel_id": "sms:3jfn5j67w-3a52-4983-ab83-a1989b7ff8ef",
        "attributes": {"messages": {"csat": None, "auto_close": None}, "handoff": None},
        "created_at": "2025-09-08T04:21:53.140645+00:00",
        "updated_at": "2025-09-10T04:52:27.090769+00:00",
    }


_UNTOUCHED: dict[str, Any] = {
    "topics": [],
    "category": None,
    "sub_category": None,
    "manuals": [],
    "closed_at": None,
    "closed_reason": None,
    "handed_over_at": None,
    "status": "open",
    "analytics_status": "not_ready",
    "user_message_count": 0,
    "agent_message_count": 0,
    "thinking_message_count": 0,
    "message_counts": {
        "agent_hallucination": 0,
        "safeguard_harmful_content": 0,
        "safeguard_adversarial_attack": 0,
        "safeguard_banned_phrases": 0,
        "safeguard_context_injection": 0,
        "safeguard_harmful_user": 0,
    },
    **dict.fromkeys(
        (
            "is_resolved_by_bot",
            "resolution_node",
            "user_resolution_feedback",
            "ai_resolution_feedback",
            "resolution",
            "csat",
            "csat_type",
            "csat_reason",
            "csat_expire_at",
            "helpdesk_csat",
            "helpdesk_csat_type",
            "helpdesk_csat_reason",
            "sentiment",
            "sentiment_reason",
            "abandoned",
            "ai_handle_time",
            "summary",
            "suggestion",
            "handoff",
            "scorecard",
            "prompt",
        )
    ),
    "repeated": False,
    "is_copilot": False,
}
