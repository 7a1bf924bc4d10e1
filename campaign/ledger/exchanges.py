"""The attempts of a run by their time: when they were made, and how long the answers took.

Invariant: an attempt that never left is none here, and an answer is one only where the vendor gave
it; the counts of a run take as much memory as it has different times, and not as it has attempts.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from campaign.ledger.runs import Runs


class Exchanges(Protocol):
    """The part of the ledger's contract about the attempts of a run."""

    def attempts_by_time(self, run_id: int, width: int) -> Mapping[int, int]:
        """Return how many attempts began, by their time over ``width`` (both in milliseconds)."""
        ...

    def answer_times(self, run_id: int) -> Mapping[int, int]:
        """Return how many answers of the vendor took how many milliseconds."""
        ...


class SqlExchanges(Runs):
    """The part of a SQL ledger that counts attempts."""

    def attempts_by_time(self, run_id: int, width: int) -> Mapping[int, int]:
        """Return how many attempts began in each part of the time."""
        rows = self._db.all("attempts_by_time", run_id=run_id, width=width)
        return {int(row["part"]): int(row["rows"]) for row in rows}

    def answer_times(self, run_id: int) -> Mapping[int, int]:
        """Return how many answers took how long."""
        rows = self._db.all("answer_times", run_id=run_id)
        return {int(row["took"]): int(row["rows"]) for row in rows}
