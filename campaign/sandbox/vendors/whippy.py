"""Whippy's agent chat, from "Start Agent Chat".

The page describes the fields but leaves most names out, so the sandbox's configuration has them.
An answer of 201 means now and 202 means later: ``data.id`` is the id that the session will have.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar
from uuid import UUID, uuid4

from campaign.sandbox.answers import Answer, Refusal, gateway_answer, json_answer
from campaign.sandbox.clock import moment
from campaign.sandbox.config import WhippyConfig
from campaign.sandbox.faults import Wait
from campaign.sandbox.journal import Draft
from campaign.sandbox.vendors.vendor import (
    Acceptance,
    Body,
    Call,
    Headers,
    Vendor,
    bearer,
    header,
    texts,
)

_SCHEDULE_AT = "schedule_at"


class Whippy(Vendor):
    """``POST /v1/agents/{agent_id}/chat``."""

    name: ClassVar[str] = "whippy"
    path: ClassVar[str] = "/v1/agents/{agent}/chat"

    def __init__(self, config: WhippyConfig) -> None:
        super().__init__(config)
        self._fields = config.fields
        self._types = config.types

    def key(self, headers: Headers) -> str:
        """Read ``X-WHIPPY-KEY``, or else ``Authorization: Bearer``."""
        return header(headers, b"x-whippy-key") or bearer(headers)

    def recipients(self, body: Body) -> Sequence[str]:
        """Return the contact's phone number or email address."""
        return texts(body.get(self._fields.to))

    def unauthorised(self) -> Answer:
        """Answer 401 as the page on errors prints it."""
        return error(401, "Not authenticated")

    def malformed(self) -> Answer:
        """Answer 400: a body that cannot be read is not even a request."""
        return error(400, "Bad Request")

    def throttled(self, wait: Wait, headers: Mapping[str, str]) -> Answer:
        """Answer 429; no header is documented."""
        del wait
        return error(429, "Too many requests", headers)

    def broken(self, status: int) -> Answer:
        """Fail by itself with 500, or in the proxy before it."""
        return gateway_answer(status) if status != 500 else error(500, "Internal Server Error")

    def accept(self, call: Call) -> Acceptance:
        """Start a chat session, or put it down for later."""
        fields = self._fields
        agent = call.agent or ""
        _check_uuid(agent)
        if not self.knows_agent(agent):
            raise Refusal(error(404, "Agent not found"))
        sender = _text(call.body, fields.sender)
        to = _text(call.body, fields.to)
        kind = _text(call.body, fields.type)
        if kind not in self._types:
            raise Refusal(error(422, f"Invalid value for enum: {fields.type}"))
        speaks_first = call.body.get(fields.send_initial_message, False)
        if not isinstance(speaks_first, bool):
            raise Refusal(error(422, f"Invalid boolean: {fields.send_initial_message}"))
        later = _schedule(call)
        if call.is_invalid(to):
            raise Refusal(error(422, f"Invalid contact: {fields.to}"))
        session = str(uuid4())
        draft = Draft(
            channel=kind,
            to=to,
            sender=sender,
            agent=agent,
            provider_id=session,
            message_sent=speaks_first,
            scheduled_at=later,
            request=call.body,
        )
        status = 201 if later is None else 202
        return Acceptance((draft,), json_answer(status, {"data": {"id": session}}))


def _check_uuid(agent: str) -> None:
    try:
        UUID(agent)
    except ValueError:
        raise Refusal(error(422, "Invalid format, expected uuid: agent_id")) from None


def _text(body: Body, name: str) -> str:
    if name not in body:
        raise Refusal(error(422, f"Missing field: {name}"))
    value = body[name]
    if not isinstance(value, str) or not value.strip():
        raise Refusal(error(422, f"Invalid string: {name}"))
    return value


def _schedule(call: Call) -> str | None:
    """Return the time asked for, which has to be ISO 8601 and strictly in the future."""
    if _SCHEDULE_AT not in call.body:
        return None
    value = call.body[_SCHEDULE_AT]
    try:
        # A bare date is ISO 8601 too, but the field is a date-time.
        when = moment(value) if "T" in value else None
    except (TypeError, ValueError):
        when = None
    if when is None:
        raise Refusal(error(422, f"Invalid format, expected date-time: {_SCHEDULE_AT}"))
    if when <= call.now:
        raise Refusal(error(422, f"Must be in the future: {_SCHEDULE_AT}"))
    return str(value)


def error(status: int, description: str, headers: Mapping[str, str] | None = None) -> Answer:
    """Refuse as the page on errors prints it."""
    body = {"errors": [{"description": description}], "status": status}
    return json_answer(status, body, headers=headers)
