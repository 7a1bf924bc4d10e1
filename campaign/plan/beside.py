"""A plan's rows beside what the ledger says of them, some at a time.

Invariant: every row of the plan, and every one of the run's in the ledger, is in exactly one part,
in the order of their numbers; no more of either is in memory than a part.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import polars as pl

from campaign.ledger.protocol import Ledger
from campaign.plan.frozen import BATCH, Plan

LEDGER = "ledger:"
"""Prefix of the ledger's columns, of which the plan has some by the same name."""

_KINDS = {
    "number": pl.Int64,
    "key": pl.String,
    "state": pl.String,
    "reason": pl.String,
    "detail": pl.String,
    "provider_id": pl.String,
    "code": pl.String,
    "attempts": pl.UInt32,
    "claimed_at": pl.Int64,
    "settled_at": pl.Int64,
    "delivery": pl.String,
    "sent_at": pl.Int64,
    "delivered_at": pl.Int64,
    "read_at": pl.Int64,
    "replied_at": pl.Int64,
    "closed_at": pl.Int64,
    "undelivered_at": pl.Int64,
    "delivery_code": pl.String,
    "delivery_detail": pl.String,
}
_LAST = 2**62
"""Behind every number."""


def parts(
    plan: Plan, ledger: Ledger, run_id: int, columns: Sequence[str]
) -> Iterator[tuple[pl.DataFrame, pl.DataFrame]]:
    """Yield some rows of the plan with these columns, and the ledger's between their numbers.

    ``number`` is in both, among ``columns`` or not. The last part has no rows: behind the last
    number of the plan the ledger has somebody only where something is broken.
    """
    names = list(dict.fromkeys(["number", *columns]))
    rows = plan.rows().select(names)
    first = 0
    for batch in rows.collect_batches(chunk_size=BATCH, maintain_order=True):
        for part in batch.iter_slices(BATCH):
            last = part["number"][-1]
            yield part, _known(ledger, run_id, first, last)
            first = last + 1
    yield rows.head(0).collect(), _known(ledger, run_id, first, _LAST)


def _known(ledger: Ledger, run_id: int, first: int, last: int) -> pl.DataFrame:
    found = ledger.columns(run_id, first, last)
    return pl.DataFrame(
        {
            name if name == "number" else LEDGER + name: pl.Series(found.get(name, []), dtype=kind)
            for name, kind in _KINDS.items()
        }
    )
