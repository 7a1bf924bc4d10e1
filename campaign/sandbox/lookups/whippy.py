"""Whippy's conversations, from its OpenAPI description and the types of its own MCP client.

What ``query`` searches, and the order of a list, neither of them says. Assumed are the contact's
address and name, and the newest first. A scheduled session that failed to begin is nowhere.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

from campaign.sandbox.answers import Answer, Refusal, json_answer
from campaign.sandbox.config import WhippyConfig
from campaign.sandbox.journal import Entry
from campaign.sandbox.lookups.lookup import Lookup, Question, View, whole
from campaign.sandbox.lookups.whippy_rows import Thread, contact, conversation, messages
from campaign.sandbox.people.people import Act, failed_to_begin
from campaign.sandbox.vendors.whippy import Whippy, error

_LIMIT = 50
_MOST = 500

_Sessions: TypeAlias = Sequence[tuple[Entry, Sequence[Act]]]
"""What was begun in a conversation and what became of it, the first one first."""


class WhippyConversations:
    """Conversations, one for each contact and sender, and the messages in them."""

    def __init__(self, config: WhippyConfig) -> None:
        self._carry_contact = config.conversations_carry_contact
        self._threads: dict[str, Thread] = {}
        self._learned = 0

    def table(self) -> tuple[Lookup, ...]:
        """Return the look-ups."""
        return (
            Lookup("POST", "/v1/conversations/search", self.search),
            Lookup("GET", "/v1/conversations", self.list),
            Lookup("GET", "/v1/conversations/{id}", self.one),
            Lookup("GET", "/v1/conversations/{id}/messages", self.messages),
            Lookup("POST", "/v1/contacts/search", self.contacts),
        )

    def search(self, question: Question) -> Answer:
        """Find conversations by the contact's phone number or email address."""
        body = _object(question)
        found = self._found(question.view, _texts(body, "query"))
        return _page(found, body, lambda pair: self._conversation(*pair))

    def list(self, question: Question) -> Answer:
        """List all conversations, of one ``status[]`` or ``type[]`` if that is given."""
        query = question.query
        found = self._found(question.view, [])
        wanted = {
            member: query[name]
            for name, member in (("status[]", "status"), ("type[]", "channel_type"))
            if name in query
        }
        if not wanted:
            return _page(found, query, lambda pair: self._conversation(*pair))
        rows = [self._conversation(*pair) for pair in found]
        kept = [row for row in rows if all(row[name] == is_ for name, is_ in wanted.items())]
        return _page(kept, query, lambda row: row)

    def contacts(self, question: Question) -> Answer:
        """Find contacts by ``phone`` or ``email``; nobody has a name here."""
        body = _object(question)
        asked = _texts(body, "phone", "email", "name")
        found = dict.fromkeys(thread.to for thread, _ in self._found(question.view, asked))
        return _page([*found], body, contact)

    def one(self, question: Question) -> Answer:
        """Show one conversation."""
        return json_answer(200, {"data": self._conversation(*self._of_path(question))})

    def messages(self, question: Question) -> Answer:
        """List the messages of one conversation."""
        _, sessions = self._of_path(question)
        wrote = [said for entry, acts in sessions for said in messages(entry, acts)]
        wrote.sort(key=lambda said: said[0], reverse=True)
        return _page(wrote, question.query, lambda said: said[1])

    def _of_path(self, question: Question) -> tuple[Thread, _Sessions]:
        self._learn(question.view)
        thread = self._threads.get(question.path["id"])
        sessions = [] if thread is None else _begun(question.view, thread)
        if thread is None or not sessions:
            raise Refusal(error(404, "Conversation not found"))
        return thread, sessions

    def _found(self, view: View, asked: Sequence[str]) -> Sequence[tuple[Thread, _Sessions]]:
        """Return the conversations with whomever each text is a part of, newest first."""
        threads: dict[Thread, None]
        if len(asked) == 1 and (known := view.to(Whippy.name, asked[0])):
            # The whole address: the journal knows where that is, and need not be read.
            threads = dict.fromkeys(map(Thread.of, known))
        else:
            wanted = [text.casefold() for text in asked]
            threads = dict.fromkeys(
                Thread.of(entry)
                for entry in view.of(Whippy.name)
                if all(text in entry.to.casefold() for text in wanted)
            )
        found = [(thread, sessions) for thread in threads if (sessions := _begun(view, thread))]
        return sorted(found, key=lambda pair: pair[1][-1][0].begins, reverse=True)

    def _learn(self, view: View) -> None:
        """Note the ids of conversations that came since the last question about one."""
        for entry in view.of(Whippy.name, self._learned):
            thread = Thread.of(entry)
            self._threads[thread.id] = thread
            self._learned = entry.number

    def _conversation(self, thread: Thread, sessions: _Sessions) -> dict[str, Any]:
        carried = {"contact": contact(thread.to)} if self._carry_contact else {}
        return conversation(thread, sessions) | carried


def _begun(view: View, thread: Thread) -> _Sessions:
    """Return the sessions of a conversation that have begun, the first one first."""
    known = [entry for entry in view.to(Whippy.name, thread.to) if Thread.of(entry) == thread]
    begun = sorted(
        (entry for entry in known if entry.begins <= view.until), key=lambda entry: entry.begins
    )
    sessions = [(entry, view.acts(entry)) for entry in begun]
    return [session for session in sessions if not failed_to_begin(session[1])]


def _object(question: Question) -> Mapping[str, Any]:
    if question.body is None:
        raise Refusal(error(400, "Bad Request"))
    return question.body


def _texts(body: Mapping[str, Any], *names: str) -> Sequence[str]:
    given = {name: body[name] for name in names if name in body}
    for name, value in given.items():
        if not isinstance(value, str):
            raise Refusal(error(422, f"Invalid string: {name}"))
    return [value.strip() for value in given.values() if value.strip()]


def _page(rows: Sequence[Any], asked: Mapping[str, Any], shown: Callable[[Any], object]) -> Answer:
    """Answer with one page: ``limit`` rows from ``offset`` on, and how many there are."""
    limit = _number(asked, "limit", _LIMIT)
    offset = _number(asked, "offset", 0)
    if not 1 <= limit <= _MOST:
        raise Refusal(error(422, f"Must be from 1 to {_MOST}: limit"))
    page = [shown(row) for row in rows[offset : offset + limit]]
    return json_answer(200, {"data": page, "total": len(rows)})


def _number(asked: Mapping[str, Any], name: str, default: int) -> int:
    value = asked.get(name, default)
    number = whole(value) if isinstance(value, str) else value
    if not isinstance(number, int) or isinstance(number, bool) or number < 0:
        raise Refusal(error(422, f"Invalid integer: {name}"))
    return number
