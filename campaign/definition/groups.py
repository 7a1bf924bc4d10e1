"""Which of the people on the list get the message, and which: consent, holdout, variants.

Invariant: what counts as a yes is written down. A cell that holds anything else, or nothing, is no
consent. Shares are percentages, never bare numbers, and those of the variants come to a whole.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Protocol, TypeVar

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema

from campaign.definition.fields import OneOrMany, Shorthand, Text, is_number, wrong
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


def _short_consent(value: object) -> object:
    return {"column": value} if isinstance(value, str) else value


def _short_holdout(value: object) -> object:
    return value if isinstance(value, dict) else {"share": value}


ONE_TEXT: dict[str, Any] = {"type": "string", "pattern": r"\S"}
_ONE_SHARE: dict[str, Any] = {"type": "string", "pattern": PERCENT, "examples": ["5%"]}

AnyConsent = Annotated[Consent, Shorthand(_short_consent, (ONE_TEXT,))]
"""A consent, or the name of the column alone."""
AnyHoldout = Annotated[Holdout, Shorthand(_short_holdout, (_ONE_SHARE,))]
"""A holdout, or its share alone."""

VariantName = Annotated[
    str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$", description="The name of a variant.")
]
"""What a variant may be called."""


def _short_variant(value: object) -> object:
    return {"text": value} if isinstance(value, str) or is_number(value) else value


AsVariant = Shorthand(_short_variant, (ONE_TEXT,))
"""Annotates a variant that may be written shorter."""


class _Shared(Protocol):
    @property
    def share(self) -> float | None: ...


T = TypeVar("T", bound=Mapping[str, _Shared])


def full_shares(variants: Mapping[str, _Shared]) -> dict[str, float]:
    """Return every variant's share in hundredths; those without one divide what is left."""
    given = {name: variant.share for name, variant in variants.items()}
    unsaid = sum(share is None for share in given.values())
    left = 100 - sum(share for share in given.values() if share is not None)
    return {name: left / unsaid if share is None else share for name, share in given.items()}


def comes_to_a_whole(variants: T) -> T:
    """Return the variants.

    Raises:
        PydanticCustomError: their shares do not come to 100%, or there is one variant alone.
    """
    if len(variants) == 1:
        raise wrong("has one variant alone", "a split test compares two at least")
    shares = full_shares(variants)
    if any(share < 1e-6 for share in shares.values()):
        raise wrong("leaves nothing for a variant without a share", "lower the other shares")
    if shares and abs(sum(shares.values()) - 100) > 1e-6:
        raise wrong(
            f"has shares that come to {sum(shares.values()):g}%, not to 100%",
            "a variant without a share gets what is left",
        )
    return variants
