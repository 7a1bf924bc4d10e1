"""The door to the vendor: where a rate is kept whatever came between a slot and the first byte.

A claim has to be written and a connection to stand before a request leaves. A ledger that stood
still for a second, or a name that took a second to be found, would let all leave at once who had
their slots meanwhile. Invariants: no second holds more requests than the rate allows, counted where
they leave; who comes first leaves first; nothing is awaited where there is room, and all for whom
there is room leave in one turn of the event loop, however many are in the line.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter, deque
from dataclasses import dataclass

from campaign.sending.slots import Window


@dataclass(frozen=True, slots=True)
class _InLine:
    messages: int
    sender: str | None
    called: asyncio.Future[None]


class Door:
    """Lets ``rate`` messages a second out, of each sender ``per_sender`` where that is said."""

    def __init__(self, rate: float, per_sender: float | None = None) -> None:
        self._all = Window(rate)
        self._per_sender = per_sender
        self._of_sender: dict[str | None, Window] = {}
        self._line: deque[_InLine] = deque()
        self._called = Counter[str | None]()
        """Messages, by sender, that were called and have not left yet."""
        self._waiting = 0  # in the line, or called
        self._call_again: asyncio.Handle | None = None

    async def through(self, messages: int, sender: str | None) -> bool:
        """Wait until so many messages, in one request of this sender, may leave; they leave now.

        Return whether there was anything to wait for.
        """
        if not self._waiting and self._let(messages, sender):
            return False
        self._waiting += 1
        loop = asyncio.get_running_loop()
        mine = _InLine(messages, sender, loop.create_future())
        try:
            self._line.append(mine)
            while True:
                if self._call_again is None:
                    # Later: whoever was called before leaves first.
                    self._call_again = loop.call_soon(self._call)
                await mine.called
                self._called[sender] -= messages
                if self._let(messages, sender):
                    return True
                mine = _InLine(messages, sender, loop.create_future())
                self._line.appendleft(mine)
        except asyncio.CancelledError:
            if mine.called.done() and not mine.called.cancelled():
                self._called[sender] -= messages
            raise
        finally:
            self._waiting -= 1

    def _call(self) -> None:
        """Call those in the line for whom there is room, and come back for the others."""
        self._call_again = None
        now = time.monotonic()
        while self._line:
            first = self._line[0]
            if not first.called.done():  # else it waits no more
                at = self._free_at(first, now)
                if at > now:
                    loop = asyncio.get_running_loop()
                    self._call_again = loop.call_later(at - now, self._call)
                    return
                self._called[first.sender] += first.messages
                first.called.set_result(None)
            self._line.popleft()

    def _free_at(self, one: _InLine, now: float) -> float:
        """Return when there is room for one more, behind those who were called."""
        at = self._all.free_at(one.messages, now, self._called.total())
        if (own := self._own(one.sender)) is not None:
            at = max(at, own.free_at(one.messages, now, self._called[one.sender]))
        return at

    def _own(self, sender: str | None) -> Window | None:
        if self._per_sender is None:
            return None
        found = self._of_sender.get(sender)
        if found is None:
            found = self._of_sender[sender] = Window(self._per_sender)
        return found

    def _let(self, messages: int, sender: str | None) -> bool:
        now = time.monotonic()
        own = self._own(sender)
        if self._all.free_at(messages, now) > now:
            return False
        if own is not None:
            if own.free_at(messages, now) > now:
                return False
            own.leave(messages, now)
        self._all.leave(messages, now)
        return True
