"""How far planning is, for somebody who waits for it.

Invariant: whoever watches changes nothing: rows are counted as they pass by, in whatever threads
polars has, and told one at a time and a few times a second at most.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Lock

import polars as pl

Tell = Callable[[str, int], None]
"""Is told what is being done, and how many rows are through."""

_EVERY_SECONDS = 0.2


def unwatched(what: str, rows: int) -> None:
    """Tell nobody."""


class Watched:
    """Counts the rows of one piece of work, and tells of them now and then."""

    def __init__(self, what: str, tell: Tell, clock: Callable[[], float] = time.monotonic) -> None:
        self._what, self._tell, self._clock = what, tell, clock
        self._rows, self._told = 0, clock()
        self._lock = Lock()
        tell(what, 0)

    def through(self, rows: int) -> None:
        """Count rows that are through."""
        with self._lock:
            self._rows += rows
            now = self._clock()
            if now - self._told >= _EVERY_SECONDS:
                self._told = now
                self._tell(self._what, self._rows)

    def counting(self, column: pl.Expr) -> pl.Expr:
        """Return the column as it is, its rows counted as they pass by."""

        def count(batch: pl.Series) -> pl.Series:
            self.through(len(batch))
            return batch

        return column.map_batches(count, return_dtype=pl.UInt32, is_elementwise=True)
