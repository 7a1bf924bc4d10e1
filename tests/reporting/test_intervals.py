"""The intervals are those of the published tables."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaign.reporting.intervals import newcombe, wilson


@pytest.mark.parametrize(
    ("part", "whole", "low", "high"),
    [
        # R. G. Newcombe, Two-sided confidence intervals for the single proportion (1998), table I.
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0000, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_the_interval_of_a_share_is_wilsons(part: int, whole: int, low: float, high: float) -> None:
    found = wilson(part, whole)
    assert found is not None
    assert [round(one, 4) for one in found] == [low, high]


@pytest.mark.parametrize(
    ("part", "whole", "other", "of", "low", "high"),
    [
        # R. G. Newcombe, Interval estimation for the difference between independent proportions
        # (1998), table II, method 10.
        (56, 70, 48, 80, 0.0524, 0.3339),
        (9, 10, 3, 10, 0.1705, 0.8090),
        (6, 7, 2, 7, 0.0582, 0.8062),
        (5, 56, 0, 29, -0.0381, 0.1926),
        (0, 10, 0, 20, -0.1611, 0.2775),
        (0, 10, 0, 10, -0.2775, 0.2775),
        (10, 10, 0, 20, 0.6791, 1.0000),
        (10, 10, 0, 10, 0.6075, 1.0000),
    ],
)
def test_the_interval_of_a_difference_is_newcombes(
    part: int, whole: int, other: int, of: int, low: float, high: float
) -> None:
    found = newcombe(part, whole, other, of)
    assert found is not None
    assert [round(one, 4) for one in found] == [low, high]


def test_of_nobody_there_is_no_interval() -> None:
    assert wilson(0, 0) is None
    assert newcombe(1, 2, 0, 0) is None


@given(st.integers(1, 10_000), st.integers(1, 10_000), st.data())
def test_what_was_seen_is_in_the_interval_and_the_interval_is_possible(
    whole: int, of: int, data: st.DataObject
) -> None:
    part, other = data.draw(st.integers(0, whole)), data.draw(st.integers(0, of))
    share, difference = wilson(part, whole), newcombe(part, whole, other, of)
    assert share is not None
    assert difference is not None
    assert 0 <= share[0] <= part / whole <= share[1] <= 1
    assert -1 <= difference[0] <= part / whole - other / of + 1e-12
    assert part / whole - other / of - 1e-12 <= difference[1] <= 1
