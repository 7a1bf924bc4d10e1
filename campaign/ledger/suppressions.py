"""The ledger's own list of people who must not be messaged, whatever the campaign.

Invariant: entries of a kind get times that only grow, in the order in which they become visible, so
that a run that asks for what came since its last look misses nobody; and when somebody was taken
off is not forgotten.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

from campaign.ledger.records import Suppression
from campaign.ledger.rows import storable, suppression_of
from campaign.ledger.runs import Runs


class Suppressions(Runs):
    """The part of a SQL ledger that knows whom not to message, by kind of address."""

    def suppress(
        self, kind: str, identities: Iterable[str], *, who: str, why: str | None = None
    ) -> set[str]:
        """Add identities, all or nothing; return those that were not there yet."""
        wanted = _array(identities)

        def work() -> set[str]:
            self._db.one("one_suppresses")
            rows = self._db.all(
                "add_suppressions",
                kind=kind,
                identities=wanted,
                now=max(self._db.clock(), self._newest(kind) + 1),
                who=storable(who),
                why=storable(why),
            )
            return {row["identity"] for row in rows}

        return self._db.transact(work)

    def unsuppress(self, kind: str, identities: Iterable[str]) -> set[str]:
        """Take identities off, all or nothing; return those that were there."""
        wanted = _array(identities)

        def work() -> set[str]:
            self._db.one("one_suppresses")
            rows = self._db.all("remove_suppressions", kind=kind, identities=wanted)
            gone, now = {row["identity"] for row in rows}, self._db.clock()
            self._db.change_all(
                "note_taken_off",
                [{"kind": kind, "identity": one, "now": now} for one in sorted(gone)],
            )
            return gone

        return self._db.transact(work)

    def taken_off(self, kind: str, identities: Iterable[str]) -> Mapping[str, int]:
        """Return when those of the identities that were ever taken off last were."""
        rows = self._db.all("taken_off", kind=kind, identities=_array(identities))
        return {row["identity"]: row["at"] for row in rows}

    def suppressed_among(self, kind: str, identities: Iterable[str]) -> set[str]:
        """Return those of the identities that are on the list."""
        rows = self._db.all("suppressed_among", kind=kind, identities=_array(identities))
        return {row["identity"] for row in rows}

    def suppressions(self, kind: str, after: int = 0) -> list[Suppression]:
        """Return the entries that were added after a time (milliseconds UTC), in that order."""
        return [suppression_of(row) for row in self._db.all("suppressions", kind=kind, after=after)]

    def _newest(self, kind: str) -> int:
        row = self._db.one("newest_suppression", kind=kind)
        return 0 if row is None else int(row["at"])


def _array(identities: Iterable[str]) -> str:
    """Return them as a JSON array, each once, in the order in which the database keeps them."""
    return json.dumps(sorted(set(identities)))
