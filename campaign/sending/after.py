"""Things that come and mostly go again before their time is up, with one timer for them all.

Invariant: everything that is still here so many seconds after it came is acted on once. All wait
equally long, so they are due in the order in which they came: nothing is sorted, and no request
pays for a timer of its own.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

Thing = TypeVar("Thing", bound=Hashable)


class After(Generic[Thing]):
    """Calls ``act`` with each thing that was added and neither removed nor taken in time."""

    def __init__(self, seconds: float, act: Callable[[Thing], None]) -> None:
        self._seconds = seconds
        self._act = act
        self._due: dict[Thing, float] = {}
        self._timer: asyncio.TimerHandle | None = None

    def add(self, thing: Thing) -> None:
        """Take a thing; its time begins."""
        loop = asyncio.get_running_loop()
        self._due[thing] = due = loop.time() + self._seconds
        if self._timer is None:
            self._timer = loop.call_at(due, self._look)

    def remove(self, thing: Thing) -> None:
        """Let go of a thing, if it is still here."""
        self._due.pop(thing, None)

    def take_latest(self) -> Thing | None:
        """Take out what came last, if there is anything."""
        return self._due.popitem()[0] if self._due else None

    def stop(self) -> None:
        """Let go of everything."""
        self._due.clear()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _look(self) -> None:
        loop = asyncio.get_running_loop()
        now = loop.time()
        self._timer = None
        over = []
        for thing, due in self._due.items():
            if due > now:
                self._timer = loop.call_at(due, self._look)
                break
            over.append(thing)
        for thing in over:
            if self._due.pop(thing, None) is not None:
                self._act(thing)
