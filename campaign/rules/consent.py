"""Did they agree to be messaged? The definition names the column that says so.

Only people who opted in may be messaged, inside the window and outside of it (Meta, Cloud API,
"Send messages"). Invariant: only a cell that holds one of the values that mean yes is consent. The
list is frozen in the plan, so this is judged once; who takes a yes back afterwards belongs on a
suppression list, which is judged again right before each message.
"""

from __future__ import annotations

import polars as pl

from campaign.rules.context import Context, Finding, when


def consented(context: Context) -> Finding | None:
    """Refuse rows whose cell does not say yes."""
    if context.consent is None:
        return None
    column, yes = context.consent
    cell = pl.col(column)
    agreed = cell.str.strip_chars().str.to_lowercase().is_in([value.lower() for value in yes])
    return Finding(
        when(~agreed.fill_null(value=False), "no_consent"),
        column=pl.lit(column),
        detail=pl.format('the cell holds "{}"', cell).fill_null("the cell is blank"),
    )
