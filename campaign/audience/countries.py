"""The country codes that people mean by the names that they write in a list.

Invariant: a name only ever leads to a suggestion; no number is read by it. The names are those that
libphonenumber has for the countries, in all of its languages, where a name is one country's.
"""

from __future__ import annotations

from functools import cache

import polars as pl

from campaign.audience.cells import trimmed

# What lists say and no table of country names has.
_COMMON = {
    "uk": "GB",
    "great britain": "GB",
    "england": "GB",
    "scotland": "GB",
    "wales": "GB",
    "usa": "US",
    "uae": "AE",
    "holland": "NL",
}


def code_of(country: pl.Expr) -> pl.Expr:
    """Return the ISO 3166-1 alpha-2 code of each country's name, or null."""
    return trimmed(country).map_batches(_codes, return_dtype=pl.String, is_elementwise=True)


def _codes(names: pl.Series) -> pl.Series:
    if names.null_count() == len(names):  # nobody asks, so the names need not be put in order
        return names
    plain = names.str.to_lowercase().str.replace_all(".", "", literal=True)
    return plain.replace_strict(_names(), default=None, return_dtype=pl.String)


@cache
def _names() -> dict[str, str]:
    # Only where somebody has to be told: with the names come the places of all numbers, 100 MB.
    from phonenumbers.geodata.locale import LOCALE_DATA

    found: dict[str, set[str]] = {}
    for code, names in LOCALE_DATA.items():
        for name in names.values():
            # A star stands in front of the language whose name is the same.
            if not name.startswith("*"):
                found.setdefault(name.lower().replace(".", ""), set()).add(code)
    alone = {name: codes.pop() for name, codes in found.items() if len(codes) == 1}
    return alone | _COMMON
