"""Does a text say how to opt out? A question for a warning, and never a reason to refuse.

A text that names no way out is legal in some places and for some messages, and a way out may be
said in words that no list has.
"""

from __future__ import annotations

import re
import tomllib
from functools import cache
from importlib.resources import files

import polars as pl


@cache
def _pattern() -> str:
    """Return the pattern of all words and phrases."""
    text = (files("campaign.message") / "opt_out.toml").read_text(encoding="utf-8")
    table = tomllib.loads(text)
    keywords = "|".join(map(re.escape, table["keywords"]))
    phrases = "|".join(re.escape(one) for known in table["phrases"].values() for one in known)
    return rf"\b(?:{keywords})\b|(?i:\b(?:{phrases}))"


def says_how(text: pl.Expr) -> pl.Expr:
    """Return whether each text says how to opt out."""
    return text.str.contains(_pattern())
