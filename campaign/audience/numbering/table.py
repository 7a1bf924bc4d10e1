"""All numbers of the world in one sorted table: where an answer begins, and what it is.

Invariant: the answer to a number is that of the last boundary that is not above it, and it is what
``phonenumbers`` says about that number, or "ask the library". A number is the whole number that its
digits make, calling code first: no calling code begins with 0, so equal numbers have equal digits,
and longer ones come later.

The patterns of a calling code are compiled to runs (`runs`); neighbouring runs with the same
answer are one interval. A calling code whose patterns cannot be read is left out, and the library
is asked.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import polars as pl

from campaign.audience.numbering.patterns import Terms, Unreadable
from campaign.audience.numbering.plans import LENGTHS, REGIONS, Country, Kind, countries, region
from campaign.audience.numbering.runs import Answer, Patterns

LONGEST = 18
"""More digits than this do not fit into a whole number of 64 bits, whatever they are."""

FIRST_PLAN = 100
"""Added to a region's place in `REGIONS`, so that its digits may begin with 0 and stay apart."""

ASK = -1
"""The answer for digits about which only the library can tell."""


@dataclass(frozen=True, slots=True)
class Intervals:
    """Where answers begin, in ascending order, and the number of each answer."""

    begins: pl.Series
    answers: pl.Series

    def of(self, numbers: pl.Series) -> pl.Series:
        """Return the answer for each whole number (Int64); null for null."""
        places = self.begins.search_sorted(numbers.fill_null(0), side="right") - 1
        return pl.select(
            pl.when(numbers.is_not_null()).then(self.answers.gather(places))
        ).to_series()


@dataclass(frozen=True, slots=True)
class Table:
    """What the numbers of the world are, and which digits a region takes for a national number."""

    kinds: pl.DataFrame
    """A row for each answer of `numbers`: country, region, type, possible, and whether what follows
    the calling code may begin with a national prefix."""

    numbers: Intervals
    """For calling code and national number: a row of `kinds`, or `ASK`."""

    national: Intervals
    """For a region (`FIRST_PLAN`) and digits: 1 where they match its general pattern, else 0, or
    `ASK`."""


@dataclass
class _Boundaries:
    """Intervals while they are collected, in ascending order."""

    begins: list[int] = field(default_factory=lambda: [0])
    answers: list[int] = field(default_factory=lambda: [ASK])

    def begin(self, at: int, answer: int) -> None:
        if self.begins[-1] == at:
            self.begins.pop()
            self.answers.pop()
        if not self.answers or self.answers[-1] != answer:
            self.begins.append(at)
            self.answers.append(answer)

    def intervals(self) -> Intervals:
        return Intervals(
            pl.Series(self.begins, dtype=pl.Int64), pl.Series(self.answers, dtype=pl.Int32)
        )


def built() -> Table:
    """Return the table of the installed metadata, computed anew."""
    terms = Terms()
    kinds: dict[tuple[Kind, bool], int] = {}
    runs = sorted(run for country in countries() for run in _numbers(country, terms, kinds))
    names = pl.DataFrame(
        [(kind.country, kind.region, kind.type, kind.possible, trunk) for kind, trunk in kinds],
        schema={
            "country": pl.Int32,
            "region": pl.String,
            "type": pl.String,
            "possible": pl.Boolean,
            "trunk": pl.Boolean,
        },
        orient="row",
    )
    return Table(names, _collected(runs), _collected(sorted(_national(terms))))


def _collected(runs: list[tuple[int, int, int]]) -> Intervals:
    boundaries = _Boundaries()
    for begin, end, answer in runs:
        boundaries.begin(begin, answer)
        boundaries.begin(end, ASK)
    return boundaries.intervals()


def _numbers(
    country: Country, terms: Terms, kinds: dict[tuple[Kind, bool], int]
) -> Iterator[tuple[int, int, int]]:
    """Yield begin, end and answer for all numbers with this calling code."""
    whole, leading = country.whole_patterns(), country.leading_digits()
    prefix = [country.prefix] if country.prefix else []
    try:
        patterns = Patterns(terms, whole, [*leading, *prefix])
    except Unreadable:
        return
    names = dict(enumerate((*whole, *leading)))
    trunk = len(names)
    known: dict[tuple[int, Answer], int] = {}
    for length in LENGTHS:
        begin = country.code * 10**length
        if begin >= 10**LONGEST:
            return
        for size, answer in patterns.runs(length):
            if (length, answer) not in known:
                matching = frozenset(names[one] for one in answer if one < len(whole))
                ahead = frozenset(names[one] for one in answer if len(whole) <= one < trunk)
                kind = country.kind(length, matching, ahead), trunk in answer
                known[length, answer] = kinds.setdefault(kind, len(kinds))
            yield begin, begin + size, known[length, answer]
            begin += size


def _national(terms: Terms) -> Iterator[tuple[int, int, int]]:
    """Yield begin, end and answer for all digits in all regions."""
    for place, name in enumerate(REGIONS, FIRST_PLAN):
        try:
            patterns = Patterns(terms, [region(name).pattern])
        except Unreadable:
            continue
        for length in range(LONGEST - 2):
            begin = place * 10**length
            for size, answer in patterns.runs(length):
                yield begin, begin + size, int(bool(answer))
                begin += size
