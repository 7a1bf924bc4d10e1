"""A worker: one process of several that send a run, for the one that holds it.

Invariant: a worker claims and sends only while the process that started it lives; that is asked at
each claim, and once more before a request leaves. It gives signs of life for the run as well, so
that nobody takes the run over while one of its workers may still send.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import anyio

from campaign.alone import Means, Work, engines
from campaign.errors import CampaignError, InvalidInput, first_error
from campaign.gate import OtherRuns
from campaign.in_time import InTime
from campaign.job import Job, local_now, seconds_of
from campaign.ledger.holding import beating
from campaign.ledger.location import FileLocation
from campaign.plan.frozen import Plan
from campaign.plan.remaining import still_to_do
from campaign.sending.ending import Ending, Result, TooLate
from campaign.sending.engine import Engine
from campaign.sending.pace import Pace
from campaign.sending.ramp import Ramp
from campaign.workers import orders as said
from campaign.workers.orders import Line, Orders
from campaign.workers.turns import Turns

Turn = Callable[[], AbstractContextManager[None]]
"""What a worker writes to the ledger within."""

_ALONE = "the process that held the run has ended"
_AT_ONCE = 65536


class Worker:
    """Does what it is told; ``say`` carries what it has to tell."""

    def __init__(
        self, orders: Orders, environment: Mapping[str, str], say: Callable[[Line], None]
    ) -> None:
        self._orders = orders
        self._environment = environment
        self._say = say
        self._engine: Engine | None = None
        self._goes: list[int | None] = []
        self._is_dismissed = False
        self._stopped: Result | None = None
        self._moved = anyio.Event()

    # What it is told, in the event loop

    def hear(self, line: Line | None) -> None:
        """Take in what it is told, or (``None``) that nobody will tell it anything any more."""
        match line:
            case {"do": "go", "limit": limit}:
                self._goes.append(limit)
            case {"do": "stop"}:
                self.stop(Ending.INTERRUPTED)
            case {"do": "end", "signal": name}:
                worker = self._orders.shard.worker
                self.stop(Ending.INTERRUPTED, f"{worker} was told to end ({name})")
            case {"do": "abort"}:
                self.stop(Ending.INTERRUPTED)
                if self._engine is not None:
                    self._engine.abort()
            case None:
                self._is_dismissed = True
                self.stop(Ending.STOPPED, _ALONE)
        self._moved.set()

    def stop(self, ending: Ending, why: str | None = None) -> None:
        """Claim nobody any more; what is under way is waited for."""
        self._stopped = self._stopped or Result(ending, why)
        if self._engine is not None:
            self._engine.stop(ending, why)
        self._moved.set()

    # What it does

    async def work(self) -> None:
        """Make ready, and send whenever it is told to, until it is dismissed.

        Raises:
            CampaignError: something that a person can mend.
        """
        with self._ready() as (job, work, turn):
            judge = job.judge(work.suppressed, work.gate.rules)
            pace = Pace(self._orders.shard.speed(job.speed()))
            moments = [*InTime(job, local_now).moments(self._orders.began), self._orphaned()]
            means = Means(
                environment=self._environment,
                url=self._orders.url,
                judge=judge,
                pace=pace,
                moments=moments,
                stop=self.stop,
                tell=lambda text: self._say({"told": text}),
                clock=seconds_of(local_now),
                turn=turn,
            )
            self._say({"ready": True})
            while not self._is_dismissed:
                if self._goes:
                    result, begun = await self._pass(job, work, means, self._goes.pop(0))
                    self._say(said.ended(result, begun, pace.waited))
                else:
                    self._moved = anyio.Event()
                    await self._moved.wait()

    async def _pass(
        self, job: Job, work: Work, means: Means, limit: int | None
    ) -> tuple[Result, int]:
        """Send to everybody of its part who may be sent to now; return how many were claimed."""
        whole, shard = job.speed(), self._orders.shard
        speed = replace(shard.speed(whole), limit=limit)
        ramp = Ramp((), work.ledger, work.lease, clock=means.clock, tell=lambda *_: None)
        await self._wait(shard.first_slot(whole.rate))
        async with engines(job, work, speed, ramp, means, self._telling) as (engine, books):
            self._engine = engine()
            if self._stopped is not None:
                self._engine.stop(self._stopped.ending, self._stopped.why)
            try:
                todos = still_to_do(work.plan, work.ledger, work.run.id, None, shard)
                result = await self._engine.run(todos)
            finally:
                self._engine = None
        return result, books.begun

    def _telling(self, **more: Any) -> Engine:
        return _Telling(self._say, **more)

    async def _wait(self, seconds: float) -> None:
        """Wait so long, or until it is told to stop."""
        with anyio.move_on_after(seconds):
            while self._stopped is None:
                self._moved = anyio.Event()
                await self._moved.wait()

    def _orphaned(self) -> TooLate:
        """Return the moment from which on nobody holds the run for this worker."""
        parent = self._orders.parent
        return TooLate(lambda: os.getppid() != parent, Ending.STOPPED, _ALONE)

    @contextmanager
    def _ready(self) -> Iterator[tuple[Job, Work, Turn]]:
        """Open what a worker needs: the same definition, ledger and plan as the run's."""
        orders = self._orders
        job = Job.load(Path(orders.definition), past_ok=True)
        if said.said_by(job.loaded) != orders.said:
            raise InvalidInput(
                f"{orders.definition} was changed since the run began, so this worker sends to "
                "nobody. Run again."
            )
        location = job.ledger(self._environment)
        with (
            closing(location.open(create=False)) as ledger,
            beating(ledger, orders.lease),
        ):
            run = ledger.find_run(job.loaded.definition.name, orders.run)
            if run is None:
                raise InvalidInput(f"The ledger {location} does not know the run {orders.run}.")
            plan = Plan.of_run(run, job.plans_from(location))
            gate = OtherRuns(job, ledger, run.id)
            folder = job.folder / run.run
            work = Work(ledger, run, orders.lease, plan, job.suppressed(), gate, 0, folder, ())
            if isinstance(location, FileLocation):
                with closing(Turns(plan.path)) as turns:
                    yield job, work, turns.mine
            else:  # a server makes those wait in a line who want the same
                yield job, work, nullcontext


