"""In which time zones may somebody be? The list's own word, or else what the number tells.

Invariant: a zone is never guessed. A number tells where it was issued, so it gives *all* zones in
which it may be, and a number that belongs to no place (toll-free, satellite) gives none.
"""

from __future__ import annotations

from functools import cache
from zoneinfo import available_timezones

import phonenumbers
import polars as pl
from phonenumbers import PhoneNumberType
from phonenumbers import timezone as of_number

ZONES, ZONE_UNREADABLE = "_zones", "_zone_unreadable"

# Codes that several countries, or the whole of Russia, share: the plain look-up answers with all
# of their zones (up to 42) for some numbers, the geographical one looks at the first digits.
_WIDE_CODES = (1, 7)
_OF_A_PLACE = (
    PhoneNumberType.FIXED_LINE,
    PhoneNumberType.MOBILE,
    PhoneNumberType.FIXED_LINE_OR_MOBILE,
)


def zones_of(e164: pl.Series) -> pl.Series:
    """Return each number's zones, sorted and joined by commas; null where it tells none."""
    distinct = e164.unique().drop_nulls()
    known = {number: _zones(number) for number in distinct}
    return e164.replace_strict(known, default=None, return_dtype=pl.String)


def with_zones(frame: pl.LazyFrame, *, column: str | None, numbers: bool) -> pl.LazyFrame:
    """Add :data:`ZONES`, and :data:`ZONE_UNREADABLE`: the list names a zone that there is not.

    ``column`` holds an IANA name per row, and where it is blank the number decides; ``numbers``
    says that the addresses are numbers. A zone that cannot be read is no zone: the person is not
    where the number was issued, or nobody would have written another one down.
    """
    told = pl.lit(None, dtype=pl.String) if column is None else _blank_as_null(pl.col(column))
    counted = pl.lit(None, dtype=pl.String)
    if numbers:
        counted = pl.col("_address").map_batches(
            zones_of, return_dtype=pl.String, is_elementwise=True
        )
    read = told.str.to_lowercase().replace_strict(_names(), default=None, return_dtype=pl.String)
    return frame.with_columns(
        pl.when(told.is_null()).then(counted).otherwise(read).alias(ZONES),
        (told.is_not_null() & read.is_null()).alias(ZONE_UNREADABLE),
    )


def _blank_as_null(cell: pl.Expr) -> pl.Expr:
    trimmed = cell.str.strip_chars()
    return pl.when(trimmed != "").then(trimmed)


@cache
def _names() -> dict[str, str]:
    return {name.lower(): name for name in available_timezones()}


@cache
def _all_of(code: int) -> frozenset[str]:
    return frozenset(
        of_number.time_zones_for_geographical_number(phonenumbers.PhoneNumber(code, 0))
    )


def _zones(number: str) -> str | None:
    parsed = phonenumbers.parse(number)
    code = parsed.country_code or 0
    if code in _WIDE_CODES:
        if phonenumbers.number_type(parsed) not in _OF_A_PLACE:
            return None
        found = set(of_number.time_zones_for_geographical_number(parsed))
        if found == _all_of(code):
            return None
    else:
        found = set(of_number.time_zones_for_number(parsed))
    found.discard(of_number.UNKNOWN_TIMEZONE)
    return ",".join(sorted(found)) or None
