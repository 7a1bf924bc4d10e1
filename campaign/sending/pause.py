"""When the sender may send again: pauses that a vendor asks for, or that lost connections cost.

Invariant: a pause is the sender's and never the recipient's. It can be lengthened while it lasts,
and is never shortened.
"""

from __future__ import annotations

import math
import random
import time


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
        self.until = -math.inf
        """When it ends, on the monotonic clock; in the past where there is none."""
        self.in_a_row = 0

    @property
    def seconds(self) -> float:
        """Return how long the sender still has to wait."""
        return max(0.0, self.until - time.monotonic())

    def begin(self, asked: float | None, let_go_at: float) -> bool:
        """Pause; return whether this is a new trouble.

        ``asked`` is what the vendor said, in seconds; ``let_go_at`` when the sender let the
        request go, on the monotonic clock. Answers to requests that were already under way when
        the last pause began belong to the same trouble: they can lengthen it when the vendor says
        so, but do not count again.
        """
        now = time.monotonic()
        if let_go_at <= self._began:
            self.until = max(self.until, now + (asked or 0.0))
            return False
        # A vendor that says the same short time again and again does not mean it.
        doubled = min((asked or self._first) * 2.0 ** min(self.in_a_row, 30), self._longest)
        spread = 1.0 if asked else random.uniform(1.0, 1.25)  # noqa: S311 - a wait
        self.in_a_row += 1
        self._began = now
        self.until = max(self.until, now + max(asked or 0.0, doubled * spread))
        return True

    def over(self, let_go_at: float) -> None:
        """Note that the vendor took or refused a message: the trouble is over.

        A request that left before the trouble began says nothing about it.
        """
        if let_go_at > self._began:
            self.in_a_row = 0
