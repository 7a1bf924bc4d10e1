"""Synthflow's chats as its list and a look at one show them.

Source: API reference "List chats" and "Get a chat". Where the list and the next cursor stand in the
answer is not shown, nor the form of a time: the samples have an empty object in its place.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeAlias

from campaign.providers import http
from campaign.providers.asking import moment

PAGE = 50
"""How many chats are asked for at once."""

Chat: TypeAlias = Mapping[str, Any]


def start_of(chat: Chat) -> datetime | None:
    """Return when a chat began, as far as it says so."""
    names = ("start_timestamp", "started_at", "created_at")
    return next((at for name in names if (at := moment(chat.get(name))) is not None), None)


def all_older(chats: Sequence[Chat], since: datetime) -> bool:
    """Say whether no later page can matter: all are too old, and they do not become younger."""
    starts = [start_of(chat) for chat in chats]
    known = [start for start in starts if start is not None]
    if len(known) < len(starts) or max(known) >= since:
        return False
    return len(known) > 1 and known[0] > known[-1]


def list_in(page: object) -> list[object] | None:
    """Return the list of chats; the page shows ``{"status", "response"}`` and not where it is."""
    inner = page.get("response", page) if isinstance(page, Mapping) else page
    if isinstance(inner, list):
        return inner
    if not isinstance(inner, Mapping):
        return None
    lists = [value for value in inner.values() if isinstance(value, list)]
    return lists[0] if len(lists) == 1 else None


def cursor_in(page: object) -> str | None:
    """Return where the next page starts; only the parameter's name, ``cursor``, is documented."""
    for holder in _holders(page):
        for name in ("next_cursor", "cursor", "next"):
            cursor = holder.get(name)
            if isinstance(cursor, str) and cursor:
                return http.storable(cursor)
    return None


def _holders(page: object) -> Iterator[Mapping[str, Any]]:
    if isinstance(page, Mapping):
        yield page
        for name in ("response", "pagination"):
            yield from _holders(page.get(name))
