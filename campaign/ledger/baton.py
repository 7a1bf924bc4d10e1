"""A lock that one thread may take and another give back, for work that is done by two.

Invariant: while it is laid down nobody holds it and nobody gets it, not even who laid it down.
"""

from __future__ import annotations

from threading import Lock, get_ident
from types import TracebackType


class Baton:
    """Held by one thread at a time, which may take it again; ``with`` waits for it."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._holder: int | None = None
        self._times = 0

    def __enter__(self) -> None:
        if self._holder != get_ident():  # what others write there is never this thread's number
            self._lock.acquire()
            self._holder = get_ident()
        self._times += 1

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.give_back()

    def give_back(self) -> None:
        """Give it back as often as it was taken, for others to take it."""
        self._times -= 1
        if not self._times:
            self._holder = None
            self._lock.release()

    def take_if_free(self) -> bool:
        """Take it and return true, or return false at once."""
        if self._holder == get_ident() or not self._lock.acquire(blocking=False):
            return False
        self._holder, self._times = get_ident(), 1
        return True

    def lay_down(self) -> None:
        """Hold it no more, and let nobody take it but by :meth:`pick_up`."""
        self._holder = None

    def pick_up(self) -> None:
        """Hold what was laid down."""
        self._holder = get_ident()
