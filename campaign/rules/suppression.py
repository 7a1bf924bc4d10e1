"""Did they ask not to be messaged?

Judged when the plan is made, and again right before each message with the lists as they are when
a run starts or resumes, so that an opt-out that comes in between is honoured.
"""

from __future__ import annotations

import polars as pl

from campaign.rules.context import Context, Finding, when


def not_suppressed(context: Context) -> Finding | None:
    """Refuse everybody on a suppression list."""
    if context.suppressed.is_empty():
        return None
    listed = pl.col("_identity").is_in(context.suppressed.implode())
    return Finding(when(listed, "suppressed"), column=pl.lit(context.address))
