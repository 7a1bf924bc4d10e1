"""Who is still to be sent to: the plan's recipients, without those whom a run has dealt with.

Invariant: what a check says of time, money and lengths is about these people alone. Whom the run
has dealt with is known by key, so that it holds for a list that has changed since, too; and nothing
but those keys is ever whole in memory, however long the run.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

import polars as pl

from campaign.ledger.protocol import Ledger
from campaign.ledger.records import Counts, Run, State
from campaign.plan.frozen import BATCH, SEND, Plan
from campaign.sending.ramp import reached

_DEALT_WITH = tuple(state for state in State if state not in (State.PENDING, State.HELD))
"""Who is held is sent to once the time has come."""


@dataclass(frozen=True, slots=True)
class Begun:
    """A run that has begun: where it stands, the keys of those it is through with, and its ramp.

    ``steps`` says when each step of the ramp was reached, by the recipients up to its end.
    """

    run: Run
    counts: Counts
    keys: pl.Series
    steps: Mapping[int, float]

    @property
    def gone(self) -> int:
        """How many people the message may have reached, as a ramp counts them."""
        return self.counts.accepted + self.counts.scheduled + self.counts.unknown


def begun(ledger: Ledger, name: str, run: str) -> Begun | None:
    """Return where a run stands, or ``None`` where it has not begun."""
    found = ledger.find_run(name, run)
    if found is None or not found.planned:
        return None
    keys = pl.concat(_keys(ledger, found.id))
    return Begun(found, ledger.counts(found.id), keys, reached(ledger, found.id))


def _keys(ledger: Ledger, run_id: int) -> Iterator[pl.Series]:
    """Yield the keys in parts: as objects of Python they take many times the room."""
    yield pl.Series("key", [], dtype=pl.String)
    for state in _DEALT_WITH:
        entries = iter(ledger.in_state(run_id, state))
        while part := [one.key for one in islice(entries, BATCH)]:
            yield pl.Series("key", part, dtype=pl.String)


def still_to_send(plan: Plan, run: Begun | None) -> pl.LazyFrame:
    """Return the plan's rows of everybody who is left."""
    rows = plan.rows().filter(pl.col("verdict") == SEND)
    if run is None or run.keys.is_empty():
        return rows
    # A join looks each key up in one table; a filter would make the table for every batch.
    return rows.join(run.keys.to_frame().lazy(), on="key", how="anti", maintain_order="left")
