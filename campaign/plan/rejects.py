"""The refused rows of a plan as a file, with the cell that is to blame, for whoever mends the list.

Invariant: every row that a rule refuses, or keeps back, is in it, in the order of the list.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import polars as pl

from campaign.files import replaced
from campaign.plan.exchanging import exchanged
from campaign.plan.frozen import INPUT, Plan
from campaign.reasons import sentence


def write_rejects(plan: Plan, path: Path, at_sending: Mapping[int, str] | None = None) -> None:
    """Write the refused rows: file, row, column, value, code, sentence, detail.

    ``at_sending`` adds those whom a rule refused only when their turn came: position in the plan,
    and reason code.

    Raises:
        OutputError: the file cannot be written.
    """
    late = pl.DataFrame(
        list((at_sending or {}).items()),
        schema={"number": pl.UInt32, "late": pl.String},
        orient="row",
    )
    rows = plan.rows()
    if at_sending:  # a join holds the whole plan, which a check of a long list cannot afford
        rows = rows.join(late.lazy(), on="number", how="left", maintain_order="left").with_columns(
            pl.coalesce("late", "reason").alias("reason")
        )
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
