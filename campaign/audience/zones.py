"""In which time zones may somebody be? The list's own word, or else what the number tells.

Invariant: a zone is never guessed. A number tells where it was issued, so it gives *all* zones in
which it may be, and a number that belongs to no place (toll-free, satellite) gives none.
"""

from __future__ import annotations

from functools import cache
from zoneinfo import available_timezones

import phonenumbers
import polars as pl
from phonenumbers import timezone as of_number

from campaign.audience import numbering

ZONES, ZONE_UNREADABLE = "_zones", "_zone_unreadable"

# Codes that several countries, or the whole of Russia, share: only a number that belongs to a place
# tells where in there it is, and one that could be in all of their zones tells nothing.
_WIDE = r"^\+[17]"
_OF_A_PLACE = ("fixed_line", "mobile", "fixed_line_or_mobile")


def zones_of(e164: pl.Series) -> pl.Series:
    """Return each number's zones, joined by commas; null where it tells none."""
    numbers = pl.DataFrame({"number": e164, "zones": numbering.zones_of(e164)})
    wide = e164.str.contains(_WIDE).fill_null(value=False)
    if not wide.any():
        return numbers["zones"]
    somewhere = pl.repeat(None, len(e164), dtype=pl.String, eager=True)
    kinds = numbering.read_numbers(pl.select(pl.when(wide).then(e164)).to_series(), somewhere)
    return numbers.select(
        pl.when(~wide)
        .then("zones")
        .when(kinds["type"].is_in(_OF_A_PLACE) & ~pl.col("zones").is_in(_everywhere()))
        .then("zones")
    ).to_series()


def with_zones(frame: pl.LazyFrame, *, column: str | None, numbers: bool) -> pl.LazyFrame:
    """Add :data:`ZONES`, and :data:`ZONE_UNREADABLE`: the list names a zone that there is not.

    ``column`` holds an IANA name per row, and where it is blank the number decides; ``numbers``
    says that the addresses are numbers. A zone that cannot be read is no zone: the person is not
    where the number was issued, or nobody would have written another one down.
    """
    counted = pl.lit(None, dtype=pl.String)
    if numbers:
        counted = pl.col("_address").map_batches(
            zones_of, return_dtype=pl.String, is_elementwise=True
        )
    if column is None:
        return frame.with_columns(counted.alias(ZONES), pl.lit(value=False).alias(ZONE_UNREADABLE))
    told = _blank_as_null(pl.col(column))
    read = told.map_batches(_named, return_dtype=pl.String, is_elementwise=True)
    return frame.with_columns(
        pl.when(told.is_null()).then(counted).otherwise(read).alias(ZONES),
        (told.is_not_null() & read.is_null()).alias(ZONE_UNREADABLE),
    )


def _named(told: pl.Series) -> pl.Series:
    """Return the zones by their names; batch by batch, as replacing would wait for all of them."""
    return told.str.to_lowercase().replace_strict(_names(), default=None, return_dtype=pl.String)


def _blank_as_null(cell: pl.Expr) -> pl.Expr:
    trimmed = cell.str.strip_chars()
    return pl.when(trimmed != "").then(trimmed)


@cache
def _names() -> dict[str, str]:
    return {name.lower(): name for name in available_timezones()}


@cache
def _everywhere() -> frozenset[str]:
    """Return, for each wide code, what stands for all of its zones."""
    codes = (phonenumbers.PhoneNumber(code, 0) for code in (1, 7))
    return frozenset(
        ",".join(sorted(of_number.time_zones_for_geographical_number(one))) for one in codes
    )
