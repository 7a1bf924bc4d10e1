"""Posts that count once: the vendor named no time, so the same post later would say it happens now.

Invariant: a post is known again only after all that it says was written; whoever is told to post
it again, because it could not be written, is heard then.
"""

from __future__ import annotations

from collections.abc import Sequence

from campaign.ledger.returned import Returned
from campaign.outcomes.matching import Account
from campaign.providers.heard import Heard


def new_among(ledger: Returned, account: Account, events: Sequence[Heard]) -> Sequence[Heard]:
    """Return the events without those of posts that were taken in before, or that come twice.

    Raises:
        LedgerError: the ledger cannot be read.
    """
    names = {event.once for event in events if event.once is not None}
    if not names:
        return events
    seen = ledger.posted(account.provider, names, sandbox=account.sandbox)
    found = []
    for event in events:
        if event.once is None:
            found.append(event)
        elif event.once not in seen:
            seen.add(event.once)
            found.append(event)
    return found


def taken_in(ledger: Returned, account: Account, events: Sequence[Heard]) -> None:
    """Keep that these posts count no more.

    Raises:
        LedgerError: the ledger cannot be written.
    """
    names = {event.once for event in events if event.once is not None}
    if names:
        ledger.keep_posted(account.provider, names, sandbox=account.sandbox)
