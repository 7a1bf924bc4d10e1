"""What Synthflow's chats say afterwards: who replied, and which chat is over.

Source: API reference "List chats" and "Get a chat". Whether outbound chats are listed, whether a
``conversation_id`` is their ``chat_id``, and the form of a time are not said, so what cannot be
read is left out. No time of the end is documented: the last one in the chat stands for it, which
may be too early and is the only one that anybody tells.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import quote

import httpx

from campaign.providers.asking import CLOCK_MAY_BE_WRONG, first_text, mappings, moment
from campaign.providers.base import JsonProvider
from campaign.providers.heard import About, Happening, Heard, Page, Steps
from campaign.providers.look_up import Wait
from campaign.providers.polling import Polling, first_of
from campaign.providers.synthflow_chats import (
    PAGE,
    Chat,
    all_older,
    cursor_in,
    list_in,
    start_of,
)

_IDS = ("chat_id", "conversation_id", "id")
_OVER = frozenset({"completed", "cancelled"})
_ENDS = ("end_timestamp", "ended_at", "completed_at", "closed_at")
# No name of a number is documented; these are those that the request has, and Twilio's.
_THEIRS = ("to_number", "phone_number", "user_phone_number", "to")
_OURS = ("from_number", "from")
# A time may be an object: the samples have an empty one.
_IN_A_TIME = ("$date", "value", "iso", "seconds", "_seconds")


class SynthflowConversations(Polling):
    """``GET /v2/chat``, and ``GET /v2/chat/{chat_id}`` of those that it shows without texts."""

    title = "Synthflow's list of chats"
    each = False
    rate = 1.0

    def __init__(self, provider: JsonProvider[Any], agent_id: str) -> None:
        super().__init__("Synthflow", provider.clean)
        self._provider = provider
        self._agent = agent_id

    def read(self, about: About, cursor: str | None) -> Steps:
        """Read one page of the list, and open its chats."""
        params = {"agent_id": self._agent, "limit": str(PAGE)}
        if cursor is not None:
            params["cursor"] = cursor
        response = yield self._provider.question("GET", "/v2/chat", params=params)
        page = self.json_of(response)
        items = list_in(page)
        if items is None or len(chats := mappings(items)) < len(items):
            raise self.odd("no list of chats", response)
        earliest = about.since - CLOCK_MAY_BE_WRONG
        heard: list[Heard] = []
        for chat in chats:
            start = start_of(chat)
            if start is None or start >= earliest:
                whole = yield from self._opened(chat)
                heard += self._heard(whole, about)
        following = cursor_in(page)
        if not chats or following == cursor or all_older(chats, earliest):
            following = None
        return Page(heard, following)

    def _opened(self, chat: Chat) -> Generator[httpx.Request | Wait, httpx.Response | None, Chat]:
        """Return a chat with what was said in it, as far as it can be opened."""
        name = self.word(chat.get("chat_id")) or self.word(chat.get("id"))
        if name is None or isinstance(chat.get("conversation_history"), list):
            return chat
        response = yield self._provider.question("GET", f"/v2/chat/{quote(name, safe='')}")
        # A key that is refused, or a vendor that is too busy, must not look like silence.
        if response is None or response.status_code not in (400, 404):
            whole = self.json_of(response)
            inner = whole.get("response") if isinstance(whole, Mapping) else None
            if isinstance(inner, Mapping):
                return {**chat, **inner}
        return chat

    def _heard(self, chat: Chat, about: About) -> Iterator[Heard]:
        ids = tuple(filter(None, (self.word(chat.get(name)) for name in _IDS)))
        if not ids:
            return
        began = start_of(chat)
        address, sender = first_text(chat, *_THEIRS), first_text(chat, *_OURS)
        history = chat.get("conversation_history")
        last: datetime | None = None
        for entry in mappings(history if isinstance(history, list) else ()):
            at = _time(entry.get("timestamp"))
            if at is None:
                continue
            last = at if last is None else max(last, at)
            if entry.get("agent_id") == "user":
                yield Heard(
                    Happening.REPLIED,
                    at,
                    ids,
                    address,
                    sender,
                    about.channel,
                    began,
                    first_text(entry, "message"),
                )
        status = chat.get("chat_status")
        over = isinstance(status, str) and status.casefold() in _OVER
        end = first_of(*(_time(chat.get(name)) for name in _ENDS), last)
        if over and end is not None:
            yield Heard(Happening.CLOSED, end, ids, address, sender, about.channel, began)


def _time(value: object) -> datetime | None:
    if isinstance(value, Mapping):
        return first_of(*(moment(value.get(name)) for name in _IN_A_TIME))
    return moment(value)
