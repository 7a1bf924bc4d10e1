"""A careful beginning: some recipients first, then a wait, then more of them.

Invariant: before a step's wait is over, the message has reached no more people than the steps so
far allow, in all executions of the run together. Whoever is unknown may have it and counts. When a
step was reached is in the ledger, so that a resume neither begins again nor leaves a wait out.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import accumulate

import anyio
import anyio.to_thread

from campaign.ledger.protocol import Ledger
from campaign.ledger.records import Lease, Settlement, State

_LOOK_AGAIN = 1.0
"""Seconds; the clock of the day may be set, so no wait is computed from it."""

_GONE = (State.ACCEPTED, State.SCHEDULED, State.UNKNOWN)
_TROUBLE = (State.FAILED, State.UNKNOWN)
_EVENT = "ramp"


@dataclass(frozen=True, slots=True)
class Step:
    """``send`` more recipients, then ``wait`` seconds."""

    send: int
    wait: float


class Ramp:
    """Lets recipients through, step by step; one without steps lets everybody through.

    ``tell`` is called with the recipients of the steps so far and the end of the wait, in seconds
    since 1970 UTC, when a wait begins; ``over`` when the last wait has ended.
    """

    def __init__(
        self,
        steps: Sequence[Step],
        ledger: Ledger,
        lease: Lease,
        *,
        clock: Callable[[], float],
        tell: Callable[[int, float], None],
        over: Callable[[], None] = lambda: None,
    ) -> None:
        totals = accumulate(step.send for step in steps)
        self._steps = list(zip(totals, steps, strict=True))
        self._ledger = ledger
        self._lease = lease
        self._clock = clock
        self._tell = tell
        self._over = over
        counts = ledger.counts(lease.run_id)
        self._gone = counts.accepted + counts.scheduled + counts.unknown
        self._reached = reached(ledger, lease.run_id) if steps else {}
        self._under_way = 0
        self._in_trouble = 0
        self._moved = anyio.Event()
        self.waited = 0.0
        """Seconds in which a step was waited out."""

    @property
    def is_on(self) -> bool:
        """Whether a step is still to come, or to be waited for."""
        return bool(self._steps)

    async def admit(self, wanted: int) -> int:
        """Wait until somebody may be sent to; return how many may, at most ``wanted``.

        They count as under way until :meth:`back`.
        """
        while self._steps:
            total, step = self._steps[0]
            room = total - self._gone - self._under_way
            if room > 0:
                wanted = min(wanted, room)
                break
            if self._gone < total:
                self._moved = anyio.Event()
                await self._moved.wait()
                continue
            await self._wait(total, step)
            self._steps.pop(0)
            self._in_trouble = 0
            if not self._steps:
                self._over()
        self._under_way += wanted
        return wanted

    def back(self, admitted: int) -> None:
        """Note that so many are not under way any more."""
        self._under_way -= admitted
        self._moved.set()

    async def settled(self, settlements: Sequence[Settlement]) -> str | None:
        """Count where recipients stand after an answer; return why to stop, or ``None``."""
        self._gone += sum(one.state in _GONE for one in settlements)
        if not self._steps:
            return None
        total, step = self._steps[0]
        if self._gone >= total:
            await self._note(total)
        self._in_trouble += sum(one.state in _TROUBLE for one in settlements)
        if self._in_trouble <= step.send / 2:
            return None
        return (
            f"{self._in_trouble} failed or became unknown in a step of `ramp` that has "
            f"{step.send}, more than half"
        )

    def waits(self, still: int) -> float:
        """Return how many seconds are spent waiting until ``still`` more have got the message."""
        passed = [(total, step) for total, step in self._steps if total < self._gone + still]
        return sum(
            max(0.0, self._reached.get(total, self._clock()) + step.wait - self._clock())
            for total, step in passed
        )

    async def _wait(self, total: int, step: Step) -> None:
        await self._note(total)
        until = self._reached[total] + step.wait
        if self._clock() < until:
            self._tell(total, until)
        began = time.monotonic()
        try:
            while (left := until - self._clock()) > 0:  # noqa: ASYNC110 - a clock tells nobody
                await anyio.sleep(min(left, _LOOK_AGAIN))
        finally:
            self.waited += time.monotonic() - began

    async def _note(self, total: int) -> None:
        """Write down when a step was reached: the first time counts."""
        if total in self._reached:
            return
        self._reached[total] = now = self._clock()
        detail = f"{total} sent at {now:.3f}"
        await anyio.to_thread.run_sync(self._ledger.note, self._lease, _EVENT, detail)


def reached(ledger: Ledger, run_id: int) -> dict[int, float]:
    """Return when each step of a run's ramp was reached, by the recipients up to its end."""
    found: dict[int, float] = {}
    for _, what, detail in ledger.events(run_id):
        if what == _EVENT and detail is not None:
            total, at = detail.split(" sent at ")
            found.setdefault(int(total), float(at))
    return found
