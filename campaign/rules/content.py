"""Is there something to say? The form must be allowed now, and complete for this recipient.

Invariant: a message with a gap never leaves. One vendor fills a missing value with the sample that
was entered when the template was made (Twilio, "Using variables with Content API"). What is said is
judged in every form, because the window may close between the plan and the message.
"""

from __future__ import annotations

import polars as pl

from campaign.message.composition import TEXT
from campaign.message.form import Form
from campaign.rules.context import Context, Finding, when
from campaign.rules.form import FORM, PROBLEM
from campaign.rules.window import UNREADABLE

FORM_BLAME, FORM_DETAIL = "_blame:", "_detail:"


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


def fits_its_form(context: Context) -> Finding:
    """Refuse what the rules about the form have found, of the form that would be sent now."""
    del context
    return Finding(_now(PROBLEM), column=_now(FORM_BLAME), detail=_now(FORM_DETAIL))


def _now(prefix: str) -> pl.Expr:
    found = pl.lit(None, dtype=pl.String)
    for form in Form:
        found = pl.when(pl.col(FORM) == form.value).then(pl.col(f"{prefix}{form}")).otherwise(found)
    return found


def complete(form: Form, context: Context) -> Finding:
    """Refuse messages with a blank variable, that could not be rendered, or that are empty."""
    del context
    missing, failure = pl.col(f"missing:{form}"), pl.col(f"failure:{form}")
    code = (
        pl.when(missing.is_not_null())
        .then(pl.lit("missing_variable"))
        .when(failure.is_not_null())
        .then(pl.lit("unrendered"))
    )
    if form is Form.TEXT:
        code = code.when(pl.col(TEXT).str.strip_chars() == "").then(pl.lit("missing_text"))
    # What is not in the list at all (a name that a loop made up, say) has no cell to blame.
    return Finding(
        code, column=missing, detail=pl.coalesce(pl.format("{} is blank", missing), failure)
    )
