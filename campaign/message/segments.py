"""How many SMS a text becomes: segments and encoding, over whole columns.

A text whose characters are all in GSM's 7-bit alphabet has 160 places in one SMS, or 153 in each of
several; one other character, and all of it is sent in UCS-2, with 70 places, or 67 in each. A
character of the extension table takes two places in GSM-7, and one beyond the Basic Multilingual
Plane two in UCS-2; neither is split over two segments. Vendors may replace characters before they
count, so this is an estimate.

Source: 3GPP TS 23.038 (alphabets) and 23.040 (of several messages, 6 of 140 bytes are a header).
"""

from __future__ import annotations

import re
import tomllib
from importlib.resources import files
from typing import Any

import polars as pl

GSM_7, UCS_2 = "GSM-7", "UCS-2"

_TABLE: dict[str, Any] = tomllib.loads(
    (files("campaign.message") / "gsm_7.toml").read_text(encoding="utf-8")
)
_BEYOND_GSM_7 = f"[^{re.escape(_TABLE['basic'] + _TABLE['extension'])}]"
_TWO_PLACES_IN_GSM_7 = f"[{re.escape(_TABLE['extension'])}]"
_TWO_PLACES_IN_UCS_2 = r"[\x{10000}-\x{10FFFF}]"
_ALONE_IN_GSM_7, _OF_SEVERAL_IN_GSM_7 = 160, 153
_ALONE_IN_UCS_2, _OF_SEVERAL_IN_UCS_2 = 70, 67


def segments(text: pl.Expr) -> pl.Expr:
    """Return how many segments each text takes (UInt32); an empty text takes one."""
    return (
        pl.when(_is_gsm_7(text))
        .then(_filled(text, _TWO_PLACES_IN_GSM_7, "|", _ALONE_IN_GSM_7, _OF_SEVERAL_IN_GSM_7))
        .otherwise(
            _filled(text, _TWO_PLACES_IN_UCS_2, "\U0010ffff", _ALONE_IN_UCS_2, _OF_SEVERAL_IN_UCS_2)
        )
    )


def encoding(text: pl.Expr) -> pl.Expr:
    """Return ``GSM-7`` or ``UCS-2`` for each text."""
    return (
        pl.when(text.is_not_null())
        .then(pl.when(_is_gsm_7(text)).then(pl.lit(GSM_7)).otherwise(pl.lit(UCS_2)))
        .otherwise(None)
    )


def switching(text: pl.Expr) -> pl.Expr:
    """Return the characters that force UCS-2, each once as they come; empty where there is none."""
    others = text.str.extract_all(_BEYOND_GSM_7)
    return others.list.unique(maintain_order=True).list.join("")


def _is_gsm_7(text: pl.Expr) -> pl.Expr:
    return ~text.str.contains(_BEYOND_GSM_7)


def _filled(text: pl.Expr, two_places: str, first: str, alone: int, of_several: int) -> pl.Expr:
    """Return how many segments are filled when no character is split.

    ``two_places`` matches the characters that take two; ``first`` is one of them, and stands for
    the first of the two places once each of them is written as ``first`` and a letter. A segment is
    then the longest stretch that does not end in ``first``.
    """
    twice = text.str.count_matches(two_places)
    places = text.str.len_chars() + twice
    even = (places + of_several - 1) // of_several
    # Only where it matters: rows that are null here cost nothing.
    uneven = pl.when((places > alone) & (twice > 0)).then(text)
    stretch = f"(?s).{{0,{of_several - 1}}}[^{first}]"
    packed = uneven.str.replace_all(two_places, f"{first}a").str.count_matches(stretch)
    return pl.when(places <= alone).then(1).otherwise(pl.coalesce(packed, even)).cast(pl.UInt32)
