"""What a definition says about its own estimate: the rates that it costs by.

Invariant: none of it decides who gets what, so all of it may change while a run is going on.
"""

from __future__ import annotations

from typing import Any

from pydantic import Field

from campaign.definition.fields import Shorthand, Text
from campaign.definition.part import Part


class Cost(Part):
    """By which rates the cost is estimated."""

    rates: Text = Field(
        description="CSV or Parquet file with the columns country, category, price and currency, "
        "and `from` where a price begins on a date. Relative to the definition."
    )


def _short_cost(value: object) -> object:
    return {"rates": value} if isinstance(value, str) else value


_FILE: dict[str, Any] = {"type": "string", "pattern": r"\S"}

CostByFile = Shorthand(_short_cost, (_FILE,))
"""Annotates a cost that may be written as the file of rates alone."""
