"""Whose turn it is to write: the workers of a run write into a ledger's file one after the other.

SQLite lets one process write at a time, and lets the others ask again and again, more and more
rarely: one of them may wait for seconds. Here all ask equally often. Invariant: the lock orders the
writers and protects nothing. A system or a file system without it is slower, a worker that dies
gives it back, and one that is suspended in its turn is not waited for without end: SQLite's own
lock keeps the writers apart then.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

_PATIENCE = 10.0
"""Seconds; far longer than any group takes that is being written."""
_ASK_AGAIN = 0.001


class Turns:
    """Turns by a lock on a file that every worker can read, and of which nothing is read here."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("rb")
        self._patience = _PATIENCE

    def close(self) -> None:
        """Take no more turns."""
        self._file.close()

    @contextmanager
    def mine(self) -> Iterator[None]:
        """Wait for a turn, though not for ever, and keep it while the block lasts."""
        self._wait()
        try:
            yield
        finally:
            if fcntl is not None:
                with suppress(OSError):
                    fcntl.flock(self._file, fcntl.LOCK_UN)

    def _wait(self) -> None:
        until = time.monotonic() + self._patience
        while not self._is_free():
            if time.monotonic() >= until:
                self._patience = 0.0  # nor is it waited for again, until it has gone on
                return
            time.sleep(_ASK_AGAIN)
        self._patience = _PATIENCE

    def _is_free(self) -> bool:
        """Take the turn if it is nobody's; where there is no such lock, everybody has it."""
        if fcntl is not None:
            try:
                fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return False
            except OSError:
                return True
        return True
