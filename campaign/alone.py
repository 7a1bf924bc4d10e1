"""Sending in this process: its engines, and the books and connections that they share.

Invariant: the books stay open until every claim of this process is settled, whatever ends it.
"""

from __future__ import annotations

import math
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractContextManager, asynccontextmanager, nullcontext
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import anyio
import polars as pl

from campaign.gate import OtherRuns
from campaign.job import Job
from campaign.ledger.groups import Begun
from campaign.ledger.protocol import Ledger
from campaign.ledger.records import Claim, Decision, Lease, Run
from campaign.plan.frozen import Plan
from campaign.providers import http
from campaign.reporting import words
from campaign.sending.books import BooksUntil
from campaign.sending.clients import Clients, is_local
from campaign.sending.ending import Stop, TooLate, stop_at_deadline
from campaign.sending.engine import Engine
from campaign.sending.pace import Pace
from campaign.sending.quotas import Quota, Quotas
from campaign.sending.ramp import Ramp
from campaign.sending.speed import Speed
from campaign.sending.upcoming import Judge


@dataclass(frozen=True, slots=True)
class Work:
    """A run that is taken and planned; ``again`` are the decisions of a retry."""

    ledger: Ledger
    run: Run
    lease: Lease
    plan: Plan
    suppressed: pl.Series
    gate: OtherRuns
    recovered: int
    folder: Path
    again: Sequence[Decision]


@dataclass(frozen=True, slots=True)
class Means:
    """What a process sends with: ``url`` is where a sandbox listens, if one is to be used.

    The ``pace`` is one for all that the process sends. ``stop`` ends the sending, ``tell`` is
    called with sentences for people, ``clock`` tells the time in seconds since 1970 UTC. Every
    group is written within a ``turn``.
    """

    environment: Mapping[str, str]
    url: str | None
    judge: Judge
    pace: Pace
    moments: Sequence[TooLate]
    stop: Stop
    tell: Callable[[str], None]
    clock: Callable[[], float]
    turn: Callable[[], AbstractContextManager[None]] = nullcontext


class OwnBooks(BooksUntil):
    """The books of one process, which may be one of several.

    They know how many people were claimed through them, where that has a limit.
    """

    def __init__(self, work: Work, means: Means, *, limited: bool) -> None:
        super().__init__(work.ledger, work.lease, means.moments, means.stop, work.gate)
        self._numbers: set[int] | None = set() if limited else None
        self._turn = means.turn

    @property
    def begun(self) -> int:
        """How many people were claimed; 0 where it has no limit."""
        return len(self._numbers or ())

    async def claim(self, claims: Sequence[Claim]) -> list[int | None]:
        """Claim recipients, and count them."""
        attempts = await super().claim(claims)
        if self._numbers is not None:
            found = zip(claims, attempts, strict=True)
            self._numbers.update(claim.number for claim, attempt in found if attempt)
        return attempts

    def _write_group(self, group: list[Any]) -> list[int | None]:
        with self._turn():
            return super()._write_group(group)

    def _begin_group(self, group: list[Any]) -> Begun[list[int | None]] | None:
        # A turn has to be waited for.
        return super()._begin_group(group) if self._turn is nullcontext else None


def own_pace(
    work: Work, speed: Speed, clock: Callable[[], float], tell: Callable[[str], None]
) -> Pace:
    """Return the pace of a process that sends alone, and so keeps the caps as well.

    ``tell`` and ``clock`` as in :class:`Means`.
    """
    if not speed.at_most:
        return Pace(speed)

    def reached(quota: Quota, until: float) -> None:
        tell(
            f"The cap of {words.quota(quota.messages, quota.seconds)} is reached; the next ones "
            f"come at {words.clock(math.ceil(until * 1000))}. Ctrl-C ends the run; it can be "
            "resumed."
        )

    return Pace(speed, Quotas(speed.at_most, work.ledger, work.run, clock=clock, tell=reached))


@asynccontextmanager
async def engines(
    job: Job,
    work: Work,
    speed: Speed,
    ramp: Ramp,
    means: Means,
    kind: Callable[..., Engine] = Engine,
) -> AsyncIterator[tuple[Callable[[], Engine], OwnBooks]]:
    """Yield what makes an engine for each pass, and the books that they share."""
    books = OwnBooks(work, means, limited=speed.limit is not None)
    settings = job.loaded.settings
    local = is_local(means.url or settings.base_url)
    clients = Clients(settings.timeout.total_seconds(), proxies=not local)
    engine = partial(
        kind,
        provider=job.provider(means.environment, means.url),
        transport=clients,
        books=books,
        judge=means.judge,
        fixed=job.fixed(),
        speed=speed,
        pace=means.pace,
        tell=means.tell,
        clean=partial(http.without, tuple(job.secrets(means.environment).values())),
        ramp=ramp,
        clock=means.clock,
    )
    async with clients, anyio.create_task_group() as around:
        around.start_soon(books.keep)
        around.start_soon(stop_at_deadline, means.moments, means.stop)
        yield engine, books
        around.cancel_scope.cancel()
