"""The ledger's own list of people who must not be messaged, whatever the campaign.

Invariant: entries get times that only grow, in the order in which they become visible, so that a
run that asks for what came since its last look misses nobody.
"""

from __future__ import annotations

from collections.abc import Iterable

from campaign.ledger.records import Suppression
from campaign.ledger.rows import storable, suppression_of
from campaign.ledger.runs import Runs


class Suppressions(Runs):
    """The part of a SQL ledger that knows whom not to message, by kind of address."""

    def suppress(
        self, kind: str, identities: Iterable[str], *, who: str, why: str | None = None
    ) -> set[str]:
        """Add identities, all or nothing; return those that were not there yet."""
        ordered = sorted(set(identities))

        def work() -> set[str]:
            self._db.one("one_suppresses")
            now = max(self._db.clock(), self._newest() + 1)
            values = [
                {
                    "kind": kind,
                    "identity": identity,
                    "now": now,
                    "who": storable(who),
                    "why": storable(why),
                }
                for identity in ordered
            ]
            rows = self._db.change_each("add_suppression", values)
            return {row["identity"] for row in rows if row is not None}

        return self._db.transact(work)

    def unsuppress(self, kind: str, identities: Iterable[str]) -> set[str]:
        """Take identities off, all or nothing; return those that were there."""
        values = [{"kind": kind, "identity": identity} for identity in sorted(set(identities))]

        def work() -> set[str]:
            self._db.one("one_suppresses")
            rows = self._db.change_each("remove_suppression", values)
            return {row["identity"] for row in rows if row is not None}

        return self._db.transact(work)

    def suppressions(self, kind: str, after: int = 0) -> list[Suppression]:
        """Return the entries that were added after a time (milliseconds UTC), in that order."""
        return [suppression_of(row) for row in self._db.all("suppressions", kind=kind, after=after)]

    def _newest(self) -> int:
        row = self._db.one("newest_suppression")
        return 0 if row is None else int(row["at"])
