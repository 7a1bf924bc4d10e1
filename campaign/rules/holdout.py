"""Are they in the group that gets nothing, to compare the others with?

Invariant: the holdout is a share of those who would get the message otherwise. So it is drawn last,
after the duplicates: one person is one member, however many rows they have, and a row that any
other rule refuses is none. It is drawn once, for the plan, and always comes out the same.
"""

from __future__ import annotations

import polars as pl

from campaign.message.lots import end_of, lot
from campaign.rules.table import BLAME, REASON


def without_holdout(frame: pl.LazyFrame, seed: str, share: float, blame: str) -> pl.LazyFrame:
    """Give the members of the holdout their reason, among the rows that have none yet.

    ``share`` is in hundredths, ``blame`` the column of the list with the address.
    """
    wanted = pl.when(pl.col(REASON).is_null()).then(pl.col("identity"))
    member = pl.col("_number_drawn") < end_of(share)
    return (
        frame.with_columns(lot("holdout", seed, wanted).alias("_number_drawn"))
        .with_columns(
            pl.when(member).then(pl.lit("holdout")).otherwise(pl.col(REASON)).alias(REASON),
            pl.when(member).then(pl.lit(blame)).otherwise(pl.col(BLAME)).alias(BLAME),
        )
        .drop("_number_drawn")
    )
