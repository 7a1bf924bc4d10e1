"""The table is what the metadata says, at both ends of every interval and inside."""

from __future__ import annotations

import random

import polars as pl
import pytest

from campaign.audience.numbering.cache import table
from campaign.audience.numbering.plans import Country
from campaign.audience.numbering.table import ASK, built
from tests.audience.numbering.measure import numbers_in, table_disagreements


def test_intervals_hold_what_the_library_says_at_both_ends_and_inside() -> None:
    world = table()
    places = random.Random(3).sample(range(len(world.numbers.begins) - 1), 12_000)
    assert table_disagreements(world, numbers_in(world.numbers, places)) == []


def test_the_table_is_a_few_ten_thousand_intervals_in_ascending_order() -> None:
    begins = table().numbers.begins
    assert begins.is_sorted()
    assert begins.n_unique() == len(begins)
    assert 20_000 < len(begins) < 100_000


def test_neighbouring_intervals_never_say_the_same() -> None:
    answers = table().numbers.answers
    assert not (answers == answers.shift(1)).any()


def test_a_country_whose_patterns_cannot_be_read_is_left_to_the_library(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    patterns = Country.whole_patterns

    def unreadable(country: Country) -> list[str]:
        return [r"1(?!5)\d+"] if country.code == 49 else patterns(country)

    monkeypatch.setattr(Country, "whole_patterns", unreadable)
    german, french = built().numbers.of(pl.Series([4917139200123, 33612345678]))
    assert german == ASK
    assert french != ASK
