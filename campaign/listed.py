"""Whom the ledger's own suppression list names, to look at.

Invariant: nothing is changed here, and no address is read, so that the list is shown at once; see
`campaign.suppressing` for what changes it.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from datetime import UTC, datetime

from campaign import whereabouts
from campaign.definition.load import Loaded
from campaign.ledger.records import Suppression


def suppression_list(loaded: Loaded, environment: Mapping[str, str]) -> list[Suppression]:
    """Return the list for the kind of address that the channel has, the oldest entry first.

    Raises:
        LedgerError: there is no ledger, or it cannot be read.
    """
    kind = loaded.provider.capabilities.channels[loaded.definition.channel]
    location = whereabouts.ledger_of(loaded, environment)
    with closing(location.open(create=False)) as ledger:
        return ledger.suppressions(kind)


def moment(at: int) -> str:
    """Return a time of the ledger as ISO 8601, in UTC."""
    return datetime.fromtimestamp(at / 1000, UTC).isoformat(timespec="seconds")
