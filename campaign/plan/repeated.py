"""Who is twice on the list? The one question of a plan that no row can answer by itself.

Invariant: the list stays on disk, and is not judged for this. What is together in memory of all
rows is a hash of who they are; only those who share one are judged beforehand, and their texts
compared. What they are found to be is the same when the whole list is judged: a rule's answer
depends on the row, the definition and the moment that the plan is made for, and a condition that
may ask about other rows too (`where`) is asked of the whole list both times.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import polars as pl

from campaign.audience.among import among_rows
from campaign.audience.duplicates import mark_duplicates
from campaign.audience.freezing import ROW_GROUP
from campaign.audience.variants import in_two_forms
from campaign.plan.frozen import INPUT
from campaign.rules.context import KEY
from campaign.rules.table import REASON

NAMED = ["duplicate_of", "same_key_as"]
"""What is said of a repeat, see `mark_duplicates`."""

_HASHES = 1 << 32
"""So many there are: one in four thousand of a million rows is compared for nothing."""


def people(frame: pl.LazyFrame) -> pl.LazyFrame:
    """Return what tells of each row who it is, and nothing that a rule or a text says."""
    return frame.select(
        pl.col("_number").alias("number"),
        pl.col("_identity").alias("identity"),
        pl.col("_address").alias("address"),
        pl.col(KEY).alias("key"),
    )


class Repeats(NamedTuple):
    """Who is there more than once."""

    found: pl.DataFrame
    """The ``number`` of each repeat, in the order of the list, with what `NAMED` says of it."""

    two_forms: pl.Series
    """The identities that stand under more than one number, see `in_two_forms`."""


def repeats(
    frame: pl.LazyFrame, judge: Callable[[pl.LazyFrame], pl.LazyFrame], apart: Path | None
) -> Repeats:
    """Find the repeats of a list.

    ``judge`` gives rows of the ``frame`` their reasons. Those it is asked about go into the new
    file ``apart``; without one it is asked about all.
    """
    shared = _perhaps_shared(people(frame))
    some = frame.filter(among_rows(shared, pl.col("_number")))
    asked = frame
    if apart is not None:
        # The list as it was read is for the plan alone.
        some.select(pl.exclude(f"^{INPUT}.*$")).sink_parquet(
            apart, compression="lz4", statistics=False, row_group_size=ROW_GROUP
        )
        asked = some = pl.scan_parquet(apart)
    keys = (
        judge(asked)
        .filter(among_rows(shared, pl.col("number")) & pl.col(REASON).is_null())
        .select(
            "row",
            "file",
            "identity",
            "key",
            pl.col("number").alias("index"),
            pl.lit(value=True).alias("sendable"),
        )
        .collect()
    )
    found = (
        mark_duplicates(keys)
        .select(pl.col("index").alias("number"), *NAMED)
        .filter(pl.any_horizontal(pl.col(NAMED).is_not_null()))
    )
    # Who stands under two numbers stands there twice.
    return Repeats(found, in_two_forms(people(some)))


def _perhaps_shared(rows: pl.LazyFrame) -> pl.Series:
    """Return, sorted, the numbers of the rows whose identity or key may occur again."""
    hashes = [
        pl.when(pl.col(name).is_not_null())
        .then(pl.col(name).hash() % _HASHES)
        .cast(pl.UInt32)
        .alias(name)
        for name in ("identity", "key")
    ]
    hashed = rows.select("number", *hashes).collect(engine="streaming")
    again = [hashed[name].is_in(_doubled(hashed[name]).implode()) for name in ("identity", "key")]
    return hashed["number"].filter((again[0] | again[1]).fill_null(value=False)).sort()


def _doubled(hashes: pl.Series) -> pl.Series:
    """Return what is there more than once; sorted, as a table of all would be larger than they."""
    ordered = hashes.drop_nulls().sort()
    # Two views of the same memory, where a shift would be a copy.
    return ordered[1:].filter(ordered[1:] == ordered[:-1]).unique()
