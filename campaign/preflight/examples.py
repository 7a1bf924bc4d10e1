"""Some rows of each reason and of each warning, as a person finds them in the list.

Invariant: they are the first of the list, and there are as many as fit, up to five of each.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from campaign.plan.frozen import SEND, Plan
from campaign.plan.odd import WARNING
from campaign.plan.rejects import blamed_cell

EXAMPLES = 5
"""How many of each reason."""


def examples(plan: Plan) -> Mapping[str, list[dict[str, Any]]]:
    """Return by reason: place, file, row, the column to blame, its header, the cell, the detail."""
    rows = plan.rows().filter(pl.col("verdict") != SEND)
    found = _first(plan, rows, "reason", pl.col("reason_column"))
    return {reason: found[reason] for _, reason in plan.refusals}


def odd_rows(plan: Plan, address: str) -> Mapping[str, tuple[int, list[dict[str, Any]]]]:
    """Return by warning how many rows have it, and the same of some of them, most first.

    ``address`` is the list's column with the addresses, which the warnings are about.
    """
    rows = plan.rows().filter(pl.col(WARNING).is_not_null())
    counts = (
        rows.group_by(WARNING)
        .len()
        .sort("len", WARNING, descending=[True, False])
        .collect(engine="streaming")
    )
    found = _first(plan, rows, WARNING, pl.lit(address))
    return {code: (number, found[code]) for code, number in counts.iter_rows()}


def _first(
    plan: Plan, rows: pl.LazyFrame, code: str, column: pl.Expr
) -> Mapping[str, list[dict[str, Any]]]:
    """Return the first rows of each code; ``column`` is the one to blame."""
    first = (
        rows.group_by(code)
        .agg(pl.col("number").bottom_k(EXAMPLES))
        .collect(engine="streaming")
        .explode("number")
    )
    found = rows_at(plan, first["number"]).with_columns(column.alias("reason_column"))
    blamed = found.select(pl.col("reason_column").drop_nulls().unique()).collect().to_series()
    printed = {name: header or name for name, header in plan.headers.items()}
    shown = found.select(
        pl.col(code).alias("code"),
        places(plan),
        "file",
        "row",
        "reason_column",
        "reason_detail",
        pl.col("reason_column").replace(printed).alias("column"),
        blamed_cell([name for name in blamed if name in plan.headers]).alias("value"),
    ).collect()
    by_code: dict[str, list[dict[str, Any]]] = {}
    for row in shown.iter_rows(named=True):
        by_code.setdefault(row.pop("code"), []).append(row)
    return by_code


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
