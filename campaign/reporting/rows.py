"""Each row of a run as it stands: the plan's, the ledger's, and what the two come to.

Invariant: whatever shows single rows, or counts them, asks here, so that the results, the report
and its groups never disagree about where somebody stands.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import polars as pl

from campaign.ledger.protocol import Ledger
from campaign.ledger.records import State
from campaign.plan.beside import LEDGER, parts
from campaign.plan.frozen import SEND, Plan
from campaign.reasons import reasons


def rows_as_they_stand(
    plan: Plan, ledger: Ledger, run_id: int, columns: Sequence[str], *, running: bool
) -> Iterator[pl.DataFrame]:
    """Yield some rows at a time: the plan's ``columns``, the ledger's, and ``state`` and why.

    ``running``: a process is sending now, so that a claim that is open is under way; else whoever
    made it is gone, and it is unknown.
    """
    wanted = [*columns, "verdict", "reason", "reason_detail"]
    for rows, known in parts(plan, ledger, run_id, wanted):
        number = pl.col("number").cast(rows.schema["number"], strict=False)
        said = known.lazy().with_columns(number)
        yield (
            rows.lazy()
            .join(said, on="number", how="left", maintain_order="left")
            .with_columns(_state(running), _reason(running))
            .with_columns(_sentence().alias("detail"))
            .collect()
        )


def _state(running: bool) -> pl.Expr:
    """A claim that is still open in a run that has ended is unknown, never pending."""
    planned = pl.when(pl.col("verdict") == SEND).then(pl.lit(State.PENDING.value))
    gone = {} if running else {State.SENDING.value: State.UNKNOWN.value}
    known = pl.col(LEDGER + "state").replace(gone) if gone else pl.col(LEDGER + "state")
    return pl.coalesce(known, planned.otherwise(pl.col("verdict"))).alias("state")


def _reason(running: bool) -> pl.Expr:
    cut_off = pl.lit(not running) & (pl.col(LEDGER + "state") == State.SENDING.value)
    interrupted = pl.when(cut_off).then(pl.lit("interrupted"))
    return pl.coalesce(interrupted, LEDGER + "reason", "reason").alias("reason")


def _sentence() -> pl.Expr:
    known = {code: reason.sentence for code, reason in reasons().items()}
    spoken = pl.col("reason").replace_strict(known, default=pl.col("reason"))
    return pl.coalesce(LEDGER + "detail", "reason_detail", spoken)
