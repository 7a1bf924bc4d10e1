"""Zild's proactive WhatsApp conversation, from "Create a New Proactive Conversation".

A batch in, an array out, in no promised order; a recipient that fails is still in the array, with
an error code on its message. The page prints no status code and no error body: 200 (or 201, a
setting) and ASP.NET's problem details are assumed from the style of the API.
"""

from __future__ import annotations

import itertools
import json
import secrets
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar
from uuid import uuid4

from campaign.sandbox.answers import Answer, Refusal, gateway_answer, json_answer
from campaign.sandbox.clock import zulu
from campaign.sandbox.config import ZildConfig
from campaign.sandbox.faults import Wait
from campaign.sandbox.journal import Draft
from campaign.sandbox.vendors.vendor import Acceptance, Body, Call, Headers, Vendor, bearer, texts

NOT_ON_WHATSAPP = "63024"
"""Twilio's code for an invalid recipient, as it would show on the message."""

_INTEGERS = (
    "channelId",
    "botId",
    "conversationTemplateId",
    "counterpartUserId",
    "userId",
    "queueId",
)
_INTEGRATION_TYPES = range(19)


class Zild(Vendor):
    """``POST /api/Conversation/proactive-conversation``."""

    name: ClassVar[str] = "zild"
    path: ClassVar[str] = "/api/Conversation/proactive-conversation"

    def __init__(self, config: ZildConfig) -> None:
        super().__init__(config)
        self._created_status = config.created_status
        # An int32, and not the same ones again after a restart.
        self._ids = itertools.count(secrets.randbelow(2**30))

    def key(self, headers: Headers) -> str:
        """Read ``Authorization: Bearer``."""
        return bearer(headers)

    def recipients(self, body: Body) -> Sequence[str]:
        """Return the whole batch."""
        named = body.get("recipient")
        return texts(*named) if isinstance(named, list) else []

    def unauthorised(self) -> Answer:
        """Answer 401."""
        return _problem(401, "Unauthorized", headers={"WWW-Authenticate": "Bearer"})

    def malformed(self) -> Answer:
        """Answer 400 for the body as a whole."""
        return _invalid("$", "The body could not be converted to a request.")

    def throttled(self, wait: Wait, headers: Mapping[str, str]) -> Answer:
        """Answer 429; no header is documented."""
        del wait
        return _problem(429, "Too Many Requests", headers=headers)

    def broken(self, status: int) -> Answer:
        """Fail by itself with 500, or in the proxy before it."""
        if status != 500:
            return gateway_answer(status)
        return _problem(500, "An error occurred while processing your request.")

    def accept(self, call: Call) -> Acceptance:
        """Open one conversation for each recipient."""
        _check(call.body)
        bot = call.body.get("botId")
        if bot is not None and not self.knows_agent(str(bot)):
            raise Refusal(_invalid("botId", f"Bot {bot} was not found."))
        recipients = list(self.recipients(call.body))
        if not recipients:
            # The sandbox has no CRM in which to look up the other ways to name somebody.
            raise Refusal(_invalid("recipient", "At least one recipient is required."))
        drafts: list[Draft] = []
        answers: list[dict[str, Any]] = []
        for to in recipients:
            failed = call.is_invalid(to)
            conversation = self._conversation(to, call, failed=failed)
            if failed:
                answers.append(conversation)
                continue
            drafts.append(_draft(to, call.body, conversation))
            if not call.is_missing(to):
                answers.append(conversation)
        return Acceptance(tuple(drafts), json_answer(self._created_status, answers))

    def _conversation(self, to: str, call: Call, *, failed: bool) -> dict[str, Any]:
        """Open a conversation, or say on its message why not."""
        number, message_number = next(self._ids), next(self._ids)
        at = zulu(call.now)
        sid = None if failed else f"MM{uuid4().hex}"
        message = first_message(message_number, number, call.body, to, sid, at)
        if failed:
            message |= {
                "sent": False,
                "errorCode": NOT_ON_WHATSAPP,
                "errorMessage": "Invalid message recipient.",
            }
        return conversation(number, call.body, at, at if failed else None, [message])


def sender(body: Body) -> str:
    """Return who writes: the channel, as far as the request names one."""
    return str(body.get("channelId", ""))


