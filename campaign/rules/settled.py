"""When people were messaged, of a great many messages that do not change any more.

Invariant: a message takes sixteen bytes, and to add some costs as much for each of them however
many there are. They lie in sorted tables, each at least twice as long as the next; so there are few
tables to look into, and a message is sorted anew only as often as there are tables.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right

import polars as pl

COLUMNS = {"who": pl.Int64, "at": pl.Int64}
"""A person's hash, and a time in milliseconds UTC."""

_AT_ONCE = 100_000
"""Numbers that stand in memory as objects while a table is made."""


class Settled:
    """Messages by person, to be counted."""

    def __init__(self) -> None:
        # Sorted by hash, then by time.
        self._tables: list[tuple[array[int], array[int]]] = []

    def add(self, found: pl.DataFrame) -> None:
        """Add messages: a table of :data:`COLUMNS`."""
        while self._tables and len(self._tables[-1][0]) < 2 * found.height:
            found = pl.concat([_frame(self._tables.pop()), found])
        if found.height:
            found = found.sort("who", "at")
            self._tables.append((_array(found["who"]), _array(found["at"])))

    def after(self, who: int, since: int) -> int:
        """Return how many messages a person got after a moment."""
        found = 0
        for hashes, times in self._tables:
            first = bisect_left(hashes, who)
            last = bisect_right(hashes, who, lo=first)
            found += last - bisect_right(times, since, lo=first, hi=last)
        return found

    def has(self, who: int, at: int) -> bool:
        """Return whether a person got a message at this very moment."""
        for hashes, times in self._tables:
            first = bisect_left(hashes, who)
            last = bisect_right(hashes, who, lo=first)
            place = bisect_left(times, at, lo=first, hi=last)
            if place < last and times[place] == at:
                return True
        return False

    def frame(self) -> pl.DataFrame:
        """Return all of them as a table of :data:`COLUMNS`."""
        return pl.concat([pl.DataFrame(schema=COLUMNS), *map(_frame, self._tables)])


def _frame(table: tuple[array[int], array[int]]) -> pl.DataFrame:
    return pl.DataFrame(dict(zip(COLUMNS, table, strict=True)), schema=COLUMNS)


def _array(numbers: pl.Series) -> array[int]:
    found = array("q")
    for first in range(0, len(numbers), _AT_ONCE):
        found.extend(numbers.slice(first, _AT_ONCE).to_list())
    return found
