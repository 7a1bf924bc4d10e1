"""Did they ask not to be messaged?

Judged when the plan is made, right before each message, and once more within the claim, with the
lists as they are when a run starts or resumes and with the ledger's own list as it is at that
instant, so that an opt-out that comes in between is honoured. Invariant: a list may hold SHA-256
hashes instead of what they are of, and both mean the same people; and whoever is listed is found by
their identity and by the address that is sent to, wherever it is asked. Who made a hash elsewhere
knew one form of a number, and perhaps not the one that identities have
(`campaign.audience.variants`).
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


def entries_of(identity: str, address: str) -> set[str]:
    """Return every entry that means this person."""
    forms = {identity, address}
    return forms | {hashed(form) for form in forms}


def not_suppressed(context: Context) -> Finding | None:
    """Refuse everybody on a suppression list."""
    if context.suppressed.is_empty():
        return None
    listed = _listed("_identity", "_address", context.suppressed)
    return Finding(when(listed, "suppressed"), column=pl.lit(context.address))


def _listed(identity: str, address: str, entries: pl.Series) -> pl.Expr:
    """Return whether one of `entries_of` each row's person is among the entries."""
    other = pl.when(pl.col(address) != pl.col(identity)).then(pl.col(address))
    forms = (pl.col(identity), other)
    known = entries.drop_nulls().sort()
    plain = [_among(known, form) for form in forms]
    hashes = known.filter(known.str.starts_with(HASHED))
    if hashes.is_empty():
        return pl.any_horizontal(plain)
    return pl.any_horizontal(
        *plain, *(_among(hashes, form.map_elements(hashed, pl.String)) for form in forms)
    )


def _among(entries: pl.Series, form: pl.Expr) -> pl.Expr:
    """Return whether each text is one of the entries, which are sorted.

    polars would make a table of them for every batch of rows, and a list may have a million.
    """

    def there(texts: pl.Series) -> pl.Series:
        if entries.is_empty():
            return pl.repeat(False, len(texts), eager=True)
        place = entries.search_sorted(texts.fill_null("")).clip(upper_bound=len(entries) - 1)
        return entries.gather(place) == texts

    return form.map_batches(there, return_dtype=pl.Boolean, is_elementwise=True)


class NotSuppressed:
    """The same right before the message; ``entries`` are the addresses and hashes on the lists."""

    def __init__(self, entries: Iterable[str], name: str = "suppressed") -> None:
        self.name = name
        self._entries = set(entries)
        self._any_hashed = any(entry.startswith(HASHED) for entry in self._entries)

    @property
    def entries(self) -> pl.Series:
        """The addresses and hashes."""
        return pl.Series("identity", sorted(self._entries), dtype=pl.String)

    def add(self, entries: Iterable[str]) -> None:
        """Refuse these too from now on."""
        for entry in entries:
            self._entries.add(entry)
            self._any_hashed |= entry.startswith(HASHED)

    def objection(self, who: Who, now: float) -> str | None:
        """Refuse everybody on a suppression list."""
        del now
        listed = (
            who.identity in self._entries
            or who.address in self._entries
            or (
                self._any_hashed
                and not self._entries.isdisjoint(entries_of(who.identity, who.address))
            )
        )
        return "suppressed" if listed else None

    def foreseen(self, rows: pl.LazyFrame, now: float) -> pl.LazyFrame:
        """Add what it would say of each row of a plan."""
        del now
        listed = _listed("identity", "address", self.entries)
        return rows.with_columns(when(listed, "suppressed").alias(FORESEEN + self.name))
