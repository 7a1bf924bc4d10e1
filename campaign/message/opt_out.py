"""Does a text say how to opt out, and is an answer nothing but the wish to do so?

The first is a question for a warning, and never a reason to refuse: a text that names no way out is
legal in some places and for some messages, and a way out may be said in words that no list has.
Invariant of the second: only a whole answer is a wish, the same word once or several times and
nothing else; "please don't stop" and "stop please" are none. Vendors read it so too (Braze, "Opt-in
and opt-out keywords": a single word, in any letter case). What is no letter and no digit (an emoji,
a full stop, a mark that nobody sees) says nothing beside it.
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

_UNSEEN = frozenset({"Cf", "Mn", "Me"})
"""Kinds of characters that show nothing by themselves: categories of Unicode."""
_LONGEST_WISH = 40
"""Characters; no word of the lists comes near."""


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
    said = _folded(text).split()
    for words in range(1, len(said) + 1):
        known = _wishes().get(" ".join(said[:words]))
        if known is not None and said == said[:words] * (len(said) // words):
            return known
    return None


@cache
def _wishes() -> Mapping[str, str]:
    return {_folded(word): word for word in [*_table()["keywords"], *_table()["replies"]]}


def _folded(text: str) -> str:
    """Return the words of a text, without letter case, and whatever else stands around them.

    What nobody sees is gone, inside of a word too; so are the marks within one ("opt-out"), for the
    words of the lists are read in the same way.
    """
    seen = (one for one in unicodedata.normalize("NFKC", text) if _kind(one) not in _UNSEEN)
    spaced = "".join(one if _kind(one)[0] in "LMN" else " " for one in seen)
    return " ".join(spaced.casefold().split())


def _kind(character: str) -> str:
    return unicodedata.category(character)
