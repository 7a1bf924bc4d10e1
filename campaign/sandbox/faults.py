"""Which request goes wrong: decided by the recipient, not by the moment.

A draw depends on the seed, the vendor, the fault, the recipient and how often that recipient was
tried, and on nothing else. So the same configuration hits the same people however many workers
send at once, and trying again draws again.
"""

from __future__ import annotations

import math
import time
from collections import Counter, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from statistics import NormalDist

from campaign.sandbox.config import FaultPlan, Faults, Latency, Limit

_NORMAL = NormalDist()
_WHOLE = float(2**64)


@dataclass(frozen=True, slots=True)
class Wait:
    """What a vendor says when it refuses for speed; seconds until one, and until all, may go."""

    retry_after: float
    reset: float
    requests: int
    seconds: float


class Limiter:
    """Let at most ``limit.requests`` through in any window of ``limit.seconds``."""

    def __init__(self, limit: Limit, clock: Callable[[], float] = time.monotonic) -> None:
        self._limit = limit
        self._clock = clock
        self._passed: deque[float] = deque()

    def admit(self) -> Wait | None:
        """Let one request pass (None), or say how long to wait; a refusal takes no room."""
        now = self._clock()
        window = self._limit.seconds
        while self._passed and self._passed[0] <= now - window:
            self._passed.popleft()
        if len(self._passed) < self._limit.requests:
            self._passed.append(now)
            return None
        return Wait(
            retry_after=self._passed[0] + window - now,
            reset=self._passed[-1] + window - now,
            requests=self._limit.requests,
            seconds=window,
        )


@dataclass(frozen=True, slots=True)
class Draws:
    """The luck of one request."""

    faults: Faults
    prefix: str

    def hits(self, fault: str) -> bool:
        """Say whether the fault, a probability among the settings, hits this request."""
        probability: float = getattr(self.faults, fault)
        return probability > 0 and self._number(fault) < probability

    def slow(self) -> float:
        """Return by how many seconds the answer is late; 0 if it is not."""
        slow = self.faults.slow
        if slow is None or self._number("slow") >= slow.probability:
            return 0.0
        return slow.seconds

    def latency(self) -> float:
        """Return how many seconds this answer takes."""
        latency = self.faults.latency
        return 0.0 if latency is None else _seconds(latency, self._number("latency"))

    def _number(self, fault: str) -> float:
        return _number(f"{self.prefix}|{fault}")


class FaultsInForce:
    """The faults of the moment, with the memory they need: tries and sliding windows."""

    def __init__(self, plan: FaultPlan, seed: int) -> None:
        self._plan = plan
        self._seed = seed
        self._of: dict[str, Faults] = {}
        self._invalid: dict[str, frozenset[str]] = {}
        self._limiters: dict[str, Limiter] = {}
        self._tries: Counter[tuple[str, str]] = Counter()

    def of(self, vendor: str) -> Faults:
        """Return what holds for ``vendor``."""
        if vendor not in self._of:
            faults = self._of[vendor] = self._plan.of(vendor)
            self._invalid[vendor] = frozenset(map(_bare, faults.invalid_recipients))
        return self._of[vendor]

    def draws(self, vendor: str, recipients: Sequence[str]) -> Draws:
        """Begin one more try for these recipients."""
        who = ",".join(recipients)
        self._tries[vendor, who] += 1
        return Draws(
            self.of(vendor), f"{self._seed}|{vendor}|{_bare(who)}|{self._tries[vendor, who]}"
        )

    def draws_for_lookup(self, vendor: str, question: str) -> Draws:
        """Begin one more try at this question; asking draws nothing for sending."""
        return self.draws(vendor, [f"look-up|{question}"])

    def throttled(self, vendor: str, draws: Draws) -> Wait | None:
        """Say how long this request has to wait, or None if it may pass now."""
        faults = self.of(vendor)
        if draws.hits("throttle"):
            return _asked_wait(faults)
        if faults.limit is None:
            return None
        if vendor not in self._limiters:
            self._limiters[vendor] = Limiter(faults.limit)
        return self._limiters[vendor].admit()

    def lookup_throttled(self, vendor: str, draws: Draws) -> Wait | None:
        """Say how long this look-up has to wait, or None; no limit of sending counts here."""
        return _asked_wait(self.of(vendor)) if draws.hits("lookup_throttle") else None

    def is_invalid(self, vendor: str, address: str) -> bool:
        """Say whether the vendor refuses this recipient, however often it is asked."""
        share = self.of(vendor).invalid_share
        return _bare(address) in self._invalid[vendor] or self._is_chosen(
            "invalid", vendor, address, share
        )

    def is_missing(self, vendor: str, address: str) -> bool:
        """Say whether the vendor's answer leaves this recipient out."""
        return self._is_chosen("missing", vendor, address, self.of(vendor).missing_share)

    def _is_chosen(self, choice: str, vendor: str, address: str, share: float) -> bool:
        return share > 0 and _number(f"{self._seed}|{vendor}|{_bare(address)}|{choice}") < share


def _asked_wait(faults: Faults) -> Wait:
    # The community's sample of a refusal names 10 a second, the common plan.
    limit = faults.limit or Limit(requests=10)
    return Wait(faults.retry_after, faults.retry_after, limit.requests, limit.seconds)


def _bare(address: str) -> str:
    return address.lstrip("+")


def _number(text: str) -> float:
    """Hash ``text`` to a number from 0 up to, but not including, 1."""
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest()) / _WHOLE


def _seconds(latency: Latency, draw: float) -> float:
    if latency.uniform is not None:
        shortest, longest = latency.uniform
        return shortest + (longest - shortest) * draw
    if latency.lognormal is not None:
        # inv_cdf is open at both ends, and a draw can be exactly 0.
        spread = _NORMAL.inv_cdf(min(max(draw, 1e-12), 1 - 1e-12))
        return latency.lognormal.median * math.exp(latency.lognormal.sigma * spread)
    return latency.fixed or 0.0
