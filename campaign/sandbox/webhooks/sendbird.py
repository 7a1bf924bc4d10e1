"""The events of Sendbird's AI agent (Delight), from "Webhook" in its dashboard guide.

The page does not say how they are signed; assumed is what Sendbird documents for its other
webhooks: ``x-sendbird-signature``, HMAC-SHA256 of the body with the API token. A conversation's
id is a number here. No category is there for a reaction, so none is posted.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID, uuid5

from campaign.sandbox.clock import zulu
from campaign.sandbox.journal import Entry
from campaign.sandbox.people.people import RESPONSES, WRITTEN, Act
from campaign.sandbox.vendors.sendbird import APP_ID, channel_url, user_id
from campaign.sandbox.webhooks.event import Event, json_event
from campaign.sandbox.webhooks.subscriptions import Webhook

_SIGNATURE = "x-sendbird-signature"
_IDS = UUID("5f0b0d3c-7c2b-4b53-9f44-6a1b1d0f8a13")


def events(entry: Entry, acts: Sequence[Act], hook: Webhook) -> Iterator[Event]:
    """Go through what is told of one conversation, in order."""

    def event(at: Any, category: str, conversation: dict[str, Any], **more: Any) -> Event:
        value = {
            "id": uuid5(_IDS, f"{entry.provider_id}|{category}|{zulu(at)}").hex,
            "app_id": APP_ID,
            "category": category,
            "created_at": zulu(at),
            "data": {"ai_agent_id": entry.agent, "conversation": conversation, **more},
        }
        return json_event(at, value, hook.secret, _SIGNATURE)

    is_open = _conversation(entry)
    yield event(entry.begins, "conversation:started", is_open)
    responded = False
    for place, act in enumerate(acts, 1):
        responded = responded or act.does in RESPONSES
        if act.does in WRITTEN:
            message = {"message_id": int(entry.provider_id) * 100 + place, "content": act.text}
            yield event(act.at, "message:user_sent", is_open, message=message, sent_at=zulu(act.at))
        elif act.does == "closed":
            ended = {
                "status": "closed",
                "closed_at": zulu(act.at),
                "closed_reason": "user_resolved" if responded else "auto",
            }
            yield event(act.at, "conversation:closed", is_open | ended)


def _conversation(entry: Entry) -> dict[str, Any]:
    number = entry.provider_id
    return {
        "id": int(number),
        "user_id": user_id(number, entry.channel, entry.to),
        "channel_url": channel_url(number),
        "channel_type": entry.channel,
        "started_at": zulu(entry.begins),
        "status": "open",
        "ai_agent_context": {
            "language": "en-US",
            "country": None,
            "context": {"phone_number": entry.to} if entry.channel == "sms" else {},
        },
    }
