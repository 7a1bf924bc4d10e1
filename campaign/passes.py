"""The sending of one execution: passes of the engine, and the waits between them.

A pass sends to everybody who may be sent to now. Whom a rule or the vendor holds until a moment
that comes before the deadline is waited for, and the next pass sends to them. Invariant: a wait
holds nothing but the run. Nobody is claimed while it lasts, so an end of any kind costs nobody
their outcome, and who is held stays held in the ledger.
"""

from __future__ import annotations

import math
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Protocol

import anyio
import anyio.to_thread

from campaign.alone import Means, Work, engines, own_pace
from campaign.errors import first_error
from campaign.job import Job, seconds_of
from campaign.plan.remaining import still_to_do
from campaign.reporting import words
from campaign.reporting.reporter import Reporter
from campaign.reporting.watching import watch
from campaign.sandbox.embedded import embedded_sandbox
from campaign.sending.ending import Ending, Result, TooLate
from campaign.sending.pace import Pace
from campaign.sending.ramp import Ramp, Step
from campaign.sending.speed import Speed
from campaign.sending.waited import Waited
from campaign.workers.crew import Crew, crew
from campaign.workers.orders import orders_of

_LOOK_AGAIN = 1.0
"""Seconds; the clock of the day may be set, so no wait is computed from it."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """How far an execution goes.

    ``only`` keeps the one recipient with this key or address. ``moments`` end the sending, as of
    when it ``began``; ``deadline`` is the one before which whoever is held is waited for, and
    without one nobody is.
    """

    only: str | None
    began: datetime
    moments: Sequence[TooLate]
    deadline: datetime | None


class Sender(Protocol):
    """What sends a pass, and can be stopped in two stages: an engine, or several workers."""

    def stop(self, ending: Ending, why: str | None = None) -> None:
        """Claim nobody any more; what is under way is waited for."""
        ...

    def abort(self) -> None:
        """Stop at once; what is under way is settled as unknown."""
        ...


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
        self._clock = seconds_of(now)
        self.to_send = to_send
        self._done_before = work.ledger.counts(work.run.id).done
        # Who is named is to get it now, and one person is no ramp.
        self._ramp = Ramp(
            () if bounds.only is not None else _steps(job),
            work.ledger,
            work.lease,
            clock=self._clock,
            tell=self._tell_of_ramp,
            over=self._after_ramp,
        )
        self._pace: Pace | None = None
        self._workers = self._how_many()
        self._crew: Crew | None = None
        self._sender: Sender | None = None
        self._hands_over = False
        self._ended: Result | None = None
        self._until: float | None = None
        self._held = 0.0
        self._woken = anyio.Event()

    def stop(self, ending: Ending, why: str | None = None) -> None:
        """Claim nobody any more, and wait for nobody who is held."""
        self._ended = self._ended or Result(ending, why)
        if self._sender is not None:
            self._sender.stop(ending, why)
        self._woken.set()

    def interrupt(self) -> None:
        """Stop because a person or the system asked for it."""
        self.stop(Ending.INTERRUPTED)

    def abort(self) -> None:
        """Stop at once; what is under way is settled as unknown."""
        self.interrupt()
        if self._sender is not None:
            self._sender.abort()

    @property
    def waited(self) -> Waited:
        """What was waited for until now."""
        alone = Waited() if self._pace is None else self._pace.waited
        sending = alone if self._crew is None else alone.then(self._crew.waited)
        return replace(sending, held=self._held + self._ramp.waited)

    def waits(self) -> float:
        """Return how many seconds are known to be spent waiting from now on."""
        capped = 0.0 if self._pace is None else self._pace.seconds()
        held = 0.0 if self._until is None else max(0.0, self._until - self._clock())
        settled = self._work.ledger.counts(self._work.run.id).done - self._done_before
        return held + capped + self._ramp.waits(max(0, self.to_send - settled))

    async def run(self, environment: Mapping[str, str]) -> Result:
        """Send to everybody who may be sent to until the execution ends.

        Raises:
            InvalidInput: a file that a rule needs cannot be read; nobody was sent to.
            LedgerError: the ledger could not be written; nothing was sent after that.
        """
        job, work = self._job, self._work
        settings = job.loaded.settings
        judge = job.judge(work.suppressed, work.gate.rules)
        with ExitStack() as stack:
            url = None
            if settings.sandbox:
                url = stack.enter_context(
                    embedded_sandbox(settings.name, work.folder / "sandbox-journal.jsonl")
                )
            self._pace = await anyio.to_thread.run_sync(
                partial(own_pace, work, self._speed, self._clock, self._reporter.told)
            )
            means = Means(
                environment=environment,
                url=url,
                judge=judge,
                pace=self._pace,
                moments=self._bounds.moments,
                stop=self.stop,
                tell=self._reporter.told,
                clock=self._clock,
            )
            try:
                async with anyio.create_task_group() as around:
                    around.start_soon(
                        watch, self._reporter, work.ledger, work.run.id, self._speed.rate, self
                    )
                    result = await self._sent(means)
                    around.cancel_scope.cancel()
            except BaseExceptionGroup as group:
                raise first_error(group) from group
        return result

    async def _sent(self, means: Means) -> Result:
        """Send by one process, or by several once a careful beginning is over."""
        work, bounds, run_id = self._work, self._bounds, self._work.run.id
        if self._workers == 1 or self._ramp.is_on:
            async with engines(self._job, work, self._speed, self._ramp, means) as (engine, _):

                def alone() -> tuple[Sender, Awaitable[Result]]:
                    todos = still_to_do(work.plan, work.ledger, run_id, bounds.only)
                    return (one := engine()), one.run(todos)

                result = await self._passes(alone)
            if not self._hands_over or result.ending is not Ending.FINISHED:
                return result
            self._hands_over = False
        orders = orders_of(work, self._job, self._workers, bounds.began, means.url)
        hired = crew(work.ledger, orders, means.environment, self._speed, means.tell)
        async with hired as many:
            self._crew = many
            return await self._passes(lambda: (many, many.run()))

    async def _passes(self, begin: Callable[[], tuple[Sender, Awaitable[Result]]]) -> Result:
        while True:
            result = await self._pass(*begin())
            if result.ending is not Ending.FINISHED or self._hands_over:
                return result
            if (due := await self._due()) is None:
                return result
            await self._wait(due)
            if self._ended is not None:
                return self._ended
            await anyio.to_thread.run_sync(self._release)

    async def _pass(self, sender: Sender, sending: Awaitable[Result]) -> Result:
        self._sender = sender
        if self._ended is not None:
            sender.stop(self._ended.ending, self._ended.why)
        try:
            return await sending
        finally:
            self._sender = None

    def _how_many(self) -> int:
        """Return by how many processes to send, and say where caps allow but one.

        Each needs a request that it may have in flight.
        """
        limit = self._speed.limit
        if self._bounds.only is not None or (limit is not None and self._ramp.is_on):
            return 1
        workers = min(self._job.loaded.definition.workers, self._speed.concurrency)
        workers = workers if limit is None else min(workers, limit)
        if workers > 1 and self._speed.at_most:
            self._reporter.told(
                "One process sends, whatever `workers` says: it counts for `rate.at_most`."
            )
            return 1
        return workers

    def _after_ramp(self) -> None:
        """Let the workers go on where one process began carefully."""
        if self._workers > 1 and self._sender is not None:
            self._hands_over = True
            self._sender.stop(Ending.FINISHED)

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
        began = time.monotonic()
        while self._ended is None and (left := self._until - self._clock()) > 0:
            with anyio.move_on_after(min(left, _LOOK_AGAIN)):
                await self._woken.wait()
        self._held += time.monotonic() - began
        self._until = None

    def _release(self) -> None:
        work = self._work
        work.ledger.release_due(work.lease, math.ceil(self._clock() * 1000))
        counts = work.ledger.counts(work.run.id)
        self.to_send = max(self.to_send, counts.done - self._done_before + counts.pending)

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
