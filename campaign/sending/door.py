"""The door to the vendor: where a rate is kept whatever came between a slot and the first byte.

A claim has to be written and a connection to stand before a request leaves. A ledger that stood
still for a second, or a name that took a second to be found, would let all leave at once who had
their slots meanwhile. Invariants: no second holds more requests than the rate allows, counted where
they leave; who comes first leaves first; nothing is awaited where there is room.
"""

from __future__ import annotations

import time

import anyio

from campaign.sending.slots import Window


class Door:
    """Lets ``rate`` messages a second out, of each sender ``per_sender`` where that is said."""

    def __init__(self, rate: float, per_sender: float | None = None) -> None:
        self._all = Window(rate)
        self._per_sender = per_sender
        self._of_sender: dict[str | None, Window] = {}
        self._line = anyio.Lock()
        self._in_line = 0

    async def through(self, messages: int, sender: str | None) -> bool:
        """Wait until so many messages, in one request of this sender, may leave; they leave now.

        Return whether there was anything to wait for.
        """
        windows = self._windows(sender)
        if not self._in_line and self._let(windows, messages):
            return False
        self._in_line += 1
        try:
            async with self._line:
                while not self._let(windows, messages):
                    now = time.monotonic()
                    at = max(window.free_at(messages, now) for window in windows)
                    await anyio.sleep(max(at - now, 0.0))
        finally:
            self._in_line -= 1
        return True

    def _windows(self, sender: str | None) -> list[Window]:
        if self._per_sender is None:
            return [self._all]
        found = self._of_sender.get(sender)
        if found is None:
            found = self._of_sender[sender] = Window(self._per_sender)
        return [self._all, found]

    def _let(self, windows: list[Window], messages: int) -> bool:
        now = time.monotonic()
        if any(window.free_at(messages, now) > now for window in windows):
            return False
        for window in windows:
            window.leave(messages, now)
        return True
