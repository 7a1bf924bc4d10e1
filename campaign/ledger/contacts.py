"""What all runs of a ledger did about whom, in the order of time.

Invariant: a rehearsal messages nobody, so no other run sees what it did, and it sees only itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from campaign.ledger.records import Contact, Run
from campaign.ledger.rows import contact_of
from campaign.ledger.runs import Runs

PAGE = 20_000
"""Rows that are read at a time."""
_LONGEST_CLAIM = 60_000
"""Milliseconds, and more than enough, from a claim to the beginning of its attempt."""


class Contacts(Runs):
    """The part of a SQL ledger that tells one run what the others did."""

    def contacts(
        self, since: int, run_id: int, *, sandbox: bool, own: bool = True
    ) -> Iterator[Contact]:
        """Yield who was claimed at or after ``since`` (milliseconds UTC), the earliest first.

        ``run_id`` is the run that asks, 0 for one that has not begun: a real run sees all real
        runs, a rehearsal (``sandbox``) only itself. Without ``own`` its own claims are left out.
        What came of a claim is its state; those that count are
        :attr:`~campaign.ledger.records.Contact.counts`.
        """
        if sandbox and not (run_id and own):
            return
        at, last_run, number = since - 1, 2**53, 0
        while True:
            rows = self._db.all(
                "contacts",
                at=at,
                run_id=last_run,
                number=number,
                sandbox=int(sandbox),
                only=run_id if sandbox else 0,
                but=0 if own else run_id,
                rows=PAGE,
            )
            for row in rows:
                yield contact_of(row)
            if len(rows) < PAGE:
                return
            at, last_run, number = (rows[-1][name] for name in ("claimed_at", "run_id", "number"))

    def contacts_of_one(
        self, identity: str, run_id: int, *, since: int, until: int, sandbox: bool
    ) -> list[Contact]:
        """Return the claims of one person between two moments (milliseconds UTC, both included).

        They are those that :meth:`contacts` tells the run, without its own.
        """
        if sandbox:
            return []
        rows = self._db.all(
            "contacts_of_one", identity=identity, since=since, until=until, but=run_id
        )
        return [contact_of(row) for row in rows]

    def claimed_by_time(self, run: Run, since: int, width: int, *, own: bool) -> Mapping[int, int]:
        """Return how many were claimed at or after ``since``, by their time over ``width``.

        Both are milliseconds, since 1970 UTC the first. ``own``: by this run; else by all other
        real runs through the same provider. What was certainly not sent does not count; what was
        counts, also where a person had its recipient sent to again.
        """
        rows = self._db.all(
            "claimed_by_time",
            since=since,
            # An attempt begins within ten seconds of its claim, or not at all.
            claimed=since - _LONGEST_CLAIM,
            width=width,
            provider=run.provider,
            sandbox=int(own and run.sandbox),
            only=run.id if own else 0,
            but=0 if own else run.id,
        )
        return {row["part"]: row["rows"] for row in rows}
