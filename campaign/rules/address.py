"""Is there an address that can be reached? The audience found out; this reports it."""

from __future__ import annotations

import polars as pl

from campaign.rules.context import Context, Finding


def usable_address(context: Context) -> Finding:
    """Refuse rows whose address is missing, damaged or invalid, and rows that are empty."""
    problem = pl.col("_address_problem")
    blame: pl.Expr = pl.when(problem != "empty_row").then(pl.lit(context.address))
    if context.country is not None:
        # The number may be as it should; it is the country's cell that nobody can read.
        abroad = problem == "unknown_region"
        blame = pl.when(abroad).then(pl.lit(context.country)).otherwise(blame)
    return Finding(problem, column=blame, detail=pl.col("_address_detail"))
