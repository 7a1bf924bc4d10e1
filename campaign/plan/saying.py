"""What a plan knows of the message beside its texts: limits, a preview, and how many SMS it is."""

from __future__ import annotations

import polars as pl

from campaign.channel import Channel
from campaign.definition.load import Loaded
from campaign.message.composition import HEADER, PREVIEW, TEMPLATE, TEXT, Composition
from campaign.message.limits import Said
from campaign.message.segments import segments

SEGMENTS = "segments"
"""Column of a plan over SMS: how many each text takes."""


def said(loaded: Loaded, composition: Composition) -> Said:
    """Return what the rules must know of the message."""
    definition, able = loaded.definition, loaded.provider.capabilities
    template = definition.message.template if definition.message else None
    return Said(
        values={
            TEMPLATE + name: text.columns[0] if len(text.columns) == 1 else None
            for name, text in (composition.template or {}).items()
        },
        us_marketing_is_blocked=definition.channel is Channel.WHATSAPP
        and template is not None
        and template.category == "marketing",
        body=composition.body is not None,
        header=composition.header is not None,
        longest_text=able.longest_text.get(definition.channel),
        longest_value=able.longest_value,
    )


def shown(loaded: Loaded, composition: Composition) -> list[pl.Expr]:
    """Return the columns for people alone: what a template says, and how many SMS a text is."""
    approved = {HEADER: composition.header, PREVIEW: composition.body}
    columns = [pl.col(name) for name, text in approved.items() if text is not None]
    if loaded.definition.channel is Channel.SMS and composition.text is not None:
        columns.append(segments(pl.col(TEXT)).alias(SEGMENTS))
    return columns
