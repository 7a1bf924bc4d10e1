"""Whose turn it is to write: the workers of a run write into a ledger's file one after the other.

SQLite lets one process write at a time, and lets the others ask again and again: whoever asks more
rarely may wait for seconds. Waiting for a lock, one is woken as soon as it is free. Invariant: the
lock orders the writers and protects nothing. A system or a file system without it is slower, and a
worker that dies gives it back.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]


class Turns:
    """Turns by a lock on a file that every worker can read, and of which nothing is read here."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("rb")

    def close(self) -> None:
        """Take no more turns."""
        self._file.close()

    @contextmanager
    def mine(self) -> Iterator[None]:
        """Wait for a turn, and keep it while the block lasts."""
        self._lock(wait=True)
        try:
            yield
        finally:
            self._lock(wait=False)

    def _lock(self, *, wait: bool) -> None:
        if fcntl is not None:
            with suppress(OSError):
                fcntl.flock(self._file, fcntl.LOCK_EX if wait else fcntl.LOCK_UN)
