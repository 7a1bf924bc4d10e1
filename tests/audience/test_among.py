"""Which rows of a list are among some others, batch by batch."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaign.audience.among import among, among_rows, met

ROWS = st.sets(st.integers(0, 60), max_size=30).map(sorted)


def series(rows: list[int]) -> pl.Series:
    return pl.Series(rows, dtype=pl.UInt32)


@given(ROWS, ROWS)
def test_numbers_that_are_in_both_are_told_with_their_places(
    numbers: list[int], asked: list[int]
) -> None:
    one, other = met(series(numbers), series(asked))
    both = sorted({*numbers} & {*asked})
    assert [numbers[place] for place in one] == both
    assert [asked[place] for place in other] == both


@given(ROWS, ROWS)
def test_rows_in_order_are_found_as_any_others(numbers: list[int], asked: list[int]) -> None:
    rows = pl.DataFrame({"row": series(asked)})
    found = rows.select(
        any=among(series(numbers), pl.col("row")), rows=among_rows(series(numbers), pl.col("row"))
    )
    assert found["rows"].to_list() == found["any"].to_list() == [row in numbers for row in asked]


def test_rows_that_came_out_of_their_order_are_not_taken_for_missing() -> None:
    with pytest.raises(AssertionError, match="order"):
        met(series([1, 2]), series([2, 1]))
