"""The sandbox's own time: that of this machine, and ahead of it by as much as it was told.

Invariant: it never goes back, also where the machine's own clock is set back, so that what has
happened stays happened.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from threading import Lock

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Clock:
    """Says what time it is in the sandbox; safe to ask and to advance from any thread."""

    def __init__(self, ahead: timedelta = timedelta(0)) -> None:
        self._lock = Lock()
        self._monotonic = time.monotonic()
        self._start = datetime.now(UTC) + ahead

    def now(self) -> datetime:
        """Return the time, in UTC."""
        with self._lock:
            return self._start + timedelta(seconds=time.monotonic() - self._monotonic)

    def advance(self, by: timedelta) -> None:
        """Let so much time pass at once.

        Raises:
            ValueError: ``by`` is negative.
            OverflowError: the year would have five digits.
        """
        if by < timedelta(0):
            raise ValueError("the sandbox's clock never goes back")
        with self._lock:
            self._start += by


def moment(text: str) -> datetime:
    """Read ISO 8601; a time without a zone is UTC.

    Raises:
        ValueError: it is none.
    """
    when = datetime.fromisoformat(text)
    return when if when.tzinfo is not None else when.replace(tzinfo=UTC)


def iso(when: datetime) -> str:
    """Write a time as the journal does: milliseconds, ``+00:00``. Such texts sort as times do."""
    return when.astimezone(UTC).isoformat(timespec="milliseconds")


def zulu(when: datetime) -> str:
    """Write a time with milliseconds and a ``Z``."""
    return iso(when).replace("+00:00", "Z")


def milliseconds(when: datetime) -> int:
    """Return Unix milliseconds, whole ones, as `iso` writes them."""
    return (when - _EPOCH) // timedelta(milliseconds=1)
