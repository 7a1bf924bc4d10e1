"""Who would not be sent to if the run began now, by the rules that depend on the moment.

Invariant: it is judged by the rules' own modules, over whole columns, and in their order: the first
that objects gives the reason, and whom one stops takes no room from the others, as on the sending
path.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from campaign.gate import OtherRuns
from campaign.job import Job
from campaign.ledger.protocol import Ledger
from campaign.plan.frozen import SKIPPED
from campaign.reasons import reasons
from campaign.rules.history import History
from campaign.rules.moment import FORESEEN, MomentRule


def rules_now(
    job: Job, suppressed: pl.Series, ledger: Ledger | None, run_id: int
) -> Sequence[MomentRule]:
    """Return the rules of the moment, with what the ledger knows of other runs.

    ``run_id`` is the run that has begun, 0 for none. Without a ledger nobody was messaged yet.

    Raises:
        InvalidInput: a file that a rule needs cannot be read.
    """
    if ledger is not None:
        return job.moment_rules(suppressed, OtherRuns(job, ledger, run_id).rules)
    return job.moment_rules(suppressed, job.rules_of_other_runs(History()))


@dataclass(frozen=True, slots=True)
class Stopped:
    """How many a rule would stop now, by reason, most first.

    ``left_out`` are the numbers of those rows that it would stop for good. The others are held, or
    stay pending, and get their message later.
    """

    reasons: Mapping[str, int]
    left_out: pl.Series

    def others(self, rows: pl.LazyFrame) -> pl.LazyFrame:
        """Return these rows of the plan without those who would be left out."""
        if self.left_out.is_empty():
            return rows
        # A join looks each row up in one table; a filter would make the table for every batch.
        gone = self.left_out.alias("number").to_frame().lazy()
        return rows.join(gone, on="number", how="anti", maintain_order="left")


def for_good(code: str) -> bool:
    """Return whether a rule that gives this reason leaves the recipient out of the run."""
    known = reasons().get(code)
    return known is not None and known.state == SKIPPED


def stopped(rows: pl.LazyFrame, rules: Sequence[MomentRule], now: float) -> Stopped:
    """Return whom of those who may be sent to a rule would stop now.

    ``rows`` are those of a plan.
    """
    columns = [FORESEEN + rule.name for rule in rules]
    if not columns:
        return Stopped({}, pl.Series("number", [], dtype=pl.UInt32))
    for rule, column in zip(rules, columns, strict=True):
        rows = rule.foreseen(rows, now).with_columns(
            pl.when(pl.col(column).is_null())
            .then("verdict")
            .otherwise(pl.lit(SKIPPED))
            .alias("verdict")
        )
    final = pl.col("reason").is_in([code for code in reasons() if for_good(code)])
    found = (
        rows.select("number", pl.coalesce(columns).alias("reason"))
        .drop_nulls("reason")
        .group_by("reason")
        .agg(pl.len(), pl.col("number").filter(final))
        .sort("len", "reason", descending=[True, False])
        .collect(engine="streaming")
    )
    counts = dict(found.select("reason", "len").iter_rows())
    return Stopped(counts, found["number"].explode().drop_nulls())
