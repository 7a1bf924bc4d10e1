"""The table says what the library says, about every cell."""

from __future__ import annotations

import random
from collections.abc import Iterable

import polars as pl
import pytest

from campaign.audience.numbering import read_numbers, reading
from campaign.audience.numbering.authority import judge
from campaign.audience.numbering.dialling import FEW
from tests.audience.numbering.measure import disagreements, library, read
from tests.audience.numbering.samples import at_random, changed, examples, written


def test_every_example_number_is_read_as_the_library_reads_it_however_it_is_written() -> None:
    cells = [cell for region, number in examples() for cell in written(region, number)]
    assert len(cells) > 30_000
    assert disagreements(cells) == []


def test_numbers_with_a_digit_changed_lost_or_doubled_are_judged_as_the_library_judges_them() -> (
    None
):
    every = [cell for region, number in examples() for cell in written(region, number)]
    cells = [one for cell in random.Random(1).sample(every, 400) for one in changed(cell)]
    assert len(cells) > 30_000
    assert disagreements(cells) == []


def test_digits_and_texts_at_random_are_judged_as_the_library_judges_them() -> None:
    assert disagreements(list(at_random(60_000, random.Random(2)))) == []


@pytest.mark.parametrize(
    ("text", "region"),
    [
        pytest.param("02 1234 5678", "IT", id="a zero that belongs to the number"),
        pytest.param("+39 06698 12345", None, id="a state within a city"),
        pytest.param("2345678", "AG", id="an island's number without its area code"),
        pytest.param("0 11 15 2345-6789", "AR", id="a mobile mark in the middle"),
        pytest.param("0 15 11 91234-5678", "BR", id="a carrier's code in front"),
        pytest.param("8 (812) 123-45-67", "RU", id="a trunk prefix that also begins area codes"),
        pytest.param("+7 800 555 35 35", None, id="digits that look like a trunk prefix"),
        pytest.param("06 1 234 5678", "HU", id="a trunk prefix of two digits"),
        pytest.param("07797 712345", "GB", id="a number of another region with the same code"),
        pytest.param("654321", "GG", id="a local number that is rewritten"),
        pytest.param("+800 1234 5678", None, id="a service of no country"),
        pytest.param("1 202 555 0123", "US", id="the own calling code without a plus"),
        pytest.param("49 30 123456", "DE", id="a calling code that is also an area code"),
        pytest.param("810 49 30 123456", "RU", id="a prefix abroad that is not 00"),
        pytest.param("00 0 49 30 123456", "DE", id="a zero behind the prefix abroad"),
        pytest.param("+49 (0) 30 123456", None, id="the zero in brackets"),
        pytest.param("+1 310 1234", None, id="short numbers of one region of many"),
        pytest.param("+49 123456789012345678", None, id="too long for any number"),
        pytest.param("٠٧٩١١١٢٣٤٥٦", "GB", id="digits of another script"),
        pytest.param("1-800-FLOWERS", "US", id="letters"),
        pytest.param("030 123456 ext. 7", "DE", id="an extension"),
        pytest.param("", "DE", id="nothing"),
        pytest.param("030123456", "de", id="a region in lower case"),
    ],
)
def test_a_number_is_read_alike_alone_and_among_many(text: str, region: str | None) -> None:
    expected = library(text, region)
    assert read([(text, region)]) == [expected]
    assert read([(text, region)] * (FEW + 1)) == [expected] * (FEW + 1)


def test_ordinary_lists_are_read_without_asking_the_library(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[object] = []

    def remembered(cells: Iterable[tuple[str, str | None]]) -> pl.DataFrame:
        asked.extend(few := list(cells))
        return judge(few)

    monkeypatch.setattr(reading, "judge", remembered)
    cells = [
        ("+49 171 39200123", None),
        ("0171 39200123", "DE"),
        ("(202) 555-0123", "US"),
        ("1 202 555 0123", "US"),
        ("0049 171 39200123", "DE"),
        ("06 12 34 56 78", "FR"),
        ("+44 7911 123456", "GB"),
        ("+7 812 123 45 67", "RU"),
        ("+699 123 456", None),
        *[("011 15-2345-6789", "AR")] * FEW,
        *[("(11) 96123-4567", "BR")] * FEW,
        *[("020 7946 0123", "GB")] * FEW,
    ]
    assert [answer[3] for answer in read(cells)] == [text[:4] != "+699" for text, _ in cells]
    assert asked == []


def test_an_empty_cell_is_no_number() -> None:
    cells = pl.Series([None, "+4917139200123"], dtype=pl.String)
    answer = read_numbers(cells, pl.Series(["DE", None], dtype=pl.String))
    assert answer["e164"].to_list() == [None, "+4917139200123"]
    assert answer["valid"].to_list() == [False, True]


def test_no_rows_are_no_rows() -> None:
    nothing = pl.Series([], dtype=pl.String)
    assert read_numbers(nothing, nothing).schema == {
        "e164": pl.String,
        "region": pl.String,
        "type": pl.String,
        "valid": pl.Boolean,
        "possible": pl.Boolean,
    }
