"""Some refused rows of each reason, as a person finds them in the list.

Invariant: they are the first of the list, and there are as many as fit, up to five of each.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from campaign.plan.frozen import SEND, Plan
from campaign.reporting.results import blamed_cell

EXAMPLES = 5
"""How many of each reason."""


def examples(plan: Plan) -> Mapping[str, list[dict[str, Any]]]:
    """Return by reason: place, file, row, the column to blame, its header, the cell, the detail."""
    first = (
        plan.rows()
        .filter(pl.col("verdict") != SEND)
        .group_by("reason")
        .agg(pl.col("number").bottom_k(EXAMPLES))
        .collect(engine="streaming")
    )
    wanted = first.explode("number")["number"]
    found = rows_at(plan, wanted)
    blamed = found.select(pl.col("reason_column").drop_nulls().unique()).collect().to_series()
    printed = {name: header or name for name, header in plan.headers.items()}
    rows = found.select(
        "reason",
        places(plan),
        "file",
        "row",
        "reason_column",
        "reason_detail",
        pl.col("reason_column").replace(printed).alias("column"),
        blamed_cell([name for name in blamed if name in plan.headers]).alias("value"),
    ).collect()
    return {
        reason: [
            {name: value for name, value in row.items() if name != "reason"}
            for row in rows.filter(reason=reason).to_dicts()
        ]
        for _, reason in plan.refusals
    }


def places(plan: Plan) -> pl.Expr:
    """Return where a person finds a row: "row 17", or "b.csv row 17" where there are several files.

    It is read like the details of duplicates, which name rows the same way.
    """
    place = pl.format("row {}", "row")
    several = plan.rows().select(pl.col("file").n_unique() > 1).collect(engine="streaming").item()
    return (pl.format("{} {}", "file", place) if several else place).alias("place")


def rows_at(plan: Plan, numbers: pl.Series) -> pl.LazyFrame:
    """Return the rows with these numbers, in the order of the list."""
    return plan.rows().filter(pl.col("number").is_in(numbers.implode()))
