"""Whippy's conversations, from its OpenAPI description and the types of its own MCP client.

What ``query`` searches, and the order of a list, neither of them says. Assumed are the contact's
address and name, and the newest first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid5

from campaign.sandbox.answers import Answer, Refusal, json_answer
from campaign.sandbox.config import WhippyConfig
from campaign.sandbox.journal import Entry
from campaign.sandbox.lookups.lookup import Lookup, Question, View, whole
from campaign.sandbox.vendors.whippy import Whippy, error, moment

_LIMIT = 50
_MOST = 500
_IDS = UUID("5f0b0d3c-7c2b-4b53-9f44-6a1b1d0f8a11")

_Thread = tuple[str, str]
"""A conversation: the contact's address and the sender."""


class WhippyConversations:
    """Conversations, one for each contact and sender, and the messages in them."""

    def __init__(self, config: WhippyConfig) -> None:
        self._carry_contact = config.conversations_carry_contact
        self._threads: dict[str, _Thread] = {}
        self._learned = 0

    def table(self) -> tuple[Lookup, ...]:
        """Return the look-ups."""
        return (
            Lookup("POST", "/v1/conversations/search", self.search),
            Lookup("GET", "/v1/conversations/{id}", self.one),
            Lookup("GET", "/v1/conversations/{id}/messages", self.messages),
            Lookup("POST", "/v1/contacts/search", self.contacts),
        )

    def search(self, question: Question) -> Answer:
        """Find conversations by the contact's phone number or email address."""
        body = _object(question)
        threads = self._found(question.view, _texts(body, "query"))
        conversations = [self._conversation(thread, entries) for thread, entries in threads]
        return _page(conversations, body)

    def contacts(self, question: Question) -> Answer:
        """Find contacts by ``phone`` or ``email``; nobody has a name here."""
        body = _object(question)
        asked = _texts(body, "phone", "email", "name")
        found = [_contact(thread[0]) for thread, _ in self._found(question.view, asked)]
        return _page(list({contact["id"]: contact for contact in found}.values()), body)

    def one(self, question: Question) -> Answer:
        """Show one conversation."""
        thread, entries = self._of_path(question)
        return json_answer(200, {"data": self._conversation(thread, entries)})

    def messages(self, question: Question) -> Answer:
        """List the messages of one conversation."""
        thread, entries = self._of_path(question)
        wrote = [_message(thread, entry) for entry in reversed(entries) if entry.message_sent]
        return _page(wrote, question.query)

    def _of_path(self, question: Question) -> tuple[_Thread, list[Entry]]:
        self._learn(question.view)
        thread = self._threads.get(question.path["id"])
        entries = [] if thread is None else _begun(question.view, thread)
        if thread is None or not entries:
            raise Refusal(error(404, "Conversation not found"))
        return thread, entries

    def _found(self, view: View, asked: Sequence[str]) -> list[tuple[_Thread, list[Entry]]]:
        """Return the conversations with whomever each text is a part of, newest first."""
        threads: dict[_Thread, None]
        if len(asked) == 1 and (known := view.to(Whippy.name, asked[0])):
            # The whole address: the journal knows where that is, and need not be read.
            threads = dict.fromkeys(map(_thread, known))
        else:
            wanted = [text.casefold() for text in asked]
            threads = dict.fromkeys(
                _thread(entry)
                for entry in view.of(Whippy.name)
                if all(text in entry.to.casefold() for text in wanted)
            )
        found = [(thread, entries) for thread in threads if (entries := _begun(view, thread))]
        return sorted(found, key=lambda pair: _time(pair[1][-1]), reverse=True)

    def _learn(self, view: View) -> None:
        """Note the ids of conversations that came since the last question about one."""
        for entry in view.of(Whippy.name, self._learned):
            thread = _thread(entry)
            self._threads[_id("conversation", *thread)] = thread
            self._learned = entry.number

    def _conversation(self, thread: _Thread, entries: Sequence[Entry]) -> dict[str, Any]:
        to, sender = thread
        wrote = [entry for entry in entries if entry.message_sent]
        contact = {"contact": _contact(to)} if self._carry_contact else {}
        return {
            "id": _id("conversation", *thread),
            "assigned_team_id": None,
            "assigned_user_id": None,
            "channel_id": _id("channel", sender),
            "channel_type": entries[-1].channel,
            "contact_id": _contact(to)["id"],
            **contact,
            "status": "open",
            "unread_count": 0,
            "last_message_date": _iso(_time(wrote[-1])) if wrote else None,
            "created_at": _iso(_time(entries[0])),
            "updated_at": _iso(_time(entries[-1])),
        }


def _thread(entry: Entry) -> _Thread:
    return entry.to, entry.sender or ""


def _begun(view: View, thread: _Thread) -> list[Entry]:
    """Return the sessions of a conversation that have begun, the first one first."""
    known = [entry for entry in view.to(Whippy.name, thread[0]) if _thread(entry) == thread]
    return sorted((entry for entry in known if _time(entry) <= view.until), key=_time)


def _time(entry: Entry) -> datetime:
    """Return when a session begins: at once, or when it was asked for."""
    return moment(entry.scheduled_at or entry.time)


def _contact(to: str) -> dict[str, Any]:
    is_email = "@" in to
    return {
        "id": _id("contact", to),
        "name": None,
        "email": to if is_email else None,
        "phone": None if is_email else to,
        "blocked": False,
        "state": "open",
    }


def _message(thread: _Thread, entry: Entry) -> dict[str, Any]:
    return {
        "id": _id("message", entry.provider_id),
        "conversation_id": _id("conversation", *thread),
        "contact_id": _id("contact", entry.to),
        "channel_id": _id("channel", entry.sender or ""),
        "body": "What the agent wrote first.",
        "from": entry.sender,
        "to": entry.to,
        "direction": "OUTBOUND",
        "delivery_status": "sent",
        "attachments": [],
        "created_at": _iso(_time(entry)),
    }


def _id(*what: str) -> str:
    return str(uuid5(_IDS, "|".join(what)))


def _iso(when: datetime) -> str:
    return when.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _object(question: Question) -> Mapping[str, Any]:
    if question.body is None:
        raise Refusal(error(400, "Bad Request"))
    return question.body


def _texts(body: Mapping[str, Any], *names: str) -> list[str]:
    given = {name: body[name] for name in names if name in body}
    for name, value in given.items():
        if not isinstance(value, str):
            raise Refusal(error(422, f"Invalid string: {name}"))
    return [value.strip() for value in given.values() if value.strip()]


def _page(rows: Sequence[object], asked: Mapping[str, Any]) -> Answer:
    """Answer with one page: ``limit`` rows from ``offset`` on, and how many there are."""
    limit = _number(asked, "limit", _LIMIT)
    offset = _number(asked, "offset", 0)
    if not 1 <= limit <= _MOST:
        raise Refusal(error(422, f"Must be from 1 to {_MOST}: limit"))
    return json_answer(200, {"data": rows[offset : offset + limit], "total": len(rows)})


def _number(asked: Mapping[str, Any], name: str, default: int) -> int:
    value = asked.get(name, default)
    number = whole(value) if isinstance(value, str) else value
    if not isinstance(number, int) or isinstance(number, bool) or number < 0:
        raise Refusal(error(422, f"Invalid integer: {name}"))
    return number
