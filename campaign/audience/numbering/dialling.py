"""What stands before a number when it is dialled, and where it ends.

Invariant: a prefix ends where the library's own pattern for it ends. Most prefixes are plain digits
and are compared for all rows at once. The others are patterns, which polars asks in the same order
of alternatives as Python; a region with few rows is not worth the compiling and is left open.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import polars as pl

from campaign.audience.numbering.patterns import Unreadable, sequence
from campaign.audience.numbering.plans import REGIONS, Region, region

FEW = 40
"""So many rows of a region are read one by one sooner than a pattern is compiled for them."""

_FOUND = {"length": pl.UInt32, "rewritten": pl.String, "open": pl.Boolean}


Rewriting = tuple[int, str]
"""The group that must have taken part in the match, and what stands instead of the match then."""


@dataclass(frozen=True, slots=True)
class Prefix:
    """One prefix of all regions: plain digits, or a pattern for those that need one."""

    plain: pl.Series
    """For each region the digits, or null."""

    patterns: dict[int, tuple[str, Rewriting | None]]
    """For each region whose prefix is a pattern: it, and what it makes of some numbers."""

    def lengths(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Return the rows, in any order, with ``length``, ``rewritten`` and ``open``.

        ``rows`` have ``plan``, the region's place in `REGIONS`, and ``digits``. ``length`` is that
        of the prefix, 0 without one; ``rewritten`` the digits where the prefix does not only go but
        has them changed; ``open`` are the rows that the library must read.
        """
        special = pl.col("plan").is_in(list(self.patterns))
        plain = rows.filter(~special)
        digits = pl.lit(self.plain).gather(pl.col("plan"))
        found = plain.with_columns(
            length=pl.when(pl.col("digits").str.starts_with(digits))
            .then(digits.str.len_bytes())
            .otherwise(0)
            .cast(_FOUND["length"]),
            rewritten=pl.lit(None, _FOUND["rewritten"]),
            open=pl.lit(False),
        )
        if found.height == rows.height:
            return found
        parts = rows.filter(special).partition_by("plan")
        return pl.concat([found, *map(self._by_pattern, parts)])

    def _by_pattern(self, rows: pl.DataFrame) -> pl.DataFrame:
        pattern, rewriting = self.patterns[rows["plan"][0]]
        if rows.height < FEW or not pattern:
            return rows.with_columns(
                length=pl.lit(0, _FOUND["length"]),
                rewritten=pl.lit(None, _FOUND["rewritten"]),
                open=pl.lit(True),
            )
        anchored = f"^(?:{pattern})"
        digits = pl.col("digits")
        rewritten = pl.lit(None, _FOUND["rewritten"])
        if rewriting is not None:
            group, instead = rewriting
            rewritten = pl.when(digits.str.extract(anchored, group).is_not_null()).then(
                digits.str.replace(anchored, instead)
            )
        length = digits.str.extract(anchored, 0).str.len_bytes().fill_null(0)
        return rows.with_columns(
            length=length.cast(_FOUND["length"]), rewritten=rewritten, open=pl.lit(False)
        )


@cache
def national_prefix() -> Prefix:
    """Return what is dialled before a national number in each region."""
    return _prefix(lambda region: (region.prefix, _rewriting(region)))


@cache
def prefix_abroad() -> Prefix:
    """Return what is dialled before a foreign number in each region."""
    return _prefix(lambda region: (region.abroad, None))


def _rewriting(region: Region) -> Rewriting | None:
    if not region.prefix or not region.rewriting:
        return None
    # The library asks about the last group. What Python writes \\1 is ${1} for polars.
    return re.compile(region.prefix).groups, re.sub(r"\\(\d)", r"${\1}", region.rewriting)


def _prefix(of: Callable[[Region], tuple[str | None, Rewriting | None]]) -> Prefix:
    plain: list[str | None] = []
    patterns: dict[int, tuple[str, Rewriting | None]] = {}
    for place, name in enumerate(REGIONS):
        pattern, rewriting = of(region(name))
        digits_only = pattern is not None and re.fullmatch(r"\d+", pattern) is not None
        plain.append(pattern if digits_only else None)
        if pattern is not None and not digits_only:
            patterns[place] = (_known(pattern), rewriting)
    return Prefix(pl.Series(plain, dtype=pl.String), patterns)


def _known(pattern: str) -> str:
    """Return the pattern, or nothing if it may mean something else to polars than to Python."""
    try:
        sequence(pattern)
    except Unreadable:
        return ""
    return pattern
