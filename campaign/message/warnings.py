"""What is odd in the messages of a plan without being a reason to refuse one.

Only what would be sent is looked at. Each warning is a sentence about how many people, and what to
do.
"""

from __future__ import annotations

import polars as pl

from campaign.message.composition import PREVIEW, TEXT
from campaign.message.form import Form
from campaign.message.opt_out import says_how
from campaign.message.segments import UCS_2, encoding, switching

_SHOWN = 5


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
        warnings += _switching(texts) + _no_way_out(texts, pl.col(TEXT), "")
    templates = rows.filter(pl.col("form") == Form.TEMPLATE.value)
    if channel == "whatsapp" and category is None:
        warnings += _perhaps_blocked(templates)
    if category == "marketing" and PREVIEW in names:
        shown = pl.concat_str(pl.col(PREVIEW), pl.lit(f" {footer or ''}"))
        warnings += _no_way_out(templates, shown, ", unless a button of the template does")
    return warnings


def _switching(rows: pl.LazyFrame) -> list[str]:
    """Tell which characters make how many texts longer."""
    text = pl.col(TEXT)
    odd = rows.filter(encoding(text) == UCS_2)
    characters = (
        odd.select(switching(text).str.extract_all("(?s).").alias("character"))
        .explode("character")
        .group_by("character")
        .len()
        .sort("len", "character", descending=[True, False])
    )
    found, total, each = pl.collect_all([odd.select(pl.len()), rows.select(pl.len()), characters])
    if not found.item():
        return []
    named = [f"{_shown(character)} (in {count:,})" for character, count in each.rows()[:_SHOWN]]
    if each.height > _SHOWN:
        named.append(f"{each.height - _SHOWN:,} more")
    sentence = (
        f"{found.item():,} of {total.item():,} texts hold characters beyond the GSM alphabet, so "
        f"one SMS takes 70 characters of them and not 160: {', '.join(named)}."
    )
    return [sentence]


def _shown(character: str) -> str:
    return character if character.isprintable() else f"U+{ord(character):04X}"


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
