"""One value for another, row by row.

Invariant: a stream stays a stream. The replace functions of polars (2.1) want the whole column, and
everything beside it waits in memory until they have it; a chain of conditions wants one row. A join
waits for the whole of one side, or holds it.
"""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl


def exchanged(column: pl.Expr, instead: Mapping[str, str] | Mapping[int, str]) -> pl.Expr:
    """Return what each value is to be exchanged for, else null; meant for tens of values."""
    found = pl.lit(None, dtype=pl.String)
    for value, other in instead.items():
        found = pl.when(column == value).then(pl.lit(other)).otherwise(found)
    return found


def looked_up(column: pl.Expr, numbers: pl.Series, values: pl.Series) -> pl.Expr:
    """Return for each number the value that stands beside it, else null; ``numbers`` are sorted."""

    def look_up(asked: pl.Series) -> pl.Series:
        if numbers.is_empty():
            return pl.repeat(None, len(asked), dtype=values.dtype, eager=True)
        place = numbers.search_sorted(asked).clip(upper_bound=len(numbers) - 1)
        pairs = pl.DataFrame({"asked": asked, "there": numbers[place], "value": values[place]})
        return pairs.select(pl.when(pl.col("asked") == pl.col("there")).then("value")).to_series()

    return column.map_batches(look_up, return_dtype=values.dtype, is_elementwise=True)
