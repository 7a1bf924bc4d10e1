"""Is it advertising to a number in the United States? WhatsApp does not deliver it.

Since 2025-04-01 Meta delivers no marketing template to a number with +1 and a US area code; error
131049 at Meta, 63049 at Twilio. Other countries with +1 are not named, nor the US territories,
which are regions of their own in libphonenumber. Source: Meta's note as its partners Twilio
("63049") and Braze give it; no end is known.
"""

from __future__ import annotations

import polars as pl

from campaign.message.form import Form
from campaign.rules.context import Context, Finding, when


def not_us_marketing(form: Form, context: Context) -> Finding | None:
    """Refuse marketing templates to numbers in the United States."""
    if form is not Form.TEMPLATE or not context.said.us_marketing_is_blocked:
        return None
    return Finding(
        when(pl.col("_region") == "US", "us_marketing_template"), column=pl.lit(context.address)
    )
