"""Whom a vendor is still asked about: it took their message, and more may become of it.

Invariant: whoever's conversation is over, or whose message certainly did not arrive, is not asked
about again; nobody else who was accepted is left out. No more of the plan is in memory than a part.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import polars as pl

from campaign.channel import Channel
from campaign.ledger.delivery_records import Delivery
from campaign.ledger.protocol import Ledger
from campaign.ledger.records import Entry, Run, State
from campaign.plan.frozen import BATCH, Plan
from campaign.providers.heard import Asked

_PART = 500
_OVER = frozenset({Delivery.CLOSED.value, Delivery.UNDELIVERED.value})
_TAKEN = frozenset({State.ACCEPTED, State.SCHEDULED})


def still_open(plan: Plan, ledger: Ledger, run: Run, after: int = -1) -> Iterator[list[Asked]]:
    """Yield them in the order of their numbers, some at a time, from behind a number on."""
    rows = plan.rows().filter(pl.col("number") > after).select("number", "address", "sender")
    for batch in rows.collect_batches(chunk_size=BATCH, maintain_order=True):
        for part in batch.iter_slices(_PART):
            first, last = part["number"][0], part["number"][-1]
            known = {
                entry.number: entry
                for entry in ledger.entries(run.id, first, last)
                if entry.state in _TAKEN and entry.claimed_at is not None
            }
            over = _over(ledger, run.id, first, last) if known else frozenset()
            found = [
                _asked(known[number], address, sender, Channel(run.channel))
                for number, address, sender in part.iter_rows()
                if number in known and number not in over
            ]
            if found:
                yield found


def how_many(ledger: Ledger, run_id: int) -> int:
    """Return about how many they are."""
    known = ledger.deliveries(run_id).by_status
    over = sum(known.get(Delivery(one), 0) for one in _OVER)
    return max(0, ledger.counts(run_id).sent - over)


def _over(ledger: Ledger, run_id: int, first: int, last: int) -> frozenset[int]:
    columns = ledger.columns(run_id, first, last)
    pairs = zip(columns["number"], columns["delivery"], strict=True)
    return frozenset(number for number, delivery in pairs if delivery in _OVER)


def _asked(entry: Entry, address: str, sender: str | None, channel: Channel) -> Asked:
    return Asked(
        number=entry.number,
        address=address,
        sender=sender,
        channel=channel,
        provider_id=entry.provider_id,
        sent_at=datetime.fromtimestamp((entry.claimed_at or 0) / 1000, UTC),
        scheduled=entry.state is State.SCHEDULED,
        evidence=entry.evidence,
    )
