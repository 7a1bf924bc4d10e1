"""Cells as lists have them, from the example numbers of every region and type."""

from __future__ import annotations

import random
from collections.abc import Iterator

import phonenumbers
from phonenumbers import PhoneMetadata, PhoneNumber, PhoneNumberFormat

Cell = tuple[str, str | None]

REGIONS = sorted(phonenumbers.SUPPORTED_REGIONS)
TYPES = [
    number for number in vars(phonenumbers.PhoneNumberType).values() if isinstance(number, int)
]
FORMATS = (
    PhoneNumberFormat.E164,
    PhoneNumberFormat.INTERNATIONAL,
    PhoneNumberFormat.NATIONAL,
    PhoneNumberFormat.RFC3966,
)
MARKS = "0123456789" * 4 + "++  ()-./~#x,;aZ*\n\u0663\uff10\u00a0"
"""Mostly digits; also what is damaged, of another script, or the beginning of an extension."""


def examples() -> Iterator[tuple[str | None, PhoneNumber]]:
    """Yield the library's example of every type for each region, and for services of no country."""
    for region in REGIONS:
        for kind in TYPES:
            number = phonenumbers.example_number_for_type(region, kind)
            if number is not None:
                yield region, number
    for code in phonenumbers.COUNTRY_CODES_FOR_NON_GEO_REGIONS:
        number = phonenumbers.example_number_for_non_geo_entity(code)
        assert number is not None
        yield None, number


def written(region: str | None, number: PhoneNumber) -> Iterator[Cell]:
    """Yield the ways in which people write a number down, right and wrong ones."""
    for style in FORMATS:
        text = phonenumbers.format_number(number, style)
        yield text, region
        yield text, None
        yield text, "US"
    national, code = phonenumbers.national_significant_number(number), number.country_code
    metadata = PhoneMetadata.metadata_for_region(region) if region else None
    prefix = metadata.national_prefix or "" if metadata else ""
    for text in (
        national,
        f"{prefix}{national}",
        f"({prefix}{national[:2]}) {national[2:5]}-{national[5:]}",
        f"{code}{national}",
        f"{code}{prefix}{national}",
        f"+{code}{prefix}{national}",
        f"+{code} ({prefix or 0}) {national}",
        f"+{code}{code}{national}",
        f"00{code}{national}",
        f"011{code}{national}",
        f"0{code}{national}",
        f"+0{code}{national}",
        f"++{code}{national}",
    ):
        yield text, region


def changed(cell: Cell) -> Iterator[Cell]:
    """Yield the cell with each digit changed in every way, taken away, and doubled."""
    text, region = cell
    for place, char in enumerate(text):
        if char.isdecimal():
            yield text[:place] + text[place + 1 :], region
            yield text[:place] + char + text[place:], region
            for digit in "0123456789":
                if digit != char:
                    yield text[:place] + digit + text[place + 1 :], region


def at_random(count: int, chance: random.Random) -> Iterator[Cell]:
    """Yield digits with prefixes, and texts that are hardly numbers at all."""
    for turn in range(count):
        region = chance.choice([*REGIONS, *[None] * 50, "001", "de", "XX"])
        if turn % 2:
            yield "".join(chance.choices(MARKS, k=chance.randrange(22))), region
        else:
            digits = "".join(chance.choices("0123456789", k=chance.randrange(1, 19)))
            yield chance.choice(("", "", "+", "00", "0", "1")) + digits, region
