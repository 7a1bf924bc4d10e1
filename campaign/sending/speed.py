"""How fast to send, how stubbornly, and over what."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

import httpx

from campaign.sending.breaker import Thresholds
from campaign.sending.quotas import Quota


@dataclass(frozen=True, slots=True)
class Speed:
    """How fast and how stubborn. ``rate`` is messages a second, the waits are seconds.

    ``per_sender`` is the messages a second of each sender, ``at_most`` the caps of longer windows.
    """

    rate: float
    concurrency: int
    attempts: int
    first_wait: float
    longest_wait: float
    batch: int = 1
    limit: int | None = None
    stop_when: Thresholds = field(default_factory=Thresholds)
    per_sender: float | None = None
    at_most: Sequence[Quota] = ()

    def wait(self, tries: int) -> float:
        """Return how many seconds to wait after so many tries: doubled, and spread by a quarter."""
        doubled = self.first_wait * 2.0 ** min(tries - 1, 30)
        spread = random.uniform(0.75, 1.25)  # noqa: S311 - a wait
        return min(doubled, self.longest_wait) * spread


class Transport(Protocol):
    """What carries a request; raises httpx's own exceptions."""

    async def send(self, request: httpx.Request) -> httpx.Response:
        """Send a request and read the whole answer."""
        ...
