"""Who would not be sent to if the run began now, by the rules that depend on the moment.

Invariant: it is judged by the rules' own modules, over whole columns, and in their order: the first
that objects gives the reason, and whom one stops takes no room from the others, as on the sending
path.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from campaign.gate import OtherRuns
from campaign.job import Job
from campaign.ledger.protocol import Ledger
from campaign.plan.frozen import SKIPPED
from campaign.rules.history import History
from campaign.rules.moment import FORESEEN, MomentRule
from campaign.rules.tier import Tier


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
    most = job.loaded.definition.rate.tier
    known = () if most is None else (Tier(most, History(), job.choice.window),)
    return job.moment_rules(suppressed, known)


def waiting(rows: pl.LazyFrame, rules: Sequence[MomentRule], now: float) -> Mapping[str, int]:
    """Return how many of those who may be sent to a rule would stop now, by reason, most first.

    ``rows`` are those of a plan.
    """
    columns = [FORESEEN + rule.name for rule in rules]
    if not columns:
        return {}
    for rule, column in zip(rules, columns, strict=True):
        rows = rule.foreseen(rows, now).with_columns(
            pl.when(pl.col(column).is_null())
            .then("verdict")
            .otherwise(pl.lit(SKIPPED))
            .alias("verdict")
        )
    found = (
        rows.select(pl.coalesce(columns).alias("reason"))
        .drop_nulls()
        .group_by("reason")
        .len()
        .sort("len", "reason", descending=[True, False])
        .collect(engine="streaming")
    )
    return dict(found.iter_rows())
