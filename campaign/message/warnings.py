"""What is odd in the messages of a plan without being a reason to refuse one.

Only what would be sent is looked at. Each warning is a sentence about how many people, and what to
do.
"""

from __future__ import annotations

import polars as pl

from campaign.message.composition import PREVIEW, TEXT
from campaign.message.form import Form
from campaign.message.opt_out import says_how


def message_warnings(
    rows: pl.LazyFrame, *, channel: str, category: str | None, footer: str | None
) -> list[str]:
    """Return the warnings about a plan's messages.

    Args:
        rows: the plan's rows that would be sent, with ``form``, ``region`` and the message's
            columns.
        channel: how the message is sent.
        category: the category under which the template was approved, where that is known.
        footer: what the template says below its body, where that is known.
    """
    names = rows.collect_schema().names()
    warnings = []
    if channel == "sms":
        texts = rows.filter(pl.col("form") == Form.TEXT.value)
        warnings += _no_way_out(texts, pl.col(TEXT), "")
    templates = rows.filter(pl.col("form") == Form.TEMPLATE.value)
    if channel == "whatsapp" and category is None:
        warnings += _perhaps_blocked(templates)
    if category == "marketing" and PREVIEW in names:
        shown = pl.concat_str(pl.col(PREVIEW), pl.lit(f" {footer or ''}"))
        warnings += _no_way_out(templates, shown, ", unless a button of the template does")
    return warnings


def _perhaps_blocked(rows: pl.LazyFrame) -> list[str]:
    """Tell of recipients whom a rule would refuse if the template were for marketing."""
    found = rows.filter(pl.col("region") == "US").select(pl.len()).collect().item()
    sentence = (
        f"{found:,} of the template's recipients have numbers in the United States, where WhatsApp "
        "delivers no marketing template. Say under which `category` it was approved."
    )
    return [sentence] if found else []


def _no_way_out(rows: pl.LazyFrame, text: pl.Expr, unless: str) -> list[str]:
    counted = rows.select((~says_how(text)).sum().alias("without"), pl.len()).collect()
    without, total = counted.row(0)
    if not without:
        return []
    who = "The text does" if without == total else f"{without:,} of {total:,} texts do"
    sentence = (
        f"{who} not say how to opt out{unless}. Where the message is advertising, add a line such "
        "as: Reply STOP to opt out."
    )
    return [sentence]
