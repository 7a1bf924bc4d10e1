"""What the library itself says, asked in the plainest way, and where the table says otherwise."""

from __future__ import annotations

from collections.abc import Iterable

import phonenumbers
import polars as pl
from phonenumbers import PhoneNumber, PhoneNumberFormat, timezone
from phonenumbers.re_util import enable_pattern_cache

from campaign.audience.numbering import read_numbers, zones_of
from campaign.audience.numbering.table import ASK, Intervals, Table
from tests.audience.numbering.samples import Cell

Answer = tuple[str | None, str | None, str | None, bool, bool]

_NAMES = {number: name.lower() for name, number in vars(phonenumbers.PhoneNumberType).items()}


def library(text: str, region: str | None) -> Answer:
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None, None, None, False, False
    return (
        phonenumbers.format_number(number, PhoneNumberFormat.E164),
        phonenumbers.region_code_for_number(number),
        _NAMES[phonenumbers.number_type(number)],
        phonenumbers.is_valid_number(number),
        phonenumbers.is_possible_number(number),
    )


def read(cells: list[Cell]) -> list[Answer]:
    texts, regions = zip(*cells, strict=True)
    frame = read_numbers(pl.Series(texts, dtype=pl.String), pl.Series(regions, dtype=pl.String))
    return list(frame.iter_rows())


def disagreements(cells: list[Cell]) -> list[tuple[Cell, Answer, Answer]]:
    """Return the cells about which the table and the library differ, with what each says."""
    enable_pattern_cache()
    return [
        (cell, ours, theirs)
        for cell, ours in zip(cells, read(cells), strict=True)
        if ours != (theirs := library(*cell))
    ]


def zone_disagreements(numbers: list[str]) -> list[tuple[str, str | None]]:
    """Return the E.164 numbers that have other zones than the library names, with ours."""
    return [
        (number, zones)
        for number, zones in zip(numbers, zones_of(pl.Series(numbers)), strict=True)
        if zones != _library_zones(number)
    ]


def _library_zones(e164: str) -> str | None:
    number = phonenumbers.parse(e164)
    asked = (
        timezone.time_zones_for_geographical_number
        if number.country_code in (1, 7)
        else timezone.time_zones_for_number
    )
    zones = asked(number)
    return None if zones == (timezone.UNKNOWN_TIMEZONE,) else ",".join(zones)


def numbers_in(intervals: Intervals, places: Iterable[int]) -> list[int]:
    """Return the first, a middle and the last number of the intervals at these places."""
    begins = intervals.begins.to_list()
    numbers: list[int] = []
    for place in places:
        begin, end = begins[place], begins[place + 1]
        numbers += [begin, (begin + end) // 2, end - 1]
    return numbers


def table_disagreements(table: Table, numbers: list[int]) -> list[tuple[int, object, object]]:
    """Return the numbers that the table has in another kind than the library."""
    answers = table.numbers.of(pl.Series(numbers, dtype=pl.Int64)).to_list()
    kinds = table.kinds.select("region", "type", "possible").rows()
    return [
        (number, kinds[answer], theirs)
        for number, answer in zip(numbers, answers, strict=True)
        if answer != ASK and kinds[answer] != (theirs := _kind(str(number)))
    ]


def _kind(digits: str) -> tuple[str | None, str, bool]:
    length = next(
        size for size in (1, 2, 3) if int(digits[:size]) in phonenumbers.COUNTRY_CODE_TO_REGION_CODE
    )
    national = digits[length:]
    # The last zero counts as the number itself, see _set_italian_leading_zeros_for_phone_number.
    zeros = len(national[:-1]) - len(national[:-1].lstrip("0"))
    number = PhoneNumber(
        country_code=int(digits[:length]),
        national_number=int(national),
        italian_leading_zero=bool(zeros),
        number_of_leading_zeros=zeros,
    )
    return (
        phonenumbers.region_code_for_number(number),
        _NAMES[phonenumbers.number_type(number)],
        phonenumbers.is_possible_number(number),
    )
