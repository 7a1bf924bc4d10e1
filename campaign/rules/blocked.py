"""Does the number begin with a prefix that the definition blocks?

Senders block countries that they may not or cannot message: Twilio, for one, refuses +53, +98 and
others altogether (error 21408). Which they are is for the definition to say. It is asked of the
address, which is what the definition's author sees and what is sent to: the identity may be another
form of the number, without the digit that the prefix ends in.
"""

from __future__ import annotations

import polars as pl

from campaign.rules.context import Context, Finding, when


def not_blocked(context: Context) -> Finding | None:
    """Refuse numbers that begin with a blocked prefix."""
    if not context.blocked_prefixes:
        return None
    begins = pl.any_horizontal(
        pl.col("_address").str.starts_with(prefix) for prefix in context.blocked_prefixes
    )
    return Finding(when(begins, "blocked_prefix"), column=pl.lit(context.address))
