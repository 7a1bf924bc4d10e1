"""The reason codes: stable words for why a recipient was not, or may not have been, messaged."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True, slots=True)
class Reason:
    """One code: the state it goes with, a sentence for people, and what to do about it.

    ``resend``: sending again can mend the failure, where the vendor's code does not say otherwise.
    ``choice``: somebody wanted it so; nothing is wrong with the row. ``name_first``: the sentence
    begins with a name, which keeps its capital within another sentence.
    """

    code: str
    state: str
    sentence: str
    advice: str
    resend: bool = False
    choice: bool = False
    name_first: bool = False


@cache
def reasons() -> Mapping[str, Reason]:
    """Return every reason by its code, in the order of the table."""
    text = (files("campaign") / "reasons.toml").read_text(encoding="utf-8")
    return {code: Reason(code, **row) for code, row in tomllib.loads(text).items()}


def sentence(code: str) -> str:
    """Return the sentence for a code; a code that a definition made up stands for itself."""
    known = reasons().get(code)
    return known.sentence if known is not None else code


def advice(code: str) -> str | None:
    """Return what to do about a code; None for one that a definition made up."""
    known = reasons().get(code)
    return known.advice if known is not None else None
