"""How fast: the asked rate, and pauses when the vendor asks for one.

Invariant: one dispatcher asks for a place for every message, so that a pause never releases a
crowd that waited behind it.
"""

from __future__ import annotations

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

    Without a word from the vendor the waits double from ``first`` to ``longest`` seconds, each
    spread by up to a quarter so that several senders do not come back together.
    """

    def __init__(self, first: float, longest: float) -> None:
        self._first = first
        self._longest = longest
        self._until = 0.0
        self.in_a_row = 0

    @property
    def seconds(self) -> float:
        """Return how long the sender still has to wait."""
        return max(0.0, self._until - time.monotonic())

    def begin(self, asked: float | None) -> float:
        """Pause; ``asked`` is what the vendor said, in seconds. Return how long from now.

        Answers to requests that were already under way when a pause began belong to the same
        trouble: they can lengthen the pause when the vendor says so, but do not count again.
        """
        now = time.monotonic()
        if asked is not None:
            wait = asked
        elif now < self._until:
            return self.seconds
        else:
            doubled = self._first * 2.0 ** min(self.in_a_row, 30)
            wait = min(doubled, self._longest) * random.uniform(1.0, 1.25)  # noqa: S311
        if now >= self._until:
            self.in_a_row += 1
        self._until = max(self._until, now + wait)
        return self.seconds

    def over(self) -> None:
        """Note that the vendor took or refused a message: the trouble is over."""
        self.in_a_row = 0

    async def wait(self) -> None:
        """Wait until the sender may send."""
        while (seconds := self.seconds) > 0:  # noqa: ASYNC110 - it can be lengthened
            await anyio.sleep(seconds)
