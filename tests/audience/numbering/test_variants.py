"""Spellings of one number have one key, and other numbers have not."""

from __future__ import annotations

import polars as pl
import pytest

from campaign.audience.numbering import canonical


def keys(*numbers: str | None) -> list[str | None]:
    return canonical(pl.Series(numbers, dtype=pl.String)).to_list()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param("+5215512345678", "+525512345678", id="Mexico with the old 1"),
        pytest.param("+5491123456789", "+541123456789", id="Argentina with the 9 for mobiles"),
        pytest.param("+5551998765432", "+555198765432", id="Brazil with the ninth digit"),
        pytest.param("+4917139200123", "+4917139200123", id="the same number"),
    ],
)
def test_spellings_of_one_number_have_one_key(one: str, other: str) -> None:
    assert len(set(keys(one, other))) == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param("+5511998765432", "+551198765432", id="Brazil where nine digits stay nine"),
        pytest.param("+5521998765432", "+552198765432", id="Brazil where nine digits stay nine"),
        pytest.param("+5551978765432", "+555178765432", id="Brazil's eight digits with a 7"),
        pytest.param("+5551933334444", "+555133334444", id="Brazil's fixed lines"),
        pytest.param("+5215512345678", "+525512345679", id="two people in Mexico"),
        pytest.param("+521551234567", "+52551234567", id="too short for Mexico"),
        pytest.param("+12025550123", "+2025550123", id="other countries"),
    ],
)
def test_other_numbers_have_keys_of_their_own(one: str, other: str) -> None:
    assert len(set(keys(one, other))) == 2


def test_the_column_keeps_its_name_and_its_gaps() -> None:
    column = canonical(pl.Series("address", ["+5215512345678", None, "+4917139200123"]))
    assert column.name == "address"
    assert column.to_list() == ["+525512345678", None, "+4917139200123"]
