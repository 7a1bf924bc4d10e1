"""Is there room in the messaging tier?

Meta lets a business send outside open windows to so many different people in any 24 hours, over
all its numbers (Meta, WhatsApp Business Platform, "Messaging limits": 250, 2,000, 10,000, 100,000
or unlimited). Invariant: whoever is counted already may be messaged again, and so may whoever has
an open window; nobody else while the tier is full.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime

import polars as pl

from campaign.rules.history import History, hashes
from campaign.rules.moment import FORESEEN, Hold, Who
from campaign.rules.window import LAST_INBOUND, Window

CODE = "tier_reached"
WINDOW = 24 * 3600
"""Seconds for which a person is counted."""


@dataclass(frozen=True, slots=True)
class Tier:
    """Keeps back new people while ``people`` others were messaged in the last 24 hours."""

    people: int
    history: History
    window: Window
    name: str = CODE

    def objection(self, who: Who, now: float) -> Hold | None:
        """Keep somebody back until there is room (``now`` in seconds since 1970 UTC)."""
        at = round(now * 1000)
        if not who.initiated or self.history.is_counted(who.identity, at):
            return None
        room_at = self.history.room_at(self.people, at)
        if room_at <= at:
            return None
        until = room_at / 1000
        when = datetime.fromtimestamp(until, UTC).astimezone()
        return Hold(
            CODE,
            until,
            f"The messaging tier is full: {self.people:,} people were messaged in the last 24 "
            f"hours. There is room from {when:%Y-%m-%d %H:%M:%S}; the same command goes on then.",
        )

    def foreseen(self, rows: pl.LazyFrame, now: float) -> pl.LazyFrame:
        """Add what it would say of each row of a plan, were they sent to in order at once."""
        at = round(now * 1000)
        room = max(0, self.people - self.history.people(at))
        is_open = self.window.expression(now)
        counted = hashes(pl.col("identity")).is_in(self.history.counted(at).implode())
        new = (pl.col("verdict") == "send") & ~is_open & ~counted
        reached = new & (new.cum_sum() > room)
        code = pl.when(reached).then(pl.lit(CODE, dtype=pl.String))
        return (
            rows.with_columns(pl.col("last_inbound").alias(LAST_INBOUND))
            .with_columns(code.alias(FORESEEN + self.name))
            .drop(LAST_INBOUND)
        )


def days(people: int, tier: int) -> int:
    """Return on how many days in a row so many new people can be reached."""
    return math.ceil(people / tier)


def sentence(people: int, tier: int) -> str:
    """Say how long so many new people take: ``50,000 people at tier 10,000 = 5 days``."""
    needed = days(people, tier)
    return f"{people:,} people at tier {tier:,} = {needed:,} {'day' if needed == 1 else 'days'}"
