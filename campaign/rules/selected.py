"""Does the definition want this row at all? Its ``where``, a condition in polars' SQL."""

from __future__ import annotations

import polars as pl

from campaign.rules.context import Context, Finding, when


def selected(context: Context) -> Finding | None:
    """Skip rows that do not fulfil the condition; a condition that is null is not fulfilled."""
    if context.where is None:
        return None
    return Finding(when(~pl.sql_expr(context.where).fill_null(False), "filtered"))
