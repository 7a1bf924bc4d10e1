"""Did they ask not to be messaged?

Judged when the plan is made, and again right before each message with the lists as they are when
a run starts or resumes, so that an opt-out that comes in between is honoured.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from campaign.rules.context import Context, Finding, when
from campaign.rules.moment import Who


def not_suppressed(context: Context) -> Finding | None:
    """Refuse everybody on a suppression list."""
    if context.suppressed.is_empty():
        return None
    listed = pl.col("_identity").is_in(context.suppressed.implode())
    return Finding(when(listed, "suppressed"), column=pl.lit(context.address))


@dataclass(frozen=True, slots=True)
class NotSuppressed:
    """The same right before the message; ``listed`` are the identities on the lists."""

    listed: frozenset[str]

    def objection(self, who: Who, now: float) -> str | None:
        """Refuse everybody on a suppression list."""
        del now
        return "suppressed" if who.identity in self.listed else None
