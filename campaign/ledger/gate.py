"""Who is asked about claims before they are made."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from campaign.ledger.records import Claim

TURNED_AWAY = 0
"""Stands in the place of an attempt's number where a gate turned the claim away."""


class Gate(Protocol):
    """Asked about claims within their transaction, when nobody else can claim any more.

    It may read the ledger meanwhile. It may be asked again about the same claims, because a
    transaction that was not committed is done once more.
    """

    @property
    def serial(self) -> bool:
        """Whether claims of other runs with such a gate must wait until these are written."""
        ...

    @property
    def brief(self) -> bool:
        """Whether it reads no more of the ledger than a claim does."""
        ...

    def admits(self, claims: Sequence[Claim], now: int) -> Sequence[bool]:
        """Return, for each claim, whether it may be made at ``now`` (milliseconds UTC)."""
        ...
