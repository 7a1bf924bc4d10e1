"""Is it one of our own senders? Vendors refuse a message from a number to itself.

Source: Meta error 131021, Twilio error 21211.
"""

from __future__ import annotations

import polars as pl

from campaign.rules.context import Context, Finding, when


def not_ourselves(context: Context) -> Finding | None:
    """Refuse rows whose address is a sender of this campaign."""
    if not context.own:
        return None
    own = pl.col("_identity").is_in(list(context.own))
    return Finding(when(own, "sender_is_recipient"), column=pl.lit(context.address))
