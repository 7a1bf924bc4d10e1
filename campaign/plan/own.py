"""Our own senders, as the people on a list are known."""

from __future__ import annotations

import polars as pl

from campaign.audience.variants import canonical
from campaign.definition.load import Loaded


def own_identities(loaded: Loaded) -> list[str]:
    """Return the senders as identities, as `with_addresses` has them of recipients."""
    definition = loaded.definition
    senders, kind = definition.sender, loaded.provider.capabilities.channels[definition.channel]
    if kind == "number":
        return canonical(pl.Series(senders, dtype=pl.String)).to_list()
    return [one.lower() for one in senders] if kind == "email" else list(senders)