class _Telling(Engine):
    """An engine that says at once that it stops: its last answers may be long in coming."""

    def __init__(self, say: Callable[[Line], None], **more: Any) -> None:
        super().__init__(**more)
        self._say = say
        self._has_said = False

    def stop(self, ending: Ending, why: str | None = None) -> None:
        """Stop, and say so."""
        super().stop(ending, why)
        if not self._has_said:
            self._has_said = True
            self._say(said.stopping(ending, why))


def main() -> None:
    """Read the orders from the pipe, and follow them until it is closed."""
    # What anything prints would be taken for something that the worker says.
    out = os.dup(1)
    os.dup2(2, 1)
    # A closed terminal is the run's affair, as Ctrl-C is.
    if hasattr(signal, "SIGHUP"):
        signal.signal(signal.SIGHUP, signal.SIG_IGN)

    def say(line: Line) -> None:
        with suppress(OSError):  # nobody hears it any more; what is under way is still settled
            os.write(out, said.as_bytes(line))

    with suppress(OSError):
        os.write(out, b"\n")  # ends what was printed before, which is no line of the worker's
    lines = _lines()
    orders = next(lines, None)
    if orders is not None:
        try:
            anyio.run(_work, Worker(Orders.read(orders), dict(os.environ), say), lines)
        except CampaignError as error:
            say(said.failed(error))


def _lines() -> Iterator[Line]:
    """Yield what is said on the pipe. Not by Python's own file, whose lock outlives a thread."""
    rest = b""
    while found := os.read(0, _AT_ONCE):
        *whole, rest = (rest + found).split(b"\n")
        yield from map(json.loads, whole)


async def _work(worker: Worker, lines: Iterator[Line]) -> None:
    loop = asyncio.get_running_loop()

    def pass_on(line: Line | None) -> None:
        with suppress(RuntimeError):  # the loop has ended
            loop.call_soon_threadsafe(worker.hear, line)

    def listen() -> None:
        for line in lines:
            pass_on(line)
        pass_on(None)

    asked: list[Line] = [{"do": "end", "signal": "SIGTERM"}, {"do": "abort"}]
    signal.signal(signal.SIGTERM, lambda *_: pass_on(asked.pop(0) if asked[1:] else asked[0]))
    threading.Thread(target=listen, name="orders", daemon=True).start()
    try:
        await worker.work()
    except BaseExceptionGroup as group:
        raise first_error(group) from group
