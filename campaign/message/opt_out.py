"""Does a text say how to opt out, and is an answer nothing but the wish to do so?

The first is a question for a warning, and never a reason to refuse: a text that names no way out is
legal in some places and for some messages, and a way out may be said in words that no list has.
Invariant of the second: only a whole answer is a wish; "please don't stop" is none. Vendors read it
so too (Braze, "Opt-in and opt-out keywords": a single word, in any letter case).
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

import polars as pl

_LONGEST_WISH = 40
"""Characters; no word of the lists comes near."""
_AROUND = " \t\r\n.,;:!?\"'`´«»“”„‘’()[]<>*_-–—"


@cache
def _table() -> Mapping[str, Any]:
    text = (files("campaign.message") / "opt_out.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


@cache
def _pattern() -> str:
    """Return the pattern of all words and phrases."""
    table = _table()
    keywords = "|".join(map(re.escape, table["keywords"]))
    phrases = "|".join(re.escape(one) for known in table["phrases"].values() for one in known)
    return rf"\b(?:{keywords})\b|(?i:\b(?:{phrases}))"


def says_how(text: pl.Expr) -> pl.Expr:
    """Return whether each text says how to opt out."""
    return text.str.contains(_pattern())


def wish(text: str | None) -> str | None:
    """Return the word of the lists that is the whole of an answer, or ``None``."""
    if text is None or len(text) > _LONGEST_WISH:
        return None
    return _wishes().get(_folded(text))


@cache
def _wishes() -> Mapping[str, str]:
    return {_folded(word): word for word in [*_table()["keywords"], *_table()["replies"]]}


def _folded(text: str) -> str:
    """Return a text without its letter case, its blanks, and what may stand around a word."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().strip(_AROUND).split())
