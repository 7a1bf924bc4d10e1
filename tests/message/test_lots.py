"""The draw that splits people into groups: fair, and the same for ever."""

from __future__ import annotations

import random

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaign.message.lots import NUMBERS, end_of, lot

PEOPLE = pl.Series("identity", [f"+1202{number:07d}" for number in range(40_000)])


def drawn(purpose: str, seed: str, people: pl.Series = PEOPLE) -> pl.Series:
    return pl.select(lot(purpose, seed, pl.lit(people))).to_series()  # type: ignore[arg-type]


def chi_square(observed: list[float], expected: list[float]) -> float:
    return sum((o - e) ** 2 / e for o, e in zip(observed, expected, strict=True))


@pytest.mark.parametrize(
    ("purpose", "seed", "identity", "digits"),
    [
        # printf 'holdout:spring:+491713920000' | sha256sum | cut -c1-8
        ("holdout", "spring", "+491713920000", "e493f80b"),
        ("variant", "spring", "+491713920000", "c9f69b9d"),
        ("holdout", "spring", "zoë@example.org", "b6e4e90a"),
    ],
)
def test_the_number_is_the_one_that_every_other_program_computes(
    purpose: str, seed: str, identity: str, digits: str
) -> None:
    assert drawn(purpose, seed, pl.Series([identity])).to_list() == [int(digits, 16)]


def test_nobody_draws_nothing() -> None:
    found = drawn("holdout", "x", pl.Series([None, "a", None], dtype=pl.String))
    assert found.is_null().to_list() == [True, False, True]


@given(st.lists(st.text(min_size=1), unique=True), st.text(), st.randoms())
def test_who_else_is_on_the_list_changes_nothing(
    people: list[str], seed: str, chance: random.Random
) -> None:
    numbers = dict(
        zip(people, drawn("variant", seed, pl.Series(people, dtype=pl.String)), strict=True)
    )
    shuffled = [one for one in people if chance.random() < 0.5]
    chance.shuffle(shuffled)
    again = drawn("variant", seed, pl.Series(shuffled, dtype=pl.String))
    assert again.to_list() == [numbers[one] for one in shuffled]


def test_every_hundredth_gets_as_many_people_as_chance_would_give_it() -> None:
    for seed in ("spring", "summer", "2026-11-28"):
        hundredths = drawn("variant", seed) // (NUMBERS // 100 + 1)
        counts = hundredths.value_counts().sort("identity")["count"].to_list()
        # 99 degrees of freedom; chance alone is above 149 once in a thousand seeds.
        assert chi_square(counts, [len(PEOPLE) / 100] * 100) < 149


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("holdout", "spring"), ("variant", "spring")),
        (("variant", "spring"), ("variant", "summer")),
        (("holdout", "spring"), ("holdout", "spring-2")),
    ],
)
def test_one_draw_says_nothing_about_another(one: tuple[str, str], other: tuple[str, str]) -> None:
    halves = [drawn(*names) < NUMBERS // 2 for names in (one, other)]
    cells = pl.DataFrame({"one": halves[0], "other": halves[1]}).group_by("one", "other").len()
    # 3 degrees of freedom; chance alone is above 16.3 once in a thousand pairs.
    assert chi_square(cells["len"].to_list(), [len(PEOPLE) / 4] * 4) < 16.3


def test_a_share_ends_where_so_much_of_all_numbers_is_below_it() -> None:
    ends = pl.select(
        none=end_of(1e-9), half=end_of(50.0), third=end_of(100 / 3), whole=end_of(100.0)
    ).row(0)
    assert ends == (1, 2**31, 1431655766, 2**32)
