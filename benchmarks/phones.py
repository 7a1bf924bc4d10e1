"""Judging a phone column: by the table, and as the loop that everybody writes.

The loop asks ``phonenumbers`` about one cell after another (parse, is it valid, E.164, region,
type) with its pattern cache on. Both get the same list: numbers with ``+`` and in national spelling
with a country beside them, of many regions, and two cells in a hundred that are damaged. The loop
reads a sample, and its time is scaled to the whole list; for that sample the answers are compared.
"""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Callable
from typing import TypeVar

import phonenumbers
import polars as pl
from phonenumbers import PhoneNumberFormat
from phonenumbers.re_util import enable_pattern_cache

from campaign.audience.numbering import read_numbers, zones_of
from campaign.audience.numbering.cache import table
from campaign.audience.numbering.table import built
from campaign.audience.phones import normalise_phones, phone_expression

ROWS = 1_000_000
SAMPLE = 50_000
REGIONS = {
    "US": 20, "DE": 12, "GB": 10, "BR": 8, "IN": 8, "FR": 6, "MX": 6, "IT": 5, "ES": 5, "NL": 3,
    "AR": 3, "ID": 3, "ZA": 2, "NG": 2, "AU": 2, "JP": 2, "TR": 2, "PL": 2, "CH": 1, "AT": 1,
    "SE": 1, "CA": 1, "CO": 1, "RU": 1, "PT": 1, "AE": 1, "KE": 1, "SG": 1, "IE": 1, "JM": 1,
}  # fmt: skip
"""How many of the list come from where."""

DAMAGED = ("4.91713920012E+11", "anna@example.com", "0171 39200123 / 0172 7654321", "n/a", "12345",
           "+49 171 39200123 ext. 5", "'0171 39200123", "+0 171 3920", "0171-OFFICE")  # fmt: skip

_NAMES = {number: name.lower() for name, number in vars(phonenumbers.PhoneNumberType).items()}

Result = TypeVar("Result")


def main(arguments: list[str] | None = None) -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks phones", description=__doc__)
    parser.add_argument("--rows", type=int, default=ROWS)
    rows = parser.parse_args(arguments).rows
    cells = written_list(rows)
    text, region = cells["text"], cells["region"]
    build, _ = timed(built)
    table()
    fast, answers = timed(lambda: read_numbers(text, region))
    whole, _ = timed(lambda: normalise_phones(text, region))
    as_read = cells.lazy().select(phone_expression("text", pl.col("region")))
    stream, _ = timed(lambda: as_read.collect(engine="streaming"))
    zones, _ = timed(lambda: zones_of(answers["e164"]))
    sample = cells.head(SAMPLE)
    slow, expected = timed(lambda: [judged(*cell) for cell in sample.iter_rows()])
    assert answers.select("e164", "region", "type", "valid").head(SAMPLE).rows() == expected
    loop = slow * rows / sample.height
    print(f"{rows:,} cells; the loop read {sample.height:,} of them, with the same answers,")
    print(f"and its time is scaled. Building the table takes {build:.1f} s, once.\n")
    print("| | seconds | cells a second | times the loop |")
    print("|---|---:|---:|---:|")
    for name, seconds in (
        ("phonenumbers, one by one", loop),
        ("read_numbers", fast),
        ("normalise_phones: tidied, damage named, read", whole),
        ("the same in batches, as a list is read", stream),
        ("zones_of", zones),
    ):
        print(f"| {name} | {seconds:.2f} | {rows / seconds:,.0f} | {loop / seconds:.1f} |")


def judged(text: str, region: str | None) -> tuple[str | None, str | None, str | None, bool]:
    """Return what the loop writes down about one cell."""
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None, None, None, False
    return (
        phonenumbers.format_number(number, PhoneNumberFormat.E164),
        phonenumbers.region_code_for_number(number),
        _NAMES[phonenumbers.number_type(number)],
        phonenumbers.is_valid_number(number),
    )


def written_list(rows: int) -> pl.DataFrame:
    """Return ``text`` and ``region`` of so many cells, always the same ones."""
    enable_pattern_cache()
    chance = random.Random(7)
    spelt = {region: spellings(region, chance) for region in REGIONS}
    names = chance.choices(list(REGIONS), list(REGIONS.values()), k=rows)
    cells = [
        (chance.choice(DAMAGED), name) if chance.random() < 0.02 else one(spelt[name], name, chance)
        for name in names
    ]
    return pl.DataFrame(cells, schema={"text": pl.String, "region": pl.String}, orient="row")


def spellings(region: str, chance: random.Random) -> list[tuple[str, str, str]]:
    """Return mobile numbers of the region: as E.164, international and national."""
    example = phonenumbers.example_number_for_type(region, phonenumbers.PhoneNumberType.MOBILE)
    assert example is not None
    found: list[tuple[str, str, str]] = []
    for _ in range(200):
        number = phonenumbers.PhoneNumber(
            country_code=example.country_code,
            national_number=(example.national_number or 0) // 10**6 * 10**6
            + chance.randrange(10**6),
        )
        if phonenumbers.is_valid_number(number):
            e164, abroad, home = (
                phonenumbers.format_number(number, style)
                for style in (
                    PhoneNumberFormat.E164,
                    PhoneNumberFormat.INTERNATIONAL,
                    PhoneNumberFormat.NATIONAL,
                )
            )
            found.append((e164, abroad, home))
    return found


def one(
    spelt: list[tuple[str, str, str]], region: str, chance: random.Random
) -> tuple[str, str | None]:
    """Return one cell: half with a plus, half as at home with the country beside it."""
    style = chance.choices((0, 1, 2), (35, 15, 50))[0]
    text = chance.choice(spelt)[style]
    ending = [chance.choice("0123456789") if char.isdigit() else char for char in text[-4:]]
    return text[:-4] + "".join(ending), region if style == 2 or chance.random() < 0.5 else None


def timed(act: Callable[[], Result]) -> tuple[float, Result]:
    """Return the seconds that it took, and its result."""
    started = time.perf_counter()
    result = act()
    return time.perf_counter() - started, result
