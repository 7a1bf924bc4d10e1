"""Who is on the list, as a definition says it: files, columns, and how numbers are read."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from campaign.definition.fields import OneOrMany, Region, Shorthand, Text, Where
from campaign.definition.groups import ONE_TEXT
from campaign.definition.part import Part
from campaign.definition.prefixes import Prefixes

_TEXTS: dict[str, Any] = {"type": "array", "items": ONE_TEXT, "minItems": 1}

ColumnName = Annotated[
    str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$", description="A name for use in templates.")
]


class Recipients(Part):
    """Who is on the list, and which column means what."""

    files: Annotated[list[Text], OneOrMany] = Field(
        min_length=1,
        description="CSV or Parquet files; globs are allowed. Relative to the definition.",
    )
    columns: dict[ColumnName, Text] = Field(
        default_factory=dict,
        description="Names for columns: our name on the left, the header in the list on the right.",
    )
    address: Text | None = Field(
        default=None,
        description="Column with the address. Default: phone, email or user_id, as the channel "
        "and the provider need.",
    )
    key: Text | None = Field(
        default=None,
        description="Column that identifies a recipient within a run. Default: the address.",
    )
    country: Text | None = Field(
        default=None,
        description="Column with an ISO 3166 country code per row, for numbers in national form.",
    )
    default_region: Region | None = Field(
        default=None,
        description="Country of numbers in national form where the row names none, such as DE.",
    )
    digits_are_international: Literal["auto", "yes", "no"] | None = Field(
        default=None,
        description="What digits without + and without a 0 in front are: yes, country code and "
        "number; no, national; auto, national, and refused where they are a number abroad too. "
        "Default: auto.",
    )
    validity: Literal["strict", "lenient"] | None = Field(
        default=None,
        description="lenient takes numbers that could exist but are not known to, such as those of "
        "a new range, with a warning; strict refuses them. Default: strict.",
    )
    timezone: Text | None = Field(
        default=None,
        description="Column with an IANA time zone per row, for quiet hours. Default: the number's "
        "own zones.",
    )
    where: Where | None = Field(
        default=None,
        description="Only rows that fulfil this condition (polars SQL), such as country = 'DE'.",
    )
    blocked_prefixes: Prefixes | None = Field(
        default=None,
        description='Numbers that begin with one of these get nothing: "+53", ["+53", "+98"].',
    )


def _short_recipients(value: object) -> object:
    return {"files": value} if isinstance(value, str | list) else value


AnyRecipients = Annotated[Recipients, Shorthand(_short_recipients, (ONE_TEXT, _TEXTS))]
"""Recipients, or the names of their files alone."""
