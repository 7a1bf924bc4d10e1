"""People as the rules see them right before a message, and rows of a plan for the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from campaign.rules.history import Known
from campaign.rules.moment import FORESEEN, MomentRule

NOW = 1_790_000_000.0
SECOND, HOUR, DAY = 1.0, 3600.0, 86_400.0


@dataclass(frozen=True)
class Person:
    identity: str
    initiated: bool | None = True
    last_inbound: int | None = None
    sent_to: str | None = None

    @property
    def address(self) -> str:
        return self.sent_to or self.identity


def known(identity: str, ago: float, number: int = 0, run: int = 7, **more: bool) -> Known:
    """Return a message to somebody so many seconds ago."""
    return Known((run, number), identity, round((NOW - ago) * 1000), **more)


def rows(people: Sequence[Person], verdict: str = "send") -> pl.LazyFrame:
    return pl.LazyFrame(
        {
            "identity": [person.identity for person in people],
            "address": [person.address for person in people],
            "last_inbound": [person.last_inbound for person in people],
            "verdict": [verdict] * len(people),
        },
        schema={
            "identity": pl.String,
            "address": pl.String,
            "last_inbound": pl.Int64,
            "verdict": pl.String,
        },
    )


def foreseen(rule: MomentRule, people: Sequence[Person], verdict: str = "send") -> list[str | None]:
    found = rule.foreseen(rows(people, verdict), NOW).collect()
    assert found.columns == ["identity", "address", "last_inbound", "verdict", FORESEEN + rule.name]
    return found[FORESEEN + rule.name].to_list()
