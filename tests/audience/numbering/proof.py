"""The long proof of the numbers: ``python -m tests.audience.numbering.proof``.

Every example number of every region and type, in every spelling, and each of these with every digit
changed in every way, lost and doubled; a million cells at random; both ends and the middle of every
interval of the table; the zones of all numbers that came out. Prints a Markdown table of how many
were compared with ``phonenumbers`` and how many differ; fails if any does.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterable, Iterator
from itertools import islice

from campaign.audience.numbering.cache import table
from tests.audience.numbering.measure import (
    disagreements,
    numbers_in,
    read,
    table_disagreements,
    zone_disagreements,
)
from tests.audience.numbering.samples import Cell, at_random, changed, examples, written

AT_ONCE = 200_000
AT_RANDOM = 1_000_000


def spellings() -> list[Cell]:
    return [cell for region, number in examples() for cell in written(region, number)]


def every_change() -> Iterator[Cell]:
    for cell in dict.fromkeys(spellings()):
        yield from changed(cell)


def cells_differ(cells: Iterable[Cell]) -> tuple[int, int]:
    compared = differing = 0
    remaining = iter(cells)
    while some := list(islice(remaining, AT_ONCE)):
        compared += len(some)
        differing += len(disagreements(some))
    return compared, differing


def intervals_differ() -> tuple[int, int]:
    world = table()
    numbers = numbers_in(world.numbers, range(len(world.numbers.begins) - 1))
    return len(numbers), len(table_disagreements(world, numbers))


def zones_differ() -> tuple[int, int]:
    chance = random.Random(6)
    cells = spellings()
    cells += [one for cell in chance.sample(cells, 5_000) for one in changed(cell)]
    numbers = sorted({answer[0] for answer in read(cells) if answer[0]})
    return len(numbers), len(zone_disagreements(numbers))


def main() -> None:
    """Prove everything and print the table."""
    parts: dict[str, Callable[[], tuple[int, int]]] = {
        "example numbers, all spellings": lambda: cells_differ(spellings()),
        "the same with every digit changed, lost, doubled": lambda: cells_differ(every_change()),
        "at random": lambda: cells_differ(at_random(AT_RANDOM, random.Random(5))),
        "ends and middles of all intervals": intervals_differ,
        "time zones": zones_differ,
    }
    print("| what | compared | different | seconds |\n|---|---:|---:|---:|")
    total = 0
    for name, differ in parts.items():
        started = time.monotonic()
        compared, differing = differ()
        total += differing
        seconds = time.monotonic() - started
        print(f"| {name} | {compared:,} | {differing:,} | {seconds:.0f} |", flush=True)
    assert total == 0, f"{total} answers differ from those of phonenumbers"


if __name__ == "__main__":
    main()
