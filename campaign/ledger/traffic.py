"""How much an account at a provider was used, by all runs of a ledger."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from campaign.ledger.records import Run


class Traffic(Protocol):
    """The part of a ledger that counts claims by their time."""

    def claimed_by_time(self, run: Run, since: int, width: int, *, own: bool) -> Mapping[int, int]:
        """Return how many were claimed at or after ``since``, by their time over ``width``.

        Both are milliseconds, since 1970 UTC the first. ``own``: by this run; else by all other
        real runs through the same provider. Whoever is pending again was certainly not sent to,
        and does not count.
        """
        ...
