"""Is there an address that can be reached? The audience found out; this reports it."""

from __future__ import annotations

import polars as pl

from campaign.audience.countries import code_of
from campaign.audience.variants import current
from campaign.rules.context import Context, Finding


def usable_address(context: Context) -> Finding:
    """Refuse rows whose address is missing, damaged or invalid, and rows that are empty."""
    problem = pl.col("_address_problem")
    blame = pl.when(problem != "empty_row").then(pl.lit(context.address))
    today = pl.when(problem == "old_whatsapp_form").then(current(pl.col(context.address)))
    if context.country is None:
        return Finding(problem, column=blame, detail=today)
    # The number may be as it should; it is the country's cell that nobody can read.
    abroad = problem == "unknown_region"
    code = code_of(pl.when(abroad).then(pl.col(context.country)))
    return Finding(
        problem,
        column=pl.when(abroad).then(pl.lit(context.country)).otherwise(blame),
        detail=pl.coalesce(today, pl.format("write {}", code)),
    )
