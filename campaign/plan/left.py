"""Where in a plan is somebody left to send to?

Invariant: of a part of the plan in which nobody is left, only the numbers are read, so that a run
goes on after nine million of ten as soon as it begins; and of whom is left, nothing is together in
memory but the numbers of some.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import polars as pl

_ASKED = 100_000
"""Rows about whom is asked at a time."""

_APART = 2_000
"""Two recipients with more numbers between them are read each where they are."""


def left_of(
    rows: pl.LazyFrame, without: Callable[[int, int], Sequence[int]]
) -> Iterator[pl.LazyFrame]:
    """Yield the rows of those who are left, in order, some at a time.

    ``rows`` are of a plan's file. ``without`` is asked, for each range of numbers, who is not.
    """
    for found in rows.select("number").collect_batches(chunk_size=_ASKED, maintain_order=True):
        for part in found.iter_slices(_ASKED):
            numbers = part["number"]
            gone = pl.Series(without(numbers[0], numbers[-1]), dtype=numbers.dtype)
            left = numbers.filter(~numbers.is_in(gone.implode()))
            if not left.is_empty():
                yield rows.filter(_where(left), pl.col("number").is_in(left.implode()))


def _where(numbers: pl.Series) -> pl.Expr:
    """Return a condition for the stretches of a plan in which these sorted numbers are.

    A Parquet file says of each group of rows from which number to which it goes, so the groups
    between the stretches are passed over.
    """
    begins = numbers.diff().fill_null(_APART + 1) > _APART
    ends = begins.shift(-1, fill_value=True)
    stretches = zip(numbers.filter(begins), numbers.filter(ends), strict=True)
    return pl.any_horizontal(pl.col("number").is_between(*stretch) for stretch in stretches)
