"""How fast: the asked rate, and pauses when the vendor asks for one.

Invariant: one dispatcher asks for a place for every message, so that a pause never releases a
crowd that waited behind it.
"""

from __future__ import annotations

import math
import random
import time

import anyio
from aiolimiter import AsyncLimiter

_BURST_SHARE = 0.02
_SINGLE_BELOW = 10.0


class Pace:
    """Lets ``rate`` messages a second through, evenly.

    The limiter is a leaky bucket of a few messages: an empty one lets its content through at once,
    so a full second's worth would send twice the rate in the first second, and a bucket of one
    loses time to the clock's grain above about ten a second.
    """

    def __init__(self, rate: float) -> None:
        burst = 1.0 if rate < _SINGLE_BELOW else max(2.0, rate * _BURST_SHARE)
        self._burst = int(burst)
        self._limiter = AsyncLimiter(self._burst, self._burst / rate)

    async def take(self, messages: int) -> None:
        """Wait until that many messages may leave."""
        while messages > 0:
            some = min(messages, self._burst)
            await self._limiter.acquire(some)
            messages -= some


class Pause:
    """When the sender may send again, and how often in a row it could not.

    The waits double from what the vendor asks for, or else from ``first``, up to ``longest``
    seconds, and are never shorter than what the vendor asks for. Those that are our own are spread
    by up to a quarter, so that several senders do not come back together.
    """

    def __init__(self, first: float, longest: float) -> None:
        self._first = first
        self._longest = longest
        self._began = -math.inf
        self._until = -math.inf
        self.in_a_row = 0

    @property
    def seconds(self) -> float:
        """Return how long the sender still has to wait."""
        return max(0.0, self._until - time.monotonic())

    def begin(self, asked: float | None, let_go_at: float) -> bool:
        """Pause; return whether this is a new trouble.

        ``asked`` is what the vendor said, in seconds; ``let_go_at`` when the sender let the
        request go, on the monotonic clock. Answers to requests that were already under way when
        the last pause began belong to the same trouble: they can lengthen it when the vendor says
        so, but do not count again.
        """
        now = time.monotonic()
        if let_go_at <= self._began:
            self._until = max(self._until, now + (asked or 0.0))
            return False
        # A vendor that says the same short time again and again does not mean it.
        doubled = min((asked or self._first) * 2.0 ** min(self.in_a_row, 30), self._longest)
        spread = 1.0 if asked else random.uniform(1.0, 1.25)  # noqa: S311 - a wait
        self.in_a_row += 1
        self._began = now
        self._until = max(self._until, now + max(asked or 0.0, doubled * spread))
        return True

    def over(self, let_go_at: float) -> None:
        """Note that the vendor took or refused a message: the trouble is over.

        A request that left before the trouble began says nothing about it.
        """
        if let_go_at > self._began:
            self.in_a_row = 0

    async def wait(self) -> None:
        """Wait until the sender may send."""
        while (seconds := self.seconds) > 0:  # noqa: ASYNC110 - it can be lengthened
            await anyio.sleep(seconds)
