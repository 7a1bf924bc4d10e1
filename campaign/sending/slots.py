"""One rate, exactly: a slot for every message, and no second that holds too many.

Invariant: however late its owner comes, no second, the first included, holds more messages than
101 % of the rate and one; a single request that carries more than that leaves alone. What was
missed is caught up, within that bound.
"""

from __future__ import annotations

import math
from collections import deque

CATCH_UP = 0.25
"""Seconds of sending that are caught up at most: as long as Python may stand still, and less than a
person would call a wait."""

_WINDOW = 1.0065
"""Seconds that are looked at: a second, and what the way to the vendor may take off it."""
_SPARE = 1.008
"""How much of the rate a window may hold, so that there is something to catch up with: over the
length of the window it is still above the rate, and with the one more below 101 % of it and one."""
_HASTE = 2.0
"""How many times the asked rate, at most, while catching up."""
_GRAIN = 0.002
"""Seconds: what leaves within them leaves at once, for no machine sleeps more finely."""
_TOGETHER = 0.0005
"""Seconds: what leaves within them is remembered as one, which bounds the memory at any rate."""


class Window:
    """The last second: how many messages it holds, and when there is room for more.

    Times are seconds of any clock that only goes on.
    """

    def __init__(self, rate: float) -> None:
        self._left: deque[list[float]] = deque()
        """When the first and the last of them left, and how many they were."""
        self._in_window = 0
        self.change(rate)

    def change(self, rate: float) -> None:
        """Go on at another rate; what has left stays counted."""
        self._room = math.floor(_SPARE * rate + 1)

    def free_at(self, messages: int, now: float, called: int = 0) -> float:
        """Return when so many messages, in one request, have room: ``-inf`` for "now".

        ``called`` are about to leave, and not noted yet.
        """
        left = self._left
        while left and left[0][1] + _WINDOW <= now:
            self._in_window -= int(left.popleft()[2])
        too_many = self._in_window + called + messages - self._room
        at = -math.inf
        if too_many > 0:
            for entry in left:
                at = max(at, entry[1] + _WINDOW)
                too_many -= int(entry[2])
                if too_many <= 0:
                    break
            else:
                at = now + _WINDOW if called else at
        return at

    def leave(self, messages: int, now: float) -> None:
        """Note that so many messages leave now."""
        self._in_window += messages
        if self._left and now - self._left[-1][0] < _TOGETHER:
            self._left[-1][1] = now
            self._left[-1][2] += messages
        else:
            self._left.append([now, now, messages])


class Slots:
    """The slots of ``rate`` messages a second.

    A message has its slot ``1 / rate`` after the one before, on a schedule that does not move while
    its owner is at most :data:`CATCH_UP` late. Times are seconds of any clock that only goes on.
    """

    def __init__(self, rate: float) -> None:
        self._slot = -math.inf
        self._eased = -math.inf
        self._window = Window(rate)
        self.change(rate)

    def change(self, rate: float) -> None:
        """Go on at another rate; what has left stays counted."""
        self._each = 1.0 / rate
        self._eased_each = self._each / _HASTE
        self._window.change(rate)

    def free_at(self, messages: int, now: float) -> float:
        """Return when so many messages, in one request, may leave: ``now`` or earlier for "now"."""
        if self._slot == -math.inf:
            self._slot = now - self._each
        at = max(self._slot + messages * self._each, self._eased + messages * self._eased_each)
        return max(at, self._window.free_at(messages, now))

    def leave(self, messages: int, now: float) -> None:
        """Note that so many messages leave now."""
        self._slot = max(self._slot + messages * self._each, now - CATCH_UP)
        self._eased = max(self._eased + messages * self._eased_each, now - _GRAIN)
        self._window.leave(messages, now)

    def forgive(self, now: float) -> None:
        """Catch up with nothing from before ``now``: the time was spent waiting on purpose."""
        self._slot = max(self._slot, now - self._each)
