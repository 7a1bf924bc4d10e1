"""Which of the people on the list get the message: those who agreed, without a holdout.

Invariant: what counts as a yes is written down. A cell that holds anything else, or nothing, is no
consent. A share is written as a percentage, never as a bare number.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema

from campaign.definition.fields import OneOrMany, Text, is_number, wrong
from campaign.definition.part import Part
from campaign.definition.values import PERCENT, Percent

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


def _leaves_somebody(share: float) -> float:
    if share == 100:
        raise wrong("leaves nobody to send to", "write a share below 100%")
    return share


class Holdout(Part):
    """A group that gets nothing, to compare the others with."""

    share: Annotated[Percent, AfterValidator(_leaves_somebody)] = Field(
        description="How many of those who would get the message are left out."
    )
    seed: Text | None = Field(
        default=None,
        description="Campaigns with the same seed and share leave out the same people. Default: "
        "the campaign's name.",
    )


ONE_TEXT: dict[str, Any] = {"type": "string", "pattern": r"\S"}
ONE_SHARE: dict[str, Any] = {"type": "string", "pattern": PERCENT, "examples": ["5%"]}


def short_consent(value: object) -> object:
    """Return the mapping for a column that is given alone."""
    return {"column": value} if isinstance(value, str) else value


def short_holdout(value: object) -> object:
    """Return the mapping for a share that is given alone."""
    return value if isinstance(value, dict) else {"share": value}
