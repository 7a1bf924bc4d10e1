"""Into how many parts the text messages of a plan are cut, and what makes them so many.

Invariant: every text is counted once, so the histogram adds up to the messages. Vendors bill by the
part, and one character outside the GSM alphabet makes the parts of its text less than half as long.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from campaign.message.composition import TEXT
from campaign.message.form import Form
from campaign.message.segments import UCS_2, encoding, switching
from campaign.plan.frozen import Plan
from campaign.plan.saying import SEGMENTS
from campaign.preflight.examples import places, rows_at

CHARACTERS = 20
"""So many of the characters that switch the encoding are named, the commonest first."""


@dataclass(frozen=True, slots=True)
class Switching:
    """A character that is not in the GSM alphabet: in how many texts, and the first of them."""

    character: str
    rows: int
    place: str

    @property
    def name(self) -> str:
        """The character's Unicode name, with its number where it may not be seen."""
        name = unicodedata.name(self.character, "")
        return f"U+{ord(self.character):04X} {name}".strip()


@dataclass(frozen=True, slots=True)
class Lengths:
    """``histogram`` counts messages by their parts, ``switched`` those not in the GSM alphabet."""

    histogram: Mapping[int, int]
    switched: int
    characters: Sequence[Switching]

    @property
    def messages(self) -> int:
        """How many messages there are."""
        return sum(self.histogram.values())

    @property
    def total(self) -> int:
        """How many parts all messages have."""
        return sum(parts * messages for parts, messages in self.histogram.items())

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain data, for machines."""
        return {
            "messages": self.messages,
            "total": self.total,
            "histogram": {str(parts): rows for parts, rows in self.histogram.items()},
            "switched": self.switched,
            "characters": [
                {
                    "character": one.character,
                    "name": one.name,
                    "rows": one.rows,
                    "place": one.place,
                }
                for one in self.characters
            ],
        }


def lengths(plan: Plan, rows: pl.LazyFrame) -> Lengths | None:
    """Count the parts of every text among these rows; ``None`` where there is no text."""
    if SEGMENTS not in plan.columns:
        return None
    said = rows.filter(pl.col("form") == Form.TEXT.value)
    histogram = said.group_by(pl.col(SEGMENTS)).len().sort(SEGMENTS).collect(engine="streaming")
    if histogram.is_empty():
        return None
    text = pl.col(TEXT)
    foreign = said.filter(encoding(text) == UCS_2).select(
        "number", switching(text).alias("foreign")
    )
    switched: int = foreign.select(pl.len()).collect(engine="streaming").item()
    common = (
        foreign.select("number", pl.col("foreign").str.split("").alias("character"))
        .explode("character")
        .group_by("character")
        .agg(pl.len().alias("rows"), pl.col("number").min())
        .sort("rows", "number", descending=[True, False])
        .head(CHARACTERS)
        .collect(engine="streaming")
    )
    first = rows_at(plan, common["number"].unique()).select("number", places(plan)).collect()
    named = common.join(first, on="number", how="left", maintain_order="left")
    return Lengths(
        dict(histogram.iter_rows()),
        switched,
        [Switching(*row) for row in named.select("character", "rows", "place").iter_rows()],
    )
