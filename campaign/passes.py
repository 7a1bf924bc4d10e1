"""The sending of one execution: passes of the engine, and the waits between them.

A pass sends to everybody who may be sent to now. Whom a rule or the vendor holds until a moment
that comes before the deadline is waited for, and the next pass sends to them. Invariant: a wait
holds nothing but the run. Nobody is claimed while it lasts, so an end of any kind costs nobody
their outcome, and who is held stays held in the ledger.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path

import anyio
import anyio.to_thread
import polars as pl

from campaign.errors import first_error
from campaign.gate import OtherRuns
from campaign.job import Job
from campaign.ledger.protocol import Ledger
from campaign.ledger.records import Decision, Lease, Run
from campaign.plan.frozen import Plan
from campaign.plan.remaining import still_to_do
from campaign.providers import http
from campaign.reporting import words
from campaign.reporting.reporter import Reporter
from campaign.reporting.watching import listen, watch
from campaign.sandbox.embedded import embedded_sandbox
from campaign.sending.books import BooksUntil
from campaign.sending.clients import Clients, is_local
from campaign.sending.ending import Ending, Result, TooLate, stop_at_deadline
from campaign.sending.engine import Engine
from campaign.sending.pace import Pace
from campaign.sending.quotas import Quota, Quotas
from campaign.sending.ramp import Ramp, Step
from campaign.sending.speed import Speed
from campaign.sending.waited import Waited

_LOOK_AGAIN = 1.0
"""Seconds; the clock of the day may be set, so no wait is computed from it."""


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
class Bounds:
    """How far an execution goes.

    ``only`` keeps the one recipient with this key or address. ``moments`` end the sending;
    ``deadline`` is the one before which whoever is held is waited for, and without one nobody is.
    """

    only: str | None
    moments: Sequence[TooLate]
    deadline: datetime | None


class Passes:
    """Sends one execution. Use once: ``await Passes(...).run(environment)``.

    ``to_send`` is how many it sends to, as far as is known by now.
    """

    def __init__(
        self,
        job: Job,
        work: Work,
        bounds: Bounds,
        speed: Speed,
        to_send: int,
        reporter: Reporter,
        now: Callable[[], datetime],
    ) -> None:
        self._job = job
        self._work = work
        self._bounds = bounds
        self._speed = speed
        self._reporter = reporter
        self._now = now
        self.to_send = to_send
        self._done_before = work.ledger.counts(work.run.id).done
        # Who is named is to get it now, and one person is no ramp.
        self._ramp = Ramp(
            () if bounds.only is not None else _steps(job),
            work.ledger,
            work.lease,
            clock=self._clock,
            tell=self._tell_of_ramp,
        )
        self._pace: Pace | None = None
        self._engine: Engine | None = None
        self._ended: Result | None = None
        self._until: float | None = None
        self._woken = anyio.Event()

    def stop(self, ending: Ending, why: str | None = None) -> None:
        """Claim nobody any more, and wait for nobody who is held."""
        self._ended = self._ended or Result(ending, why)
        if self._engine is not None:
            self._engine.stop(ending, why)
        self._woken.set()

    def interrupt(self) -> None:
        """Stop because a person or the system asked for it."""
        self.stop(Ending.INTERRUPTED)

    def abort(self) -> None:
        """Stop at once; what is under way is settled as unknown."""
        self.interrupt()
        if self._engine is not None:
            self._engine.abort()

    @property
    def waited(self) -> Waited:
        """What was waited for until now."""
        return Waited() if self._pace is None else self._pace.waited

    def waits(self) -> float:
        """Return how many seconds are known to be spent waiting from now on."""
        capped = 0.0 if self._pace is None else self._pace.seconds()
        held = 0.0 if self._until is None else max(0.0, self._until - self._clock())
        settled = self._work.ledger.counts(self._work.run.id).done - self._done_before
        return held + capped + self._ramp.waits(max(0, self.to_send - settled))

    async def run(self, environment: Mapping[str, str], *, handle_signals: bool) -> Result:
        """Send to everybody who may be sent to until the execution ends.

        Raises:
            InvalidInput: a file that a rule needs cannot be read; nobody was sent to.
            LedgerError: the ledger could not be written; nothing was sent after that.
        """
        job, work, moments = self._job, self._work, self._bounds.moments
        settings = job.loaded.settings
        judge = job.judge(work.suppressed, work.gate.rules)
        with ExitStack() as stack:
            url = None
            if settings.sandbox:
                url = stack.enter_context(
                    embedded_sandbox(settings.name, work.folder / "sandbox-journal.jsonl")
                )
            books = BooksUntil(work.ledger, work.lease, moments, self.stop, work.gate)
            local = is_local(url or settings.base_url)
            clients = Clients(settings.timeout.total_seconds(), proxies=not local)
            self._pace = await anyio.to_thread.run_sync(self._make_pace)
            engine = partial(
                Engine,
                provider=job.provider(environment, url),
                transport=clients,
                books=books,
                judge=judge,
                fixed=job.fixed(),
                speed=self._speed,
                pace=self._pace,
                tell=self._reporter.told,
                clean=partial(http.without, tuple(job.secrets(environment).values())),
                ramp=self._ramp,
                clock=self._clock,
            )
            try:
                async with clients, anyio.create_task_group() as around:
                    around.start_soon(books.keep)
                    around.start_soon(
                        watch, self._reporter, work.ledger, work.run.id, self._speed.rate, self
                    )
                    around.start_soon(stop_at_deadline, moments, self.stop)
                    if handle_signals:
                        around.start_soon(listen, self._reporter, self)
                    result = await self._passes(engine)
                    around.cancel_scope.cancel()
            except BaseExceptionGroup as group:
                raise first_error(group) from group
        return result

    async def _passes(self, engine: Callable[[], Engine]) -> Result:
        while True:
            result = await self._pass(engine())
            if result.ending is not Ending.FINISHED or (due := await self._due()) is None:
                return result
            await self._wait(due)
            if self._ended is not None:
                return self._ended
            await anyio.to_thread.run_sync(self._release)

    async def _pass(self, engine: Engine) -> Result:
        work = self._work
        self._engine = engine
        if self._ended is not None:
            engine.stop(self._ended.ending, self._ended.why)
        try:
            return await engine.run(
                still_to_do(work.plan, work.ledger, work.run.id, self._bounds.only)
            )
        finally:
            self._engine = None

    async def _due(self) -> int | None:
        """Return when the first of those who are held may be sent to, if that is waited for."""
        deadline = self._bounds.deadline
        if deadline is None or self._bounds.only is not None or self._speed.limit is not None:
            return None
        due = await anyio.to_thread.run_sync(self._work.ledger.next_due, self._work.run.id)
        return due if due is not None and due < deadline.timestamp() * 1000 else None

    async def _wait(self, due: int) -> None:
        self._until = due / 1000
        held = self._work.ledger.counts(self._work.run.id).held
        self._reporter.told(
            f"Waiting until {words.clock(due)} for the first of {words.people(held)} who "
            f"{'is' if held == 1 else 'are'} held. Ctrl-C ends the run; it can be resumed."
        )
        while self._ended is None and (left := self._until - self._clock()) > 0:
            with anyio.move_on_after(min(left, _LOOK_AGAIN)):
                await self._woken.wait()
        self._until = None

    def _release(self) -> None:
        work = self._work
        work.ledger.release_due(work.lease, math.ceil(self._clock() * 1000))
        counts = work.ledger.counts(work.run.id)
        self.to_send = max(self.to_send, counts.done - self._done_before + counts.pending)

    def _make_pace(self) -> Pace:
        work, caps = self._work, self._speed.at_most
        if not caps:
            return Pace(self._speed)
        return Pace(
            self._speed,
            Quotas(caps, work.ledger, work.run, clock=self._clock, tell=self._tell_of_cap),
        )

    def _tell_of_cap(self, quota: Quota, until: float) -> None:
        self._reporter.told(
            f"The cap of {words.quota(quota.messages, quota.seconds)} is reached; the next ones "
            f"come at {words.clock(math.ceil(until * 1000))}. Ctrl-C ends the run; it can be "
            "resumed."
        )

    def _clock(self) -> float:
        return self._now().timestamp()

    def _tell_of_ramp(self, reached: int, until: float) -> None:
        self._reporter.told(
            f"The ramp has reached {words.people(reached)}; the next ones come at "
            f"{words.clock(math.ceil(until * 1000))}. Ctrl-C ends the run; it can be resumed."
        )


def _steps(job: Job) -> list[Step]:
    """Return the careful beginning; a rehearsal messages nobody, and needs none."""
    ramp = job.loaded.definition.ramp
    if ramp is None or job.loaded.settings.sandbox:
        return []
    return [Step(step.send, step.wait.total_seconds()) for step in ramp.steps]
