"""Whippy's events, from "Webhooks" in its documentation and the samples of its own integration.

The page says that they are signed with the API key and not how; assumed is HMAC-SHA256 of the body
in ``x-whippy-signature``. A conversation names its contact by an id alone, as the samples do.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from campaign.sandbox.clock import zulu
from campaign.sandbox.journal import Entry
from campaign.sandbox.lookups import whippy_rows as rows
from campaign.sandbox.people.people import WRITTEN, Act, failed_to_begin
from campaign.sandbox.webhooks.event import Event, json_event
from campaign.sandbox.webhooks.subscriptions import Webhook

_SIGNATURE = "x-whippy-signature"
_IDS = UUID("5f0b0d3c-7c2b-4b53-9f44-6a1b1d0f8a14")
_REPORTS = ("delivered", "undelivered")

_NOT_OF_A_CAMPAIGN = dict.fromkeys(
    (
        "step_id",
        "language",
        "campaign_id",
        "sequence_id",
        "step_contact_id",
        "translated_body",
        "campaign_contact_id",
        "translation_language",
    )
)


def events(entry: Entry, acts: Sequence[Act], hook: Webhook) -> Iterator[Event]:
    """Go through what is told of one session, in order."""

    def event(at: datetime, name: str, data: dict[str, Any]) -> Event:
        request = str(uuid5(_IDS, f"{entry.provider_id}|{name}|{zulu(at)}"))
        value = {"data": data, "event": name, "request_id": request}
        return json_event(at, value, hook.secret, _SIGNATURE)

    if failed_to_begin(acts):
        return
    yield event(entry.begins, "message.created", _message(rows.outbound(entry, ()), entry.begins))
    for place, act in enumerate(acts, 1):
        if act.does in _REPORTS:
            data = _message(rows.outbound(entry, acts[:place]), act.at)
            yield event(act.at, "message.updated", data)
        elif act.does in WRITTEN:
            yield event(act.at, "message.created", _message(rows.inbound(entry, act), act.at))
        elif act.does == "closed":
            data = rows.conversation(rows.Thread.of(entry), [(entry, acts[:place])])
            yield event(act.at, "conversation.updated", data)


def _message(row: dict[str, Any], changed: datetime) -> dict[str, Any]:
    return {**row, **_NOT_OF_A_CAMPAIGN, "updated_at": zulu(changed)}
