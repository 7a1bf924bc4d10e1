"""Conversations, contacts and messages as Whippy shows them, in its look-ups and its webhooks.

From its OpenAPI description, the types of its own client and the samples of its own integration:
a message is ``sent``, ``delivered`` or ``failed``; of reading, reactions and codes none tells.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID, uuid5

from campaign.sandbox.clock import zulu
from campaign.sandbox.journal import Entry
from campaign.sandbox.people.people import WRITTEN, Act

_IDS = UUID("5f0b0d3c-7c2b-4b53-9f44-6a1b1d0f8a11")
_STATUS = {"delivered": "delivered", "read": "delivered", "undelivered": "failed"}


class Thread(NamedTuple):
    """A conversation: the contact's address and the sender."""

    to: str
    sender: str

    @classmethod
    def of(cls, entry: Entry) -> Thread:
        """Return where an entry belongs."""
        return cls(entry.to, entry.sender or "")

    @property
    def id(self) -> str:
        """The conversation's id."""
        return made_id("conversation", *self)


def made_id(*what: str) -> str:
    """Return an id, the same one for the same thing always."""
    return str(uuid5(_IDS, "|".join(what)))


def contact(to: str) -> dict[str, Any]:
    """Describe a contact; nobody has a name here."""
    is_email = "@" in to
    return {
        "id": made_id("contact", to),
        "name": None,
        "email": to if is_email else None,
        "phone": None if is_email else to,
        "blocked": False,
        "state": "open",
    }


def conversation(thread: Thread, sessions: Sequence[tuple[Entry, Sequence[Act]]]) -> dict[str, Any]:
    """Describe a conversation by its sessions in order; the last one says if it is over."""
    newest, last = sessions[-1]
    closed = next((act for act in last if act.does == "closed"), None)
    times = [when for entry, acts in sessions for when, _ in messages(entry, acts)]
    changes = [newest.begins, *times] + ([] if closed is None else [closed.at])
    return {
        "id": thread.id,
        "assigned_team_id": None,
        "assigned_user_id": None,
        "channel_id": made_id("channel", thread.sender),
        "channel_type": newest.channel,
        "contact_id": made_id("contact", thread.to),
        "status": "open" if closed is None else "closed",
        "unread_count": 0,
        "last_message_date": zulu(max(times)) if times else None,
        "created_at": zulu(sessions[0][0].begins),
        "updated_at": zulu(max(changes)),
    }


def messages(entry: Entry, acts: Sequence[Act]) -> Iterator[tuple[datetime, dict[str, Any]]]:
    """Go through what was written in a session, each with its time: ours, then the contact's."""
    if entry.message_sent:
        yield entry.begins, outbound(entry, acts)
    for act in acts:
        if act.does in WRITTEN:
            yield act.at, inbound(entry, act)


def outbound(entry: Entry, acts: Sequence[Act]) -> dict[str, Any]:
    """Describe the agent's first message, as far as it has come."""
    told = [_STATUS[act.does] for act in acts if act.does in _STATUS]
    return {
        **_message(entry, entry.provider_id, entry.begins),
        "body": "What the agent wrote first.",
        "from": entry.sender,
        "to": entry.to,
        "direction": "OUTBOUND",
        "delivery_status": told[-1] if told else "sent",
    }


def inbound(entry: Entry, act: Act) -> dict[str, Any]:
    """Describe what the contact wrote."""
    return {
        **_message(entry, f"{entry.provider_id}|{zulu(act.at)}", act.at),
        "body": act.text,
        "from": entry.to,
        "to": entry.sender,
        "direction": "INBOUND",
        "delivery_status": "delivered",
    }


def _message(entry: Entry, name: str, at: datetime) -> dict[str, Any]:
    thread = Thread.of(entry)
    return {
        "id": made_id("message", name),
        "conversation_id": thread.id,
        "contact_id": made_id("contact", thread.to),
        "channel_id": made_id("channel", thread.sender),
        "attachments": [],
        "created_at": zulu(at),
    }
