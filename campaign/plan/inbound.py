"""When people last wrote to us, as the ledger has heard it, for a plan.

Invariant: only what may still keep a window open is read, and only of the channel and the senders
that a campaign has: a window belongs to a person and to one number of ours.
"""

from __future__ import annotations

import time

import polars as pl

from campaign.channel import Channel
from campaign.definition.load import Loaded
from campaign.ledger.protocol import Ledger
from campaign.plan.making import address_kind
from campaign.plan.own import own_identities
from campaign.rules.window import LENGTH


def written_to_us(ledger: Ledger, loaded: Loaded) -> pl.DataFrame | None:
    """Return ``identity``, sorted, and ``at`` in microseconds; ``None`` where nobody wrote.

    Raises:
        LedgerError: the ledger cannot be read.
    """
    channel = loaded.definition.channel
    if channel is not Channel.WHATSAPP:
        return None
    since = round((time.time() - LENGTH.total_seconds()) * 1000)
    found = list(
        ledger.last_inbound(
            address_kind(loaded),
            channel.value,
            own_identities(loaded) or None,
            provider=loaded.settings.name,
            since=since,
        )
    )
    if not found:
        return None
    rows = pl.DataFrame(found, schema={"identity": pl.String, "at": pl.Int64}, orient="row")
    latest = rows.group_by("identity").agg(pl.col("at").max() * 1000)
    return latest.sort("identity")
