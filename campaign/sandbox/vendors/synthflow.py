"""Synthflow's outbound chat, from "Start an outbound chat conversation" and its OpenAPI document.

The document gives a 400 without any member and lists no other error. The bodies of 401, 429 and
500 are assumed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import ClassVar
from uuid import UUID, uuid4

from campaign.sandbox.answers import Answer, Refusal, gateway_answer, json_answer
from campaign.sandbox.faults import Wait
from campaign.sandbox.journal import Draft
from campaign.sandbox.vendors.vendor import Acceptance, Body, Call, Headers, Vendor, bearer, texts

_E164 = re.compile(r"\+[1-9]\d{1,14}")
BAD_REQUEST = json_answer(400, {})
"""The one refusal that the documents list, without any member."""


class Synthflow(Vendor):
    """``POST /v2/chat/outbound``."""

    name: ClassVar[str] = "synthflow"
    path: ClassVar[str] = "/v2/chat/outbound"

    def key(self, headers: Headers) -> str:
        """Read ``Authorization: Bearer``."""
        return bearer(headers)

    def recipients(self, body: Body) -> Sequence[str]:
        """Return the recipient's number."""
        return texts(body.get("to_number"))

    def unauthorised(self) -> Answer:
        """Answer 401."""
        return error(401, "Unauthorized")

    def malformed(self) -> Answer:
        """Answer 400, and nothing else."""
        return BAD_REQUEST

    def throttled(self, wait: Wait, headers: Mapping[str, str]) -> Answer:
        """Answer 429; no header is documented."""
        del wait
        return error(429, "Too Many Requests", headers)

    def broken(self, status: int) -> Answer:
        """Fail by itself with 500, or in the proxy before it."""
        return gateway_answer(status) if status != 500 else error(500, "Internal Server Error")

    def accept(self, call: Call) -> Acceptance:
        """Start a conversation by SMS or WhatsApp."""
        body = call.body
        if not _fits(body):
            raise Refusal(BAD_REQUEST)
        if not self.knows_agent(body["agent_id"]):
            raise Refusal(error(404, "Agent not found"))
        if call.is_invalid(body["to_number"]):
            raise Refusal(BAD_REQUEST)
        conversation = str(uuid4())
        draft = Draft(
            channel=body["channel"],
            to=body["to_number"],
            sender=body["from_number"],
            agent=body["agent_id"],
            provider_id=conversation,
            # Neither is required; with neither there is nothing that could be sent.
            message_sent=bool(body.get("initial_message")) or "template" in body,
            request=body,
        )
        answer = {"status": "ok", "response": {"conversation_id": conversation}}
        return Acceptance((draft,), json_answer(200, answer))


def _fits(body: Body) -> bool:
    """Say whether the body has the required members, and each the type that is documented."""
    return (
        is_uuid(body.get("agent_id"))
        and body.get("channel") in ("sms", "whatsapp")
        and _is_number(body.get("to_number"))
        and _is_number(body.get("from_number"))
        and isinstance(body.get("initial_message", ""), str)
        and isinstance(body.get("custom_variables", {}), dict)
        and ("template" not in body or _is_template(body["template"]))
    )


def is_uuid(value: object) -> bool:
    """Say whether the value is the text of a UUID."""
    try:
        return isinstance(value, str) and bool(UUID(value))
    except ValueError:
        return False


def _is_number(value: object) -> bool:
    return isinstance(value, str) and _E164.fullmatch(value) is not None


def _is_template(value: object) -> bool:
    return (
        isinstance(value, dict)
        and isinstance(value.get("content_sid"), str)
        and isinstance(value.get("variables", {}), dict)
    )


def error(status: int, message: str, headers: Mapping[str, str] | None = None) -> Answer:
    """Refuse with a body that is assumed; the document prints none."""
    return json_answer(status, {"status": "error", "message": message}, headers=headers)
