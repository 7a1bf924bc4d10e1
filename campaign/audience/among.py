"""Whether a number is among many others, which polars would put into a table for every batch."""

from __future__ import annotations

import polars as pl


def among(numbers: pl.Series, column: pl.Expr) -> pl.Expr:
    """Return whether the column holds one of the numbers, which are sorted."""

    def there(asked: pl.Series) -> pl.Series:
        if numbers.is_empty():
            return pl.repeat(False, len(asked), eager=True)
        place = numbers.search_sorted(asked).clip(upper_bound=len(numbers) - 1)
        return numbers.gather(place) == asked

    return column.map_batches(there, return_dtype=pl.Boolean, is_elementwise=True)
