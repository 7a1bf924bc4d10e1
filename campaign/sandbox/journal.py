"""What the sandbox accepted: the ground truth against which a ledger is compared.

An entry exists exactly when the vendor accepted a recipient, and it is written before the first
byte of the answer leaves. A refusal, and a connection lost before acceptance, leave none.
"""

from __future__ import annotations

import json
import os
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from operator import attrgetter
from pathlib import Path
from threading import Lock
from typing import Any

from campaign.sandbox.clock import Clock, iso, moment


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """One accepted recipient, as the vendor's module knows it.

    ``provider_id`` is the id the answer gives (or would have given), ``scheduled_at`` the time
    the request asked for, ``message_sent`` whether the recipient gets a message because of it,
    now or then. ``request`` is the body alone: headers hold keys and are never kept.
    """

    channel: str
    to: str
    sender: str | None
    agent: str | None
    provider_id: str
    message_sent: bool
    scheduled_at: str | None = None
    message_id: str | None = None
    request: Mapping[str, Any]


_NUMBER = attrgetter("number")
_DRAFTED = tuple(field.name for field in fields(Draft))


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry(Draft):
    """A draft with its place in the journal: ``number`` counts from 1, ``time`` is ISO 8601 UTC."""

    number: int
    time: str
    vendor: str

    def as_dict(self) -> dict[str, Any]:
        """Return the entry as one flat JSON object, place first."""
        return {name: getattr(self, name) for name in ("number", "time", "vendor", *_DRAFTED)}

    @property
    def begins(self) -> datetime:
        """When the message goes out: at once, or when it was asked for."""
        return moment(self.scheduled_at or self.time)


class Index:
    """Where in the journal something is: by vendor, by recipient, by the vendor's id.

    Each list is in the order of the numbers. A look-up would otherwise read a whole campaign.
    """

    def __init__(self) -> None:
        self._of: dict[str, list[Entry]] = {}
        self._to: dict[tuple[str, str], list[Entry]] = {}
        self._with_id: dict[tuple[str, str], Entry] = {}

    def add(self, entries: Sequence[Entry]) -> None:
        """Take in new entries."""
        for entry in entries:
            self._of.setdefault(entry.vendor, []).append(entry)
            self._to.setdefault((entry.vendor, entry.to.lstrip("+")), []).append(entry)
            self._with_id[entry.vendor, entry.provider_id] = entry

    def of(self, vendor: str) -> list[Entry]:
        """Return everything of one vendor."""
        return self._of.get(vendor, [])

    def to(self, vendor: str, address: str) -> list[Entry]:
        """Return everything for one address."""
        return self._to.get((vendor, address.lstrip("+")), [])

    def with_id(self, vendor: str, provider_id: str) -> Entry | None:
        """Return the entry with that id."""
        return self._with_id.get((vendor, provider_id))


class Journal:
    """The accepted sends in order; safe to read from any thread while the server writes."""

    def __init__(self, path: Path | None = None, now: Callable[[], datetime] | None = None) -> None:
        self._now = now or Clock().now
        self._lock = Lock()
        self._entries: list[Entry] = []
        self._index = Index()
        self._last = 0
        # Unbuffered and appending: a line is in the file when write returns, whole, even if
        # the process is killed right after the answer left.
        self._file = None if path is None else path.open("ab", buffering=0)
        if path is not None and self._file is not None and _is_torn(path):
            # Whoever wrote here last was killed within a line; the next one has its own.
            self._file.write(b"\n")

    def append(self, vendor: str, drafts: Sequence[Draft], now: datetime | None = None) -> None:
        """Write down what ``vendor`` accepted in one request, all of it or (on error) nothing.

        It was accepted ``now``, or at this very moment; never before what is written already.

        Raises:
            OSError: the file could not be written; then nothing was accepted.
        """
        with self._lock:
            time = iso(now or self._now())
            if self._entries:
                time = max(time, self._entries[-1].time)
            entries = [
                Entry(
                    number=number,
                    time=time,
                    vendor=vendor,
                    **{name: getattr(draft, name) for name in _DRAFTED},
                )
                for number, draft in enumerate(drafts, self._last + 1)
            ]
            if self._file is not None:
                self._file.write(b"".join(_line(entry) for entry in entries))
            self._entries += entries
            self._index.add(entries)
            self._last += len(entries)

    def load(self, entries: Sequence[Entry]) -> None:
        """Take in what an earlier sandbox accepted, numbered anew from where this one stands."""
        with self._lock:
            taken = [
                replace(entry, number=number)
                for number, entry in enumerate(entries, self._last + 1)
            ]
            self._entries += taken
            self._index.add(taken)
            self._last += len(taken)

    def entries(self, vendor: str | None = None, since: int = 0) -> list[Entry]:
        """Return the entries after number ``since``, of one vendor if it is named."""
        with self._lock:
            kept = self._entries if vendor is None else self._index.of(vendor)
            return kept[bisect_right(kept, since, key=_NUMBER) :]

    def sent_to(self, vendor: str, address: str) -> list[Entry]:
        """Return what ``vendor`` accepted for one address; a leading ``+`` makes no difference."""
        with self._lock:
            return list(self._index.to(vendor, address))

    def with_id(self, vendor: str, provider_id: str) -> Entry | None:
        """Return the entry with the id that the vendor gave, or None."""
        with self._lock:
            return self._index.with_id(vendor, provider_id)

    def place(self, entry: Entry) -> int:
        """Return how many of its vendor's sends to the same address came before an entry."""
        with self._lock:
            return bisect_left(self._index.to(entry.vendor, entry.to), entry.number, key=_NUMBER)

    @property
    def last(self) -> int:
        """The number of the newest entry, or 0; it never goes back."""
        with self._lock:
            return self._last

    def addresses(self, vendor: str | None = None) -> Counter[str]:
        """Count the accepted sends by recipient address."""
        return Counter(entry.to for entry in self.entries(vendor))

    def clear(self) -> None:
        """Forget the entries in memory; numbers go on, and the file keeps what it has."""
        with self._lock:
            self._entries.clear()
            self._index = Index()

    def close(self) -> None:
        """Close the file, if there is one."""
        if self._file is not None:
            self._file.close()

    def __len__(self) -> int:
        with self._lock:
            return len(self._entries)


class Counts:
    """How many requests came, refusals included, by vendor and by how they ended.

    An ending is a status code as text, ``dropped`` (closed without a byte of answer) or ``cut``
    (closed in the middle of the answer).
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._endings: dict[str, Counter[str]] = {}

    def add(self, vendor: str, ending: str) -> None:
        """Count one request."""
        with self._lock:
            self._endings.setdefault(vendor, Counter())[ending] += 1

    def as_dict(self) -> dict[str, Any]:
        """Return ``{"requests": total, "vendors": {vendor: {"requests", "endings"}}}``."""
        with self._lock:
            vendors = {
                vendor: {"requests": endings.total(), "endings": dict(endings)}
                for vendor, endings in self._endings.items()
            }
            total = sum(endings.total() for endings in self._endings.values())
        return {"requests": total, "vendors": vendors}

    def clear(self) -> None:
        """Start again from nothing."""
        with self._lock:
            self._endings.clear()


def _is_torn(path: Path) -> bool:
    with path.open("rb") as file:
        end = file.seek(0, os.SEEK_END)
        if end == 0:
            return False
        file.seek(end - 1)
        return file.read(1) != b"\n"


def _line(entry: Entry) -> bytes:
    return json.dumps(entry.as_dict(), ensure_ascii=False).encode() + b"\n"
