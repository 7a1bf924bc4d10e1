"""Did they ask not to be messaged?

Judged when the plan is made, right before each message, and once more within the claim, with the
lists as they are when a run starts or resumes and with the ledger's own list as it is at that
instant, so that an opt-out that comes in between is honoured. Invariant: a list may hold SHA-256
hashes of identities instead of the identities, and both mean the same people.
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256

import polars as pl

from campaign.rules.context import Context, Finding, when
from campaign.rules.moment import FORESEEN, Who

HASHED = "sha256:"
"""How an entry begins that is the hash of an identity."""


def hashed(identity: str) -> str:
    """Return the entry that stands for an identity without telling it."""
    return HASHED + sha256(identity.encode()).hexdigest()


def not_suppressed(context: Context) -> Finding | None:
    """Refuse everybody on a suppression list."""
    if context.suppressed.is_empty():
        return None
    listed = _listed("_identity", "_address", context.suppressed)
    return Finding(when(listed, "suppressed"), column=pl.lit(context.address))


def _listed(identity: str, address: str, entries: pl.Series) -> pl.Expr:
    plain = pl.col(identity).is_in(entries.implode())
    hashes = entries.filter(entries.str.starts_with(HASHED)).implode()
    if hashes.list.len().item() == 0:
        return plain
    # Who made the hash elsewhere knew one form of the number, and perhaps not the one that
    # identities have (`campaign.audience.variants`).
    return pl.any_horizontal(
        plain,
        *(
            pl.col(name).map_elements(hashed, pl.String).is_in(hashes)
            for name in (identity, address)
        ),
    )


class NotSuppressed:
    """The same right before the message; ``entries`` are the identities and hashes on the lists."""

    def __init__(self, entries: Iterable[str], name: str = "suppressed") -> None:
        self.name = name
        self._entries = set(entries)
        self._any_hashed = any(entry.startswith(HASHED) for entry in self._entries)

    @property
    def entries(self) -> pl.Series:
        """The identities and hashes."""
        return pl.Series("identity", sorted(self._entries), dtype=pl.String)

    def add(self, entries: Iterable[str]) -> None:
        """Refuse these too from now on."""
        for entry in entries:
            self._entries.add(entry)
            self._any_hashed |= entry.startswith(HASHED)

    def objection(self, who: Who, now: float) -> str | None:
        """Refuse everybody on a suppression list."""
        del now
        listed = who.identity in self._entries or (
            self._any_hashed
            and not self._entries.isdisjoint({hashed(who.identity), hashed(who.key)})
        )
        return "suppressed" if listed else None

    def foreseen(self, rows: pl.LazyFrame, now: float) -> pl.LazyFrame:
        """Add what it would say of each row of a plan."""
        del now
        listed = _listed("identity", "key", self.entries)
        return rows.with_columns(when(listed, "suppressed").alias(FORESEEN + self.name))
