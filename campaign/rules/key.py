"""Can the recipient be told from others? The key column must not be blank."""

from __future__ import annotations

import polars as pl

from campaign.rules.context import KEY, Context, Finding, when


def has_key(context: Context) -> Finding | None:
    """Refuse rows without a key, where the definition names a column for it."""
    if context.key is None:
        return None
    return Finding(when(pl.col(KEY).is_null(), "missing_key"), column=pl.lit(context.key))
