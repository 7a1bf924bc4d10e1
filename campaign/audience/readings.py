"""Of two ways to read a number, which one? Or neither.

Invariant: what is chosen is the only reading, or the only one that is known to exist where nothing
speaks for the other. Two that weigh the same and differ are refused.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import phonenumbers
import polars as pl

from campaign.audience.numbering import Numbers

NONE, VALID, POSSIBLE = range(3)
"""How a reading stands: no number, known to exist, or possible (and asked for)."""

# What a number looks like that can be called from abroad (ITU-T E.164: 15 digits at most).
_WORLDWIDE = r"^\+[1-9][0-9]{6,14}$"


@dataclass(frozen=True, slots=True)
class Reading:
    """How to read what can be read in more ways than one.

    ``digits_are_international`` is about digits without ``+`` and without a 0 in front: ``yes``,
    they begin with a country code; ``no``, they are national; ``auto``, they are national, and
    refused where they are somebody abroad as well. With ``validity`` ``lenient`` a number that is
    not known to exist, but could, is taken with a warning.
    """

    digits_are_international: Literal["auto", "yes", "no"] = "auto"
    validity: Literal["strict", "lenient"] = "strict"


def settled(rows: pl.DataFrame, *, national_only: bool) -> pl.DataFrame:
    """Choose between the two readings of each cell, or refuse to.

    Of two that differ and weigh the same, none is taken. A number that is known to exist outweighs
    one that could; only digits without a prefix are not sent abroad for that.

    The answer has ``_at``, the ``place`` of the number that is chosen, or null, ``problem`` and
    ``warning``.
    """
    prefixed = pl.col("explicit") | pl.col("zeros") | pl.col("said")
    abroad, home = pl.col("abroad:standing") != NONE, pl.col("home:standing") != NONE
    # Two of which one is known to exist: the other is what no-one has heard of yet.
    home_only = (pl.col("home:standing") == VALID) & (pl.col("abroad:standing") == POSSIBLE)
    abroad_only = (pl.col("abroad:standing") == VALID) & (pl.col("home:standing") == POSSIBLE)
    differ = abroad & home & (pl.col("abroad:e164") != pl.col("home:e164"))
    # Who said that digits are national has said which of the two it is, except of zeros in front,
    # which are digits like others only in the few countries that read them so.
    undecided = differ & ~home_only & ~(abroad_only & prefixed)
    if national_only:
        undecided &= pl.col("zeros")
    # Digits without any prefix are what the region makes of them; that they would also be somebody
    # abroad is no reason to write to that person.
    at_home = home & ~(abroad_only & prefixed)
    problem = (
        pl.when(pl.col("problem").is_not_null())
        .then(pl.col("problem"))
        .when(undecided)
        .then(pl.lit("ambiguous_number"))
        .when(~at_home & ~(abroad & prefixed))
        .then(pl.lit("invalid_number"))
        .otherwise(None)
    )
    accepted = pl.col("problem").is_null()

    # The one that is chosen, by where it stands.
    place = pl.when(at_home).then(pl.col("home:place")).otherwise(pl.col("abroad:place"))
    standing = pl.when(at_home).then(pl.col("home:standing")).otherwise(pl.col("abroad:standing"))
    return rows.with_columns(problem=problem).select(
        "_at",
        pl.when(accepted).then(place).alias("place"),
        "problem",
        pl.when(accepted)
        .then(pl.coalesce("repair", pl.when(standing == POSSIBLE).then(pl.lit("number_not_known"))))
        .alias("warning"),
    )


def standings(found: Numbers, reading: Reading) -> pl.Series:
    """Return for each number whether it is valid, possible or none."""
    standing = found.told("valid").cast(pl.UInt8) * VALID
    if reading.validity == "lenient":
        standing = standing.scatter(_whole(found), POSSIBLE)
    return standing


def _whole(found: Numbers) -> pl.Series:
    """Return the places of numbers that nobody knows, may exist and can be called from abroad.

    libphonenumber calls local numbers possible too, such as seven digits in the United States.
    """
    unknown = found.told("possible") & ~found.told("valid") & found.e164.str.contains(_WORLDWIDE)
    places = unknown.fill_null(value=False).arg_true()
    numbers = found.e164.gather(places)
    whole = [
        number
        for number in numbers.unique()
        if phonenumbers.is_possible_number_with_reason(phonenumbers.parse(number))
        == phonenumbers.ValidationResult.IS_POSSIBLE
    ]
    return places.filter(numbers.is_in(whole))
