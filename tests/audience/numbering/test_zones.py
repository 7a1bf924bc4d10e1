"""The zones of a number are those that the library names."""

from __future__ import annotations

import random

import polars as pl
import pytest
from phonenumbers.tzdata import TIMEZONE_DATA

from campaign.audience.numbering import zones_of
from tests.audience.numbering.measure import read, zone_disagreements
from tests.audience.numbering.samples import changed, examples, written


def test_every_example_number_has_the_zones_that_the_library_names() -> None:
    cells = [cell for region, number in examples() for cell in written(region, number)]
    numbers = sorted({answer[0] for answer in read(cells) if answer[0]})
    assert len(numbers) > 2_000
    assert zone_disagreements(numbers) == []


def test_every_prefix_that_has_zones_is_found_and_ends_where_it_ends() -> None:
    cells = [
        (f"+{number}{rest}", None)
        for prefix in TIMEZONE_DATA
        for number in (int(prefix) - 1, int(prefix), int(prefix) + 1)
        for rest in ("0" * (11 - len(prefix)), "9" * (11 - len(prefix)), "2015550")
    ]
    numbers = sorted({answer[0] for answer in read(cells) if answer[0]})
    assert len(numbers) > 15_000
    assert zone_disagreements(numbers) == []


def test_numbers_with_a_digit_changed_have_the_zones_that_the_library_names() -> None:
    every = [cell for region, number in examples() for cell in written(region, number)]
    some = random.Random(4).sample(every, 100)
    answers = read([one for cell in some for one in changed(cell)])
    assert zone_disagreements(sorted({answer[0] for answer in answers if answer[0]})) == []


@pytest.mark.parametrize(
    ("number", "zones"),
    [
        ("+12125550123", "America/New_York"),
        ("+493012345678", "Europe/Berlin"),
        ("+78121234567", "Europe/Moscow"),
        ("+80012345678", None),
        ("+999123456", None),
        ("somebody", None),
        (None, None),
    ],
)
def test_a_number_has_its_own_zones_or_none(number: str | None, zones: str | None) -> None:
    assert zones_of(pl.Series([number], dtype=pl.String)).to_list() == [zones]
