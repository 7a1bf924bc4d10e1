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


def among_rows(numbers: pl.Series, column: pl.Expr) -> pl.Expr:
    """Return the same for a column that is sorted as well, which asks for far fewer of them."""

    def there(asked: pl.Series) -> pl.Series:
        _, places = met(numbers, asked)
        return pl.repeat(False, len(asked), eager=True).scatter(places, True)

    return column.map_batches(there, return_dtype=pl.Boolean, is_elementwise=True)


def met(numbers: pl.Series, asked: pl.Series) -> tuple[pl.Series, pl.Series]:
    """Return of each number that is in both, where it is in the one and in the other.

    Both are sorted, and have no number twice.
    """
    if asked.is_empty():
        return asked, asked
    if not asked.is_sorted():  # somebody who is there twice would not be found
        raise AssertionError("rows came out of their order")
    first = numbers.search_sorted(asked[0])
    some = numbers.slice(first, numbers.search_sorted(asked[-1], side="right") - first)
    place = asked.search_sorted(some)
    there = asked.gather(place) == some
    return there.arg_true() + first, place.filter(there)
