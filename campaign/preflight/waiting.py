"""Who would not be sent to if the run began now, by the rules that depend on the moment.

Invariant: it is judged by the rules' own modules, over whole columns, and in their order: the first
that objects gives the reason, as it does on the sending path.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol, runtime_checkable

import polars as pl

from campaign.plan.frozen import SEND, Plan
from campaign.rules.moment import MomentRule

FORESEEN = "foreseen:"
"""Prefix of the column in which a rule says what it would object now."""


@runtime_checkable
class Foreseeing(Protocol):
    """A rule of the moment that can judge whole columns."""

    @property
    def name(self) -> str:
        """What its column is called after the prefix."""
        ...

    def foreseen(self, rows: pl.LazyFrame, now: float) -> pl.LazyFrame:
        """Add the column ``foreseen:NAME``: the reason code that it would give now, or null."""
        ...


def waiting(plan: Plan, rules: Sequence[MomentRule], now: float) -> Mapping[str, int]:
    """Return how many of those who may be sent to a rule would stop now, by reason, most first."""
    rows, columns = plan.rows().filter(pl.col("verdict") == SEND), []
    for rule in rules:
        if isinstance(rule, Foreseeing):
            rows = rule.foreseen(rows, now)
            columns.append(FORESEEN + rule.name)
    if not columns:
        return {}
    found = (
        rows.select(pl.coalesce(columns).alias("reason"))
        .drop_nulls()
        .group_by("reason")
        .len()
        .sort("len", "reason", descending=[True, False])
        .collect(engine="streaming")
    )
    return dict(found.iter_rows())
