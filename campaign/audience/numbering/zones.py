"""Where the clocks of a number are: the time zones that libphonenumber knows for it.

Invariant: every number has the zones that ``phonenumbers.timezone`` names for it, in its order. The
data (``phonenumbers.tzdata``) is a list of prefixes, of which the longest counts; here they are
intervals of numbers that are filled up with zeros to one length.

Which of the library's two questions is asked depends on the calling code. For +1 and +7 it is
``time_zones_for_geographical_number``: these countries have many zones, so a mobile or toll-free
number is better judged by its area code than by all zones of the whole calling code. For all others
it is ``time_zones_for_number``, which answers with the country where a number has no place.
"""

from __future__ import annotations

from functools import cache

import phonenumbers
import polars as pl
from phonenumbers import timezone
from phonenumbers.phonenumberutil import is_number_type_geographical
from phonenumbers.tzdata import TIMEZONE_DATA, TIMEZONE_LONGEST_PREFIX

from campaign.audience.numbering.authority import TYPES
from campaign.audience.numbering.cache import table
from campaign.audience.numbering.reading import known_numbers
from campaign.audience.numbering.table import LONGEST, Intervals, Table

BY_AREA = frozenset({1, 7})
"""The calling codes whose numbers are placed by their digits, whatever their type."""

_UNKNOWN = 0
"""The place of "no zone is known" among the names."""


def zones_of(e164: pl.Series) -> pl.Series:
    """Return the IANA time zones of each E.164 number, joined by a comma; null where none is known.

    Numbers that are not valid have none, except those with +1 and +7, see above.
    """
    world = table()
    rows = pl.DataFrame({"row": pl.int_range(len(e164), dtype=pl.UInt32, eager=True), "text": e164})
    known = known_numbers(rows.with_columns(region=pl.lit(None, pl.String)), world).filter(
        pl.col("e164").str.len_bytes() > TIMEZONE_LONGEST_PREFIX
    )
    found = known.select("row", zones=_zones(known, world))
    open_ = pl.repeat(True, rows.height, eager=True).scatter(found["row"], False)
    asked = rows.filter(open_, pl.col("text").is_not_null())
    distinct = asked["text"].unique()
    answers = pl.Series([zones_by_library(number) for number in distinct], dtype=pl.String)
    told = asked.join(pl.DataFrame({"text": distinct, "zones": answers}), on="text").select(
        "row", "zones"
    )
    return (
        rows.select("row")
        .join(pl.concat([found, told]), on="row", how="left", maintain_order="left")["zones"]
        .alias(e164.name)
    )


def zones_by_library(e164: str) -> str | None:
    """Return the same for one number, from the library itself."""
    try:
        number = phonenumbers.parse(e164)
    except phonenumbers.NumberParseException:
        return None
    if number.country_code in BY_AREA:
        return _joined(timezone.time_zones_for_geographical_number(number))
    return _joined(timezone.time_zones_for_number(number))


def _joined(zones: tuple[str, ...]) -> str | None:
    return None if timezone.UNKNOWN_TIMEZONE in zones else ",".join(zones)


def _zones(known: pl.DataFrame, world: Table) -> pl.Series:
    names, prefixes = _names(), _prefixes()
    filled = known["e164"].str.pad_end(1 + LONGEST, "0").cast(pl.Int64)
    by_area = names.gather(prefixes.of(filled))
    asks_area, of_country = _answers(world)
    return pl.select(
        pl.when(asks_area.gather(known["answer"]))
        .then(by_area)
        .otherwise(of_country.gather(known["answer"]))
    ).to_series()


def _answers(world: Table) -> tuple[pl.Series, pl.Series]:
    """Return for each kind of number whether its digits tell the zone, and else the zone."""
    numbers = {name: number for number, name in TYPES.items()}
    asks_area: list[bool] = []
    of_country: list[str | None] = []
    for country, type_ in world.kinds.select("country", "type").iter_rows():
        geographical = is_number_type_geographical(numbers[type_], country)
        asks_area.append(country in BY_AREA or geographical)
        zones = TIMEZONE_DATA.get(str(country))
        of_country.append(_joined(zones) if zones and type_ != "unknown" else None)
    return pl.Series(asks_area, dtype=pl.Boolean), pl.Series(of_country, dtype=pl.String)


@cache
def _names() -> pl.Series:
    """Return every list of zones once, as text; the first means that none is known."""
    return pl.Series([None, *_places()], dtype=pl.String)


@cache
def _places() -> dict[str | None, int]:
    names = dict.fromkeys(_joined(zones) for zones in TIMEZONE_DATA.values())
    names.pop(None, None)
    return {name: place for place, name in enumerate(names, _UNKNOWN + 1)}


@cache
def _prefixes() -> Intervals:
    """Return where another prefix begins to count, and the place of its zones in `_names`."""
    begins = {10 ** (LONGEST - 1)}
    for prefix in TIMEZONE_DATA:
        size = 10 ** (LONGEST - len(prefix))
        begins |= {int(prefix) * size, (int(prefix) + 1) * size}
    ordered = sorted(begin for begin in begins if begin < 10**LONGEST)
    return Intervals(
        pl.Series(ordered, dtype=pl.Int64),
        pl.Series([_place(str(begin)) for begin in ordered], dtype=pl.Int32),
    )


def _place(digits: str) -> int:
    """Return the place of the zones of the longest prefix of these digits."""
    for length in range(TIMEZONE_LONGEST_PREFIX, 0, -1):
        zones = TIMEZONE_DATA.get(digits[:length])
        if zones:
            return _places().get(_joined(zones), _UNKNOWN)
    return _UNKNOWN
