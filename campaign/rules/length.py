"""Is it short enough? Limits are counted after rendering, recipient by recipient.

Sources: Meta, WhatsApp templates, "Components" (header, body) and "Send messages" (free-form text);
Twilio, error 63021 and "Using variables with Content API" (a value). The limits of a text and of a
value are the provider's.
"""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from campaign.message.composition import HEADER, PREVIEW, TEMPLATE, TEXT
from campaign.message.form import Form
from campaign.message.limits import LONGEST_BODY, LONGEST_HEADER
from campaign.rules.context import Context, Finding, when


def short_enough(form: Form, context: Context) -> Finding | None:
    """Refuse messages of which a part is longer than the vendor takes."""
    nothing = pl.lit(None, dtype=pl.String)
    blame, detail = nothing, nothing
    parts = list(_parts(form, context))
    if not parts:
        return None
    for name, longest, what, column in reversed(parts):
        length = pl.col(name).str.len_chars()
        told = pl.format(f"{what} has {{}} characters, and {longest} are the most", length)
        blame = pl.when(length > longest).then(pl.lit(column, dtype=pl.String)).otherwise(blame)
        detail = pl.when(length > longest).then(told).otherwise(detail)
    return Finding(when(detail.is_not_null(), "too_long"), column=blame, detail=detail)


def _parts(form: Form, context: Context) -> Iterator[tuple[str, int, str, str | None]]:
    """Yield what has a limit: its column, the limit, what it is, and which cell it is from."""
    said = context.said
    if form is Form.TEXT and said.longest_text is not None:
        yield TEXT, said.longest_text, "the text", None
    if form is not Form.TEMPLATE:
        return
    if said.longest_value is not None:
        for name, column in said.values.items():
            what = f"the value of the placeholder {name.removeprefix(TEMPLATE)}"
            yield name, said.longest_value, what, column
    if said.header:
        yield HEADER, LONGEST_HEADER, "the header with its value", None
    if said.body:
        yield PREVIEW, LONGEST_BODY, "the template with its values", None
