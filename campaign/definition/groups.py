"""Which of the people on the list may get the message at all: those who agreed.

Invariant: what counts as a yes is written down. A cell that holds anything else, or nothing, is no
consent.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, Field, WithJsonSchema

from campaign.definition.fields import OneOrMany, Text, is_number, wrong
from campaign.definition.part import Part

YES = ("yes", "y", "true", "1")
"""What counts as consent where the definition names no values."""


def _cell(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()  # YAML reads an unquoted true as more than a word
    text = str(value) if is_number(value) else value
    if not isinstance(text, str) or not text.strip():
        raise wrong("must be what a cell holds when somebody agreed", "for example: yes")
    return text.strip()


Cell = Annotated[
    str,
    BeforeValidator(_cell),
    WithJsonSchema(
        {"anyOf": [{"type": "string", "pattern": r"\S"}, {"type": "number"}, {"type": "boolean"}]}
    ),
]
"""What a cell of the list may hold."""


class Consent(Part):
    """How to know who agreed to be messaged."""

    column: Text = Field(description="Column that says whether they agreed.")
    values: Annotated[list[Cell], OneOrMany] = Field(
        default=list(YES),
        min_length=1,
        description="What the cell holds when they did, in whatever letter case. Everything else, "
        "and a blank cell, is no consent.",
    )


ONE_TEXT: dict[str, Any] = {"type": "string", "pattern": r"\S"}


def short_consent(value: object) -> object:
    """Return the mapping for a column that is given alone."""
    return {"column": value} if isinstance(value, str) else value
