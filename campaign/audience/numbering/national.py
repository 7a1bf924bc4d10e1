"""Digits as they are dialled inside a region: which number of the world they are.

Invariant: the steps and conditions are those of ``phonenumbers.parse`` (9.0.43,
``_maybe_extract_country_code`` and ``_maybe_strip_national_prefix_carrier_code``), each for all
rows at once. A row that meets anything else is left open, and the library reads it:

1. A prefix for calls abroad makes the rest an international number, unless that begins with 0.
2. Digits that begin with the region's own calling code are read without it, where that makes a
   number of them that they were not before, or where they were too many.
3. A national prefix is taken off, or rewritten, unless the digits were a number with it and are
   none without, or too few would remain.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import polars as pl

from campaign.audience.numbering.dialling import national_prefix, prefix_abroad
from campaign.audience.numbering.plans import REGIONS, Region, region
from campaign.audience.numbering.table import ASK, FIRST_PLAN, LONGEST, Table

_LENGTHS = LONGEST + 1
_PLUS = pl.lit("+")


@dataclass(frozen=True, slots=True)
class Read:
    """Rows that were read: all have ``row``."""

    international: pl.DataFrame
    """With ``e164``: plus, calling code, and what is dialled behind it."""

    national: pl.DataFrame
    """With ``e164``: plus, calling code and national number."""


def read_national(rows: pl.DataFrame, table: Table) -> Read:
    """Read the rows, which have ``row``, ``plan`` and ``digits``; those not returned are open."""
    ahead = prefix_abroad().lengths(rows).filter(~pl.col("open"))
    rest = pl.col("digits").str.slice(pl.col("length"))
    goes_abroad = (pl.col("length") > 0) & ~rest.str.starts_with("0")
    abroad = ahead.filter(goes_abroad).select("row", e164=_PLUS + rest)
    at_home = (
        ahead.filter(~goes_abroad)
        .drop("length", "rewritten", "open")
        .with_columns(country=pl.lit(_codes()).gather(pl.col("plan")))
    )
    own = pl.col("digits").str.starts_with(pl.col("country"))
    with_code = _own_code(at_home.filter(own), table)
    without = pl.concat([at_home.filter(~own), with_code.filter("stays").select(at_home.columns)])
    again = with_code.filter(~pl.col("stays")).select(
        "row", e164=pl.concat_str(_PLUS, "country", "behind")
    )
    return Read(pl.concat([abroad, again]), without_prefix(without, table))


def without_prefix(rows: pl.DataFrame, table: Table) -> pl.DataFrame:
    """Return ``row`` and ``e164``: plus, calling code and national number.

    ``rows`` have ``row``, ``plan``, ``digits`` and ``country``, the calling code as text; those not
    returned are open.
    """
    cut = _cut(rows, table)
    bears = pl.lit(_bears()).gather(
        pl.col("plan").cast(pl.UInt32) * _LENGTHS + pl.col("cut").str.len_bytes()
    )
    number = pl.when(bears).then("cut").otherwise("digits")
    return cut.select("row", e164=pl.concat_str(_PLUS, "country", number))


def _own_code(rows: pl.DataFrame, table: Table) -> pl.DataFrame:
    """Return the rows that begin with their own calling code with ``behind`` and ``stays``."""
    shorter = rows.with_columns(
        whole="digits", digits=pl.col("digits").str.slice(pl.col("country").str.len_bytes())
    )
    cut = _cut(shorter, table)
    before = _matches(cut["plan"], cut["whole"], table)
    after = _matches(cut["plan"], cut["cut"], table)
    too_long = _too_long().gather(
        cut["plan"].cast(pl.UInt32) * _LENGTHS + cut["whole"].str.len_bytes()
    )
    return cut.select(
        "row",
        "plan",
        "country",
        digits="whole",
        behind="cut",
        stays=~((~before & after) | too_long),
    ).filter(before.is_not_null() & after.is_not_null())


def _cut(rows: pl.DataFrame, table: Table) -> pl.DataFrame:
    """Return the rows with ``cut``: the digits without national prefix, where that may go."""
    found = national_prefix().lengths(rows).filter(~pl.col("open"))
    has_none = pl.col("length") == 0
    none = found.filter(has_none).with_columns(cut="digits")
    some = found.filter(~has_none).with_columns(
        cut=pl.coalesce("rewritten", pl.col("digits").str.slice(pl.col("length")))
    )
    before = _matches(some["plan"], some["digits"], table)
    after = _matches(some["plan"], some["cut"], table)
    some = some.with_columns(cut=pl.when(before & ~after).then("digits").otherwise("cut")).filter(
        before.is_not_null() & after.is_not_null()
    )
    return pl.concat([none, some]).drop("length", "rewritten", "open")


def _matches(plan: pl.Series, digits: pl.Series, table: Table) -> pl.Series:
    """Tell whether digits match their region's general pattern; null if only the library knows."""
    # The region's number stands before the digits, so that a 0 in front is not lost.
    size = pl.lit(_sizes()).gather(digits.str.len_bytes())
    number = digits.to_frame("digits").select(
        pl.col("digits").cast(pl.Int64, strict=False)
        + (pl.lit(plan).cast(pl.Int64) + FIRST_PLAN) * size
    )
    answers = table.national.of(number.to_series())
    return pl.select(pl.when(answers != ASK).then(answers == 1)).to_series()


@cache
def _sizes() -> pl.Series:
    """Return for each length what a digit in front is worth; nothing where that is too much."""
    sizes = [10**length if length < LONGEST - 2 else None for length in range(_LENGTHS)]
    return pl.Series(sizes, dtype=pl.Int64)


@cache
def _codes() -> pl.Series:
    """Return each region's calling code as text."""
    return pl.Series([str(region(name).country) for name in REGIONS])


@cache
def _bears() -> pl.Series:
    """Return for each region and length whether so many digits may remain behind a prefix."""
    return _of_lengths(Region.bears)


@cache
def _too_long() -> pl.Series:
    """Return for each region and length whether so many digits are more than any number has."""
    return _of_lengths(Region.too_long)


def _of_lengths(question: Callable[[Region, int], bool]) -> pl.Series:
    return pl.Series(
        [question(region(name), length) for name in REGIONS for length in range(_LENGTHS)]
    )
