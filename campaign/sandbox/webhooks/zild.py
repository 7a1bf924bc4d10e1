"""Zild's event "Conversation Ended", from "Integrations" in the guide to its administration.

No page prints what is posted, nor a signature. Assumed is the conversation as the API returns it,
with everything that was said in it; what proves where it is from is a token in the address.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from campaign.sandbox.clock import zulu
from campaign.sandbox.journal import Entry
from campaign.sandbox.people.people import WRITTEN, Act
from campaign.sandbox.vendors import zild
from campaign.sandbox.webhooks.event import Event, json_event
from campaign.sandbox.webhooks.subscriptions import Webhook


def events(entry: Entry, acts: Sequence[Act], hook: Webhook) -> Iterator[Event]:
    """Tell of the end of a conversation, once it has come."""
    del hook
    for place, act in enumerate(acts, 1):
        if act.does == "closed":
            yield json_event(act.at, _ended(entry, acts[:place], zulu(act.at)))


def _ended(entry: Entry, acts: Sequence[Act], finished: str) -> dict[str, Any]:
    number, body = int(entry.provider_id), entry.request
    began = zulu(entry.begins)
    first = zild.first_message(number + 1, number, body, entry.to, entry.message_id, began)
    did = {act.does for act in acts}
    first |= {
        "delivered": "delivered" in did,
        "read": "read" in did,
        "errorCode": next((act.code for act in acts if act.does == "undelivered"), None),
    }
    written = [act for act in acts if act.does in WRITTEN]
    answers = [
        {
            **zild.message(number + 1 + place, number, entry.to, zild.sender(body), zulu(act.at)),
            "content": act.text,
        }
        for place, act in enumerate(written, 1)
    ]
    ended = zild.conversation(number, body, began, finished, [first, *answers])
    if written:
        ended["lastMessageContent"] = written[-1].text
    return ended