def first_message(
    number: int, conversation_number: int, body: Body, to: str, sid: str | None, at: str
) -> dict[str, Any]:
    """Fill the printed sample of a message with what was sent."""
    return {
        **message(number, conversation_number, sender(body), to, at),
        "contentVariables": json.dumps(body.get("contentVariables") or {}),
        "messageSid": sid,
    }


def message(number: int, conversation_number: int, who: str, to: str, at: str) -> dict[str, Any]:
    """Fill the printed sample of a message that left and has no content."""
    return {
        "id": number,
        "createdAt": at,
        "from": who,
        "to": to,
        "content": None,
        "conversationId": conversation_number,
        "contentSid": None,
        "messageType": 0,
        "contentVariables": None,
        "messageSid": None,
        "messageStatus": 0,
        "sent": True,
        "delivered": False,
        "read": False,
        "errorCode": None,
        "errorMessage": None,
        "isReadByUser": False,
    }


def conversation(
    number: int,
    body: Body,
    created: str,
    finished: str | None,
    messages: Sequence[Mapping[str, Any]],
) -> dict[str, Any]:
    """Fill the printed sample of a conversation; it is active until it is finished."""
    named = {name: body[name] for name in _INTEGERS[:2] + _INTEGERS[3:] if name in body}
    return {
        "id": number,
        "active": finished is None,
        "liveAgent": body.get("liveAgent", False),
        "from": sender(body),
        # Two members hold the same id, so that either of them leads to the journal.
        "conversationId": str(number),
        "waterMark": None,
        "token": None,
        "createdAt": created,
        "finishedAt": finished,
        "queuedAt": None,
        "lastConversationUpdateTime": finished or created,
        "lastMessageContent": None,
        "contactName": None,
        **named,
        "tenantId": 1,
        "messages": messages,
        "conversationIntegrationType": body.get("conversationIntegrationType", 0),
        "duration": None,
        "highImportanceErrorDetected": False,
        "tags": [],
        "conversationEvaluationStatus": 0,
        "agentType": 0,
        "conversationType": 0,
        "callSuccessful": False,
        "totalUnreadedMessagesByUser": 0,
        "dynamicVariables": [],
        "dataCollection": [],
    }


def _draft(to: str, body: Body, conversation: dict[str, Any]) -> Draft:
    return Draft(
        channel="whatsapp",
        to=to,
        sender=conversation["from"] or None,
        agent=None if body.get("botId") is None else str(body["botId"]),
        provider_id=conversation["conversationId"],
        # Of all the members only the template can hold something to say.
        message_sent=body.get("conversationTemplateId") is not None,
        message_id=conversation["messages"][0]["messageSid"],
        request=body,
    )


def _check(body: Body) -> None:
    for name in _INTEGERS:
        if name in body and not _is_int32(body[name]):
            raise Refusal(_invalid(name, "The value must be an integer."))
    for name in ("accountIds", "contactIds"):
        ids = body.get(name) or []
        if not isinstance(ids, list) or not all(_is_int32(number) for number in ids):
            raise Refusal(_invalid(name, "The value must be a list of integers."))
    named = body.get("recipient") or []
    if not isinstance(named, list) or not all(isinstance(to, str) and to for to in named):
        raise Refusal(_invalid("recipient", "The value must be a list of texts."))
    if not isinstance(body.get("liveAgent", False), bool):
        raise Refusal(_invalid("liveAgent", "The value must be true or false."))
    if not isinstance(body.get("contentVariables", {}), dict):
        raise Refusal(_invalid("contentVariables", "The value must be an object."))
    integration = body.get("conversationIntegrationType", 0)
    if not _is_int32(integration) or integration not in _INTEGRATION_TYPES:
        raise Refusal(_invalid("conversationIntegrationType", "The value is out of range."))


def _is_int32(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and -(2**31) <= value < 2**31


def _invalid(field: str, description: str) -> Answer:
    return _problem(400, "One or more validation errors occurred.", errors={field: [description]})


def _problem(
    status: int,
    title: str,
    *,
    errors: Mapping[str, Sequence[str]] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Answer:
    """Answer with problem details, the error body of ASP.NET (RFC 9457)."""
    details: dict[str, Any] = {
        "type": "https://tools.ietf.org/html/rfc9110",
        "title": title,
        "status": status,
        "traceId": f"00-{uuid4().hex}-{uuid4().hex[:16]}-00",
    }
    if errors is not None:
        details["errors"] = errors
    return json_answer(status, details, media_type="application/problem+json", headers=headers)
