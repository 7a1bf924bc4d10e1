"""Did the same person get a message a moment ago?

WhatsApp takes one message in 6 seconds to one person (Meta, "Cloud API overview", pair rate limits;
error 131056). Within a run nobody comes twice, so only other runs matter. Invariant: it is a wait,
and never a reason to leave somebody out.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from campaign.rules.history import History
from campaign.rules.moment import FORESEEN, Hold, Who

CODE = "pair_rate"
SECONDS = 6.0
"""How long after a message to one person the next one may leave."""


@dataclass(frozen=True, slots=True)
class PairRate:
    """Lets a person's second message wait."""

    history: History
    name: str = CODE

    def objection(self, who: Who, now: float) -> Hold | None:
        """Hold who was messaged less than 6 seconds before ``now`` (seconds since 1970 UTC)."""
        latest = self.history.latest_chat(who.identity)
        if latest is None or latest / 1000 + SECONDS <= now:
            return None
        return Hold(CODE, latest / 1000 + SECONDS)

    def foreseen(self, rows: pl.LazyFrame, now: float) -> pl.LazyFrame:
        """Add nothing but nulls: seconds are no forecast."""
        del now
        return rows.with_columns(pl.lit(None, dtype=pl.String).alias(FORESEEN + self.name))
