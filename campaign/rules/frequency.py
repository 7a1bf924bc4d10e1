"""Have they had enough messages lately?

Invariant: whatever the campaign and the channel, what counts is the person: every message of the
ledger's runs that the same address may have got. The windows move; they are no calendar days.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from campaign.rules.history import History, hashes
from campaign.rules.moment import FORESEEN, Who

CODE = "frequency_cap"


@dataclass(frozen=True, slots=True)
class AtMost:
    """So many ``messages`` in so many ``seconds``."""

    messages: int
    seconds: float


@dataclass(frozen=True, slots=True)
class FrequencyCap:
    """Refuses who has reached one of the limits."""

    limits: Sequence[AtMost]
    history: History
    name: str = CODE

    def objection(self, who: Who, now: float) -> str | None:
        """Refuse who has reached a limit at ``now`` (seconds since 1970 UTC)."""
        for limit in self.limits:
            since = round((now - limit.seconds) * 1000)
            if self.history.messages(who.identity, since) >= limit.messages:
                return CODE
        return None

    def foreseen(self, rows: pl.LazyFrame, now: float) -> pl.LazyFrame:
        """Add what it would say of each row of a plan."""
        table = self.history.frame()
        capped = [
            table.filter(pl.col("at") > round((now - limit.seconds) * 1000))
            .group_by("who")
            .len()
            .filter(pl.col("len") >= limit.messages)["who"]
            for limit in self.limits
        ]
        reached = hashes(pl.col("identity")).is_in(pl.concat(capped).unique().implode())
        code = pl.when(reached).then(pl.lit(CODE, dtype=pl.String))
        return rows.with_columns(code.alias(FORESEEN + self.name))
