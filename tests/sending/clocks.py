"""A loop whose time passes only when everybody sleeps."""

from __future__ import annotations

import asyncio
import selectors
import time
from collections.abc import Coroutine
from typing import Any

import pytest


class _Leap(selectors.DefaultSelector):  # type: ignore[misc, valid-type]
    """Instead of waiting for a timer, moves the clock to it."""

    now = 1000.0

    def select(self, timeout: float | None = None) -> Any:
        # A microsecond at least, as on a real clock: a timer may be nearer than a float can tell.
        self.now += max(timeout or 0.0, 1e-6)
        return super().select(0)


class VirtualClock:
    """Runs a coroutine in a loop whose time passes only when everybody sleeps.

    The monotonic clock shows the same time.
    """

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self._selector = _Leap()
        patch.setattr(time, "monotonic", self.now)

    def now(self) -> float:
        return self._selector.now

    def wall(self) -> float:
        """The same, as seconds since 1970 UTC."""
        return self._selector.now + 1_790_000_000.0

    def passes(self, seconds: float) -> None:
        """Let time pass in which this process stands still."""
        self._selector.now += seconds

    def run(self, coroutine: Coroutine[Any, Any, None]) -> None:
        loop = asyncio.SelectorEventLoop(self._selector)
        loop.time = self.now  # type: ignore[method-assign]
        try:
            loop.run_until_complete(coroutine)
        finally:
            loop.close()
