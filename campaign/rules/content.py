"""Is there something to say? The form must be allowed now, and complete for this recipient.

Invariant: a message with a gap never leaves. One vendor fills a missing value with the sample that
was entered when the template was made (Twilio, "Using variables with Content API").
"""

from __future__ import annotations

import polars as pl

from campaign.rules.context import Context, Finding, when
from campaign.rules.form import FORM
from campaign.rules.window import UNREADABLE


def window_allows(context: Context) -> Finding | None:
    """Refuse recipients whose window is closed when there is no template to use instead."""
    if not context.window.matters:
        return None
    column = context.window.column
    if column is None:
        return Finding(when(pl.col(FORM).is_null(), "window_closed"))
    return Finding(
        when(pl.col(FORM).is_null(), "window_closed"),
        column=pl.lit(column),
        detail=pl.when(context.window.unreadable()).then(pl.lit(UNREADABLE)),
    )


def complete(context: Context) -> Finding:
    """Refuse messages with a blank variable, that could not be rendered, or that are empty."""
    del context
    missing = _of_form("missing")
    failure = _of_form("failure")
    empty = (pl.col(FORM) == "text") & (pl.col("message:text").str.strip_chars() == "")
    code = (
        pl.when(missing.is_not_null())
        .then(pl.lit("missing_variable"))
        .when(failure.is_not_null())
        .then(pl.lit("unrendered"))
        .when(empty)
        .then(pl.lit("missing_text"))
    )
    # What is not in the list at all (a name that a loop made up, say) has no cell to blame.
    detail = pl.coalesce(pl.format("{} is blank", missing), failure)
    return Finding(code, column=missing, detail=detail)


def _of_form(what: str) -> pl.Expr:
    form = pl.col(FORM)
    return (
        pl.when(form == "text")
        .then(pl.col(f"{what}:text"))
        .when(form == "template")
        .then(pl.col(f"{what}:template"))
        .otherwise(pl.col(f"{what}:agent"))
    )
