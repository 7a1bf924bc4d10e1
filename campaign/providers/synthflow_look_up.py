"""Synthflow's list of chats, for what its objects happen to carry.

Source: API reference "List chats" and "Get a chat". Neither shows a phone number in a chat, nor
says that outbound chats are listed, nor in which order; so an object counts only if it carries the
recipient's number, under whatever name, and silence says nothing.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

import httpx

from campaign.providers import http
from campaign.providers.asking import (
    SKEW,
    Asking,
    Unanswered,
    digits,
    mappings,
    same_text,
)
from campaign.providers.base import JsonProvider
from campaign.providers.look_up import Finding, Questions, Sought, Verdict, Wait
from campaign.providers.synthflow_chats import (
    PAGE,
    Chat,
    all_older,
    cursor_in,
    list_in,
    start_of,
)

_MOST_PAGES = 200
# So many chats are opened to see whether a chat carries any number; if none does, no more are.
_PROBES = 3
_NUMBER = re.compile(r"(?:[a-z]+:)?\+\d[\d ().-]{5,18}")
# What people and the agent said; a number in there is not whom the chat is with.
_SAID = frozenset({"conversation_history", "transcript", "messages"})
_KEPT = ("chat_id", "conversation_id", "chat_status", "start_timestamp")


class SynthflowChats(Asking):
    """``GET /v2/chat``, for all recipients together."""

    title = "Synthflow's list of chats"
    authoritative = False
    delay = timedelta(hours=1)
    together = True
    rate = 1.0

    def __init__(self, provider: JsonProvider[Any], agent_id: str) -> None:
        super().__init__("Synthflow", provider.clean)
        self._provider = provider
        self._agent = agent_id

    def answer(self, sought: Sequence[Sought]) -> Questions:
        """Read the chats since the earliest attempt, and look for the recipients' numbers."""
        since = min(one.attempted_at for one in sought) - SKEW
        wanted = frozenset(digits(one.address) for one in sought)
        listed = yield from self._listed(since)
        recent: list[Chat] = []
        older: list[Chat] = []
        for chat in listed:
            start = start_of(chat)
            (recent if start is None or start >= since else older).append(chat)
        # What is older is not opened; it may still show that a clock was wrong.
        chats = [*(yield from self._opened(recent, wanted)), *older]
        named = {number for chat in chats for number in _numbers(chat, wanted)}
        return [self._finding(one, chats, bool(named)) for one in sought]

    def _finding(self, one: Sought, chats: Sequence[Chat], carries_numbers: bool) -> Finding:
        number = frozenset({digits(one.address)})
        theirs = (chat for chat in chats if not number.isdisjoint(_numbers(chat, number)))
        found, doubtful = self.match(
            one, ((start_of(chat), _says(chat, one.text), chat) for chat in theirs)
        )
        if found is not None:
            name = self._name(found)
            detail = self.clean(f"Synthflow lists a chat with this number, {name or 'no id'}")
            evidence = self.kept(found, _KEPT)
            return Finding(one.recipient, Verdict.FOUND, detail, name, evidence)
        if doubtful:
            detail = (
                "Synthflow lists a chat with this number, but it is not certain to be this one: "
                "another text, shortly before or much later"
            )
            return self.undecided(one, detail)
        if not carries_numbers:
            detail = "Synthflow lists no chat since then that carries a number to tell whose it is"
            return self.undecided(one, detail)
        detail = "Synthflow lists no chat with this number since then"
        return Finding(one.recipient, Verdict.ABSENT, detail)

    def _listed(
        self, since: datetime
    ) -> Generator[httpx.Request | Wait, httpx.Response | None, list[Chat]]:
        """Read the list, as far back as needed.

        Raises:
            Unanswered: it is longer than can be read, or a part of it cannot be understood.
        """
        found: list[Chat] = []
        params = {"agent_id": self._agent, "limit": str(PAGE)}
        cursors = set()
        for _ in range(_MOST_PAGES):
            response = yield self._provider.question("GET", "/v2/chat", params=params)
            page = self.json_of(response)
            items = list_in(page)
            if items is None or len(chats := mappings(items)) < len(items):
                raise self.odd("no list of chats", response)
            found += chats
            cursor = cursor_in(page)
            if cursor is None or cursor in cursors or not chats or all_older(chats, since):
                return found
            cursors.add(cursor)
            params = {**params, "cursor": cursor}
        raise Unanswered(f"Synthflow lists more than {len(found)} chats")

    def _opened(
        self, listed: Sequence[Chat], wanted: frozenset[str]
    ) -> Generator[httpx.Request | Wait, httpx.Response | None, list[Chat]]:
        """Open the chats that name nobody in the list, unless opening one is seen not to help."""
        chats: list[Chat] = []
        opened, helped = 0, False
        for chat in listed:
            name = self._name(chat)
            silent = next(_numbers(chat, wanted), None) is None
            if name is None or not silent or (opened >= _PROBES and not helped):
                chats.append(chat)
                continue
            path = f"/v2/chat/{quote(name, safe='')}"
            response = yield self._provider.question("GET", path)
            opened += 1
            whole = http.json_of(response) if response and response.is_success else None
            inner = whole.get("response") if isinstance(whole, Mapping) else None
            # A chat that cannot be opened names nobody; its place in the list stays.
            merged = {**chat, **inner} if isinstance(inner, Mapping) else chat
            helped = helped or next(_numbers(merged, wanted), None) is not None
            chats.append(merged)
        return chats

    def _name(self, chat: Chat) -> str | None:
        return self.word(chat.get("chat_id")) or self.word(chat.get("id"))


def _numbers(value: object, wanted: frozenset[str]) -> Iterator[str]:
    """Yield the digits of the phone numbers that an object carries, however deep."""
    waiting: list[object] = [value]
    while waiting:
        part = waiting.pop()
        if isinstance(part, Mapping):
            waiting += [inner for name, inner in part.items() if name not in _SAID]
        elif isinstance(part, list):
            waiting += part
        # Without a + it may be an id or a time, unless it is exactly whom we look for.
        elif isinstance(part, str) and (_NUMBER.fullmatch(part) or part in wanted):
            yield digits(part)


def _says(chat: Chat, text: str | None) -> bool:
    """Say whether a chat may hold this text: nothing speaks against one that shows no texts."""
    history = chat.get("conversation_history")
    said = [
        entry.get("message") for entry in mappings(history if isinstance(history, list) else ())
    ]
    return not said or any(same_text(text, message) for message in said)
