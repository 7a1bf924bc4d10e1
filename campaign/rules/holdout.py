"""Are they in the group that gets nothing, to compare the others with?

Invariant: the holdout is a share of those who would get the message otherwise. So it is drawn last,
after the duplicates: one person is one member, however many rows they have, and a row that any
other rule refuses is none. It is drawn once, for the plan, and always comes out the same.
"""

from __future__ import annotations

import polars as pl

from campaign.message.lots import end_of, lot


def held_out(seed: str, share: float, identity: pl.Expr) -> pl.Expr:
    """Return whether an identity is in the holdout; ``share`` is in hundredths."""
    return (lot("holdout", seed, identity) < end_of(share)).fill_null(value=False)
