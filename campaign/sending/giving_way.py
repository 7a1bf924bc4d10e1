"""Slower after a vendor said so: below a limit that nobody told us, and never above the asked rate.

Invariant: each new trouble takes the rate down by the same share, and it comes back only while the
vendor takes messages, a little at a time.
"""

from __future__ import annotations

import time

_DOWN = 0.7
_NEAR = 0.9, 1.1
"""Between these shares of the rate at which the vendor last said no, the limit is felt for."""
_UP, _UP_NEAR, _UP_BEYOND = 0.02, 0.005, 0.01
"""How much is added in a second: shares of that rate, and of the asked one beyond it."""
_LEAST = 0.001
"""The smallest share of the asked rate; longer waits are the pauses' affair."""
_AT_ONCE = 1.0
"""Seconds that one answer can stand for at most: a silence gives no reason to be faster."""


class GivingWay:
    """The rate that may be sent at now: multiplied down at each trouble, added up after it.

    It climbs quickly to nine tenths of the rate at which the vendor last said no, and slowly
    beyond, so that a run is just below the limit for most of its time. Where the vendor takes a
    tenth more than then, the limit is another by now, and the asked rate is soon reached again.
    """

    def __init__(self, asked: float) -> None:
        self._asked = asked
        self._refused_at = asked
        self._since = 0.0
        self._raised_at = 0.0
        self.rate = asked

    @property
    def slowed(self) -> bool:
        """Whether the rate is below the asked one."""
        return self.rate < self._asked

    def throttled(self) -> None:
        """Note a new trouble."""
        self._since = self._raised_at = time.monotonic()
        self._refused_at = self.rate
        self.rate = max(self.rate * _DOWN, self._asked * _LEAST)

    def answered(self, let_go_at: float) -> bool:
        """Note that the vendor took or refused a message; return whether the rate has changed.

        ``let_go_at`` is when its request was let go: one from before the trouble says nothing.
        """
        if self.rate >= self._asked or let_go_at <= self._since:
            return False
        now = time.monotonic()
        seconds = min(now - self._raised_at, _AT_ONCE)
        self._raised_at = now
        self.rate = min(self.rate + seconds * self._step(), self._asked)
        return True

    def _step(self) -> float:
        near, beyond = (share * self._refused_at for share in _NEAR)
        if self.rate < near:
            return self._refused_at * _UP
        return self._refused_at * _UP_NEAR if self.rate < beyond else self._asked * _UP_BEYOND
