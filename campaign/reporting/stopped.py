"""Who asked to be left alone after a run wrote to them.

Invariant: only wishes count that were read in what somebody wrote, by `sync` or `listen`, and on a
day in the thirty after the run began; a person who was put on the suppression list by hand did not
ask by answering.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import polars as pl

from campaign.ledger.protocol import Ledger
from campaign.ledger.records import Run
from campaign.ledger.wishes import day_of_wish
from campaign.reporting.holdout import DAYS

COLUMN = "_asked_to_stop"


def asked_to_stop(run: Run, kind: str, ledger: Ledger) -> pl.Series:
    """Return the identities of those whom it concerns, whether this run wrote to them or not."""
    began = datetime.fromtimestamp(run.created_at / 1000, UTC)
    first, last = (f"{began + timedelta(days=days):%Y-%m-%d}" for days in (0, DAYS))
    found = []
    # A rehearsal puts nobody on the list.
    for one in [] if run.sandbox else ledger.suppressions(kind, after=run.created_at):
        day = day_of_wish(one.why)
        if day is not None and first <= day <= last:
            found.append(one.identity)
    return pl.Series(found, dtype=pl.String)


def marked(rows: pl.DataFrame, stopped: pl.Series) -> pl.DataFrame:
    """Return rows as they stand with who of them asked to be left alone."""
    return rows.with_columns(pl.col("identity").is_in(stopped.implode()).alias(COLUMN))
