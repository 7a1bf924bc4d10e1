"""Of two ways to read a number, which one? Or neither.

Invariant: what is chosen is the only reading, or the only one that is known to exist where nothing
speaks for the other. Two that weigh the same and differ are refused.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import phonenumbers
import polars as pl

from campaign.audience.numbering import read_numbers

VALID, POSSIBLE, NONE = "valid", "possible", "none"
"""How a reading stands: known to exist, possible (and asked for), or no number."""

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
    """
    prefixed = pl.col("explicit") | pl.col("zeros") | pl.col("said")
    abroad, home = pl.col("abroad:standing") != NONE, pl.col("home:standing") != NONE
    # Two of which one is known to exist: the other is what no-one has heard of yet.
    home_only = (pl.col("home:standing") == VALID) & (pl.col("abroad:standing") == POSSIBLE)
    abroad_only = (pl.col("abroad:standing") == VALID) & (pl.col("home:standing") == POSSIBLE)
    differ = abroad & home & (pl.col("abroad:number") != pl.col("home:number"))
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

    def chosen(field: str) -> pl.Expr:
        one = pl.when(at_home).then(pl.col(f"home:{field}")).otherwise(pl.col(f"abroad:{field}"))
        return pl.when(accepted).then(one)

    unknown = chosen("standing") == POSSIBLE
    return rows.with_columns(problem=problem).select(
        "_at",
        chosen("number").alias("address"),
        "problem",
        chosen("region").alias("region"),
        chosen("type").alias("type"),
        pl.coalesce(
            pl.when(accepted).then(pl.col("repair")),
            pl.when(unknown).then(pl.lit("number_not_known")),
        ).alias("warning"),
    )


def known_as(text: pl.Series, region: pl.Series, reading: Reading) -> pl.DataFrame:
    """Return ``number``, ``region``, ``type`` and ``standing`` (valid, possible or none)."""
    found = read_numbers(text, region)
    possible = _whole(found) if reading.validity == "lenient" else pl.lit(value=False)
    standing = (
        pl.when("valid").then(pl.lit(VALID)).when(possible).then(pl.lit(POSSIBLE))
    ).otherwise(pl.lit(NONE))
    return found.select(
        pl.col("e164").alias("number"), "region", "type", standing.alias("standing")
    )


def _whole(found: pl.DataFrame) -> pl.Series:
    """Return which numbers may exist and can be called from abroad.

    libphonenumber calls local numbers possible too, such as seven digits in the United States.
    """
    unknown = found["possible"] & ~found["valid"] & found["e164"].str.contains(_WORLDWIDE)
    answers = {
        number: phonenumbers.is_possible_number_with_reason(phonenumbers.parse(number))
        == phonenumbers.ValidationResult.IS_POSSIBLE
        for number in found["e164"].filter(unknown).unique()
    }
    whole = [number for number, possible in answers.items() if possible]
    return unknown & found["e164"].is_in(whole)
