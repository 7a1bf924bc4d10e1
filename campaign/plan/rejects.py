"""The refused rows of a plan as a file, with the cell that is to blame, for whoever mends the list.

Invariant: every row that a rule refuses, or keeps back, is in it, in the order of the list.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from pathlib import Path

import polars as pl

from campaign.files import replaced
from campaign.ledger.protocol import Ledger
from campaign.ledger.records import State
from campaign.plan.exchanging import exchanged, looked_up
from campaign.plan.frozen import BATCH, INPUT, Plan
from campaign.reasons import sentence


def refused_at_sending(ledger: Ledger, run_id: int) -> pl.DataFrame:
    """Return whom a rule refused only when their turn came: ``number``, sorted, and ``reason``."""
    schema = {"number": pl.UInt32, "reason": pl.String}
    found = [pl.DataFrame(schema=schema)]
    skipped = ledger.in_state(run_id, State.SKIPPED)
    while some := [(one.number, one.reason) for one in islice(skipped, BATCH)]:
        found.append(pl.DataFrame(some, schema=schema, orient="row"))
    return pl.concat(found)


def write_rejects(plan: Plan, path: Path, at_sending: pl.DataFrame | None = None) -> None:
    """Write the refused rows: file, row, column, value, code, sentence, detail.

    ``at_sending`` adds those of :func:`refused_at_sending`.

    Raises:
        OutputError: the file cannot be written.
    """
    rows = plan.rows()
    if at_sending is not None:
        late = looked_up(pl.col("number"), at_sending["number"], at_sending["reason"])
        rows = rows.with_columns(pl.coalesce(late, "reason").alias("reason"))
    refused = rows.filter(pl.col("reason").is_not_null())
    told = refused.select("reason", "reason_column").unique().collect(engine="streaming")
    blamed = [name for name in plan.headers if name in set(told["reason_column"])]
    printed = {name: plan.headers[name] or name for name in blamed}
    known = {code: sentence(code) for code in told["reason"].unique()}
    with replaced(path) as file:
        refused.select(
            "file",
            "row",
            pl.coalesce(exchanged(pl.col("reason_column"), printed), "reason_column").alias(
                "column"
            ),
            blamed_cell(blamed).alias("value"),
            pl.col("reason").alias("code"),
            exchanged(pl.col("reason"), known).alias("sentence"),
            pl.col("reason_detail").alias("detail"),
        ).sink_csv(file)


def blamed_cell(names: Iterable[str]) -> pl.Expr:
    """Return what the list has in the column to blame, where it is one of these."""
    return pl.coalesce(
        pl.lit(None, dtype=pl.String),
        *(pl.when(pl.col("reason_column") == name).then(pl.col(INPUT + name)) for name in names),
    )
