"""Can the template's values be sent as they are? WhatsApp takes no layout inside of a value.

Invariant: a value is never changed here; what the vendor would refuse is refused, and named. The
same words with their line breaks taken out may say something else.

Source: Meta, error 132018: a parameter has no line break, no tab and no more than four blanks in a
row.
"""

from __future__ import annotations

import polars as pl

from campaign.message.composition import TEMPLATE
from campaign.message.form import Form
from campaign.rules.context import Context, Finding, when

_LAYOUT = (
    (r"[\n\r\x0B\f\u{85}\u{2028}\u{2029}]", "a line break"),
    (r"\t", "a tab"),
    (" {5,}", "more than four spaces in a row"),
)
_ANY = "|".join(pattern for pattern, _ in _LAYOUT)


def sendable_values(form: Form, context: Context) -> Finding | None:
    """Refuse templates with a value that holds a line break, a tab or a long run of spaces."""
    if form is not Form.TEMPLATE or not context.said.values:
        return None
    nothing = pl.lit(None, dtype=pl.String)
    blame, detail = nothing, nothing
    for name, column in reversed(list(context.said.values.items())):
        # One look at nearly all values; which it is, is asked of the few that hold any.
        value, holds = pl.when(pl.col(name).str.contains(_ANY)).then(pl.col(name)), nothing
        for pattern, what in reversed(_LAYOUT):
            holds = pl.when(value.str.contains(pattern)).then(pl.lit(what)).otherwise(holds)
        bad = holds.is_not_null()
        told = pl.format(
            f"the value of the placeholder {name.removeprefix(TEMPLATE)} holds {{}}", holds
        )
        blame = pl.when(bad).then(pl.lit(column, dtype=pl.String)).otherwise(blame)
        detail = pl.when(bad).then(told).otherwise(detail)
    return Finding(when(detail.is_not_null(), "unsendable_value"), column=blame, detail=detail)
