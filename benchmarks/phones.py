"""Judging a phone column: by the table, and as the loop that everybody writes.

The loop asks ``phonenumbers`` about one cell after another (parse, is it valid, E.164, region,
type) with its pattern cache on. Both get the same list: numbers with ``+`` and in national spelling
with a country beside them, of many regions, and two cells in a hundred that are damaged. The loop
reads a sample, and its time is scaled to the whole list; for that sample the answers are compared.

Everything is measured several times in turn, so that what else the machine does meets all alike,
and the least counts. Processor time is that of all threads.
"""

from __future__ import annotations

import argparse
import math
import random
import time
from collections.abc import Callable
from dataclasses import dataclass

import phonenumbers
import polars as pl
from phonenumbers import PhoneNumberFormat
from phonenumbers.re_util import enable_pattern_cache

from benchmarks.bars import Bar, shown
from campaign.audience.apart import BATCH
from campaign.audience.numbering import read_numbers, zones_of
from campaign.audience.numbering.cache import table
from campaign.audience.numbering.table import built
from campaign.audience.phones import normalise_phones

ROWS = 1_000_000
SAMPLE = 50_000
ROUNDS = 5
LOOP = "phonenumbers, one by one"
AS_JUDGED = "normalise_phones, as `campaign check` judges a list"
REGIONS = {
    "US": 20, "DE": 12, "GB": 10, "BR": 8, "IN": 8, "FR": 6, "MX": 6, "IT": 5, "ES": 5, "NL": 3,
    "AR": 3, "ID": 3, "ZA": 2, "NG": 2, "AU": 2, "JP": 2, "TR": 2, "PL": 2, "CH": 1, "AT": 1,
    "SE": 1, "CA": 1, "CO": 1, "RU": 1, "PT": 1, "AE": 1, "KE": 1, "SG": 1, "IE": 1, "JM": 1,
}  # fmt: skip
"""How many of the list come from where."""

DAMAGED = ("4.91713920012E+11", "anna@example.com", "0171 39200123 / 0172 7654321", "n/a", "12345",
           "+49 171 39200123 ext. 5", "'0171 39200123", "+0 171 3920", "0171-OFFICE")  # fmt: skip

_NAMES = {number: name.lower() for name, number in vars(phonenumbers.PhoneNumberType).items()}


def main(arguments: list[str] | None = None) -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks phones", description=__doc__)
    parser.add_argument("--rows", type=int, default=ROWS)
    rows = parser.parse_args(arguments).rows
    cells = written_list(rows)
    text, region = cells["text"], cells["region"]
    building = Measure("the table").of(built)
    table()
    answers = read_numbers(text, region)
    sample = cells.head(SAMPLE)
    as_in_a_plan = [cells.slice(begin, BATCH) for begin in range(0, rows, BATCH)]
    tasks: dict[str, Callable[[], object]] = {
        LOOP: lambda: [judged(*cell) for cell in sample.iter_rows()],
        "read_numbers": lambda: read_numbers(text, region),
        AS_JUDGED: lambda: [
            normalise_phones(batch["text"], batch["region"]) for batch in as_in_a_plan
        ],
        "zones_of": lambda: zones_of(answers["e164"]),
    }
    measures = {name: Measure(name) for name in tasks}
    for _ in range(ROUNDS):
        for name, task in tasks.items():
            measures[name].of(task)
    expected = [judged(*cell) for cell in sample.iter_rows()]
    assert answers.select("e164", "region", "type", "valid").head(SAMPLE).rows() == expected
    loop = measures[LOOP].scaled(rows / sample.height)
    print(f"{rows:,} cells; the loop read {sample.height:,} of them, with the same answers,")
    print(f"and its time is scaled. Building the table takes {building.cpu:.1f} s, once.\n")
    print("| | processor s | s | cells a processor s | times the loop | by the clock |")
    print("|---|---:|---:|---:|---:|---:|")
    for one in (loop, *(measures[name] for name in tasks if name != LOOP)):
        print(
            f"| {one.name} | {one.cpu:.2f} | {one.wall:.2f} | {rows / one.cpu:,.0f} "
            f"| {loop.cpu / one.cpu:.1f} | {loop.wall / one.wall:.1f} |"
        )
    times = loop.cpu / measures[AS_JUDGED].cpu
    bar = Bar("numbers judged, times as fast as the loop", "≥ 30", f"{times:.1f}", times >= 30)
    print(f"\n{shown([bar])}")


@dataclass
class Measure:
    """The least time that something took."""

    name: str
    cpu: float = math.inf
    wall: float = math.inf

    def of(self, task: Callable[[], object]) -> Measure:
        """Measure it once more."""
        cpu, wall = time.process_time(), time.perf_counter()
        task()
        self.cpu = min(self.cpu, time.process_time() - cpu)
        self.wall = min(self.wall, time.perf_counter() - wall)
        return self

    def scaled(self, factor: float) -> Measure:
        """Return the times of so many times the work."""
        return Measure(self.name, self.cpu * factor, self.wall * factor)


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
