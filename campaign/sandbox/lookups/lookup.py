"""One look-up: a question to a vendor, answered from what the journal says it accepted.

A look-up changes nothing that was accepted, and sees an entry only once the configured delay has
passed, as a vendor's search lags behind its sending.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from operator import attrgetter
from typing import Any

from campaign.sandbox.answers import Answer
from campaign.sandbox.clock import iso
from campaign.sandbox.journal import Entry, Journal
from campaign.sandbox.people.people import Act, People
from campaign.sandbox.vendors.vendor import Headers

_NUMBER = attrgetter("number")
_TIME = attrgetter("time")


class View:
    """What look-ups see at one moment: nothing that was accepted or happened after ``until``."""

    def __init__(self, journal: Journal, people: People, until: datetime) -> None:
        self._journal = journal
        self._people = people
        self.until = until
        # The journal writes every time alike, so that texts compare as times do.
        self._until = iso(until)

    @classmethod
    def at(cls, journal: Journal, people: People, now: datetime, delay: float) -> View:
        """See the journal, and what people did, ``delay`` seconds late."""
        return cls(journal, people, now - timedelta(seconds=delay))

    def of(self, vendor: str, since: int = 0) -> list[Entry]:
        """Return the entries of a vendor after number ``since``, in order."""
        return self._seen(self._journal.entries(vendor, since))

    def to(self, vendor: str, address: str) -> list[Entry]:
        """Return the entries for one address, in order."""
        return self._seen(self._journal.sent_to(vendor, address))

    def with_id(self, vendor: str, provider_id: str) -> Entry | None:
        """Return the entry with the vendor's id."""
        entry = self._journal.with_id(vendor, provider_id)
        return entry if entry is not None and entry.time <= self._until else None

    def acts(self, entry: Entry) -> tuple[Act, ...]:
        """Return what happened to an entry, in order."""
        return self._people.by(entry, self.until)

    def to_come(self, entry: Entry) -> tuple[Act, ...]:
        """Return everything that happens to an entry, also what cannot be seen yet."""
        return self._people.whole(entry)

    def _seen(self, entries: list[Entry]) -> list[Entry]:
        return entries[: bisect_right(entries, self._until, key=_TIME)]


@dataclass(frozen=True, slots=True)
class Question:
    """A look-up that came through the door: its parts, and what it may see.

    ``base`` is the URL that stands for the vendor's host; ``body`` is None where it is no JSON
    object.
    """

    path: Mapping[str, str]
    query: Mapping[str, str]
    body: Mapping[str, Any] | None
    headers: Headers
    base: str
    now: datetime
    view: View


@dataclass(frozen=True, slots=True)
class Lookup:
    """Where a look-up is asked, and what answers it (an answer, or a ``Refusal``)."""

    method: str
    path: str
    answer: Callable[[Question], Answer]
    needs_key: bool = True


def before(entries: list[Entry], number: int) -> list[Entry]:
    """Return the entries before ``number``, or all of them where it is 0."""
    return entries[: bisect_left(entries, number, key=_NUMBER)] if number else entries


def whole(text: str) -> int | None:
    """Read a whole number of at most nine digits, or None; a sign is no digit."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else None
