"""The tasks that deliver, one batch at a time each; a task that is done waits for its next batch.

Invariant: no more of them hold a place than there are places, and all have ended when the couriers
are dismissed. A place may be left before the work is done: what is left then, to write an outcome
down, keeps nobody else from sending. To start a task for every message would cost as much as to
write its request.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Generic, TypeVar

import anyio
import anyio.abc

Job = TypeVar("Job")


class Courier:
    """What the work is told of its task.

    ``scope`` is the task's, to shield what must not be broken off; the work leaves it without a
    shield.
    """

    def __init__(self, scope: anyio.CancelScope, free: Callable[[], None]) -> None:
        self.scope = scope
        self._free = free
        self._holds = False

    def take_place(self) -> None:
        """Hold the place that the job was given for."""
        self._holds = True

    def leave_place(self) -> None:
        """Let the place go to the next job; what is done after that needs none."""
        if self._holds:
            self._holds = False
            self._free()


class Couriers(Generic[Job]):
    """Tasks in the group ``tasks`` that ``work``, with ``size`` places among them.

    ``work`` gets a job and the courier that does it, and ends its task with whatever it raises.
    """

    def __init__(
        self,
        tasks: anyio.abc.TaskGroup,
        size: int,
        work: Callable[[Job, Courier], Awaitable[None]],
    ) -> None:
        self._tasks = tasks
        self._work = work
        self.free = size
        """How many places are free."""
        self._freed: asyncio.Future[None] | None = None
        self._idle: list[asyncio.Future[Job | None]] = []
        self._dismissed = False

    async def place(self) -> None:
        """Wait for a place; it is for :meth:`give`, or is given back by :meth:`keep_free`."""
        # Nothing is awaited where one is free: a semaphore would look for a cancellation each time.
        while not self.free:
            self._freed = asyncio.get_running_loop().create_future()
            await self._freed
        self.free -= 1

    def keep_free(self) -> None:
        """Give a place back for which there was no job."""
        self.free += 1
        if self._freed is not None and not self._freed.done():
            self._freed.set_result(None)

    def give(self, job: Job) -> None:
        """Have a job done in a place that was waited for."""
        while self._idle:
            waiting = self._idle.pop()
            if not waiting.done():  # who is being broken off does no more
                waiting.set_result(job)
                return
        self._tasks.start_soon(partial(self._courier, job))

    def dismiss(self) -> None:
        """Let everybody go who has nothing to do, and the others when they are done."""
        self._dismissed = True
        while self._idle:
            waiting = self._idle.pop()
            if not waiting.done():
                waiting.set_result(None)

    async def _courier(self, job: Job) -> None:
        given: Job | None = job
        with anyio.CancelScope() as scope:
            courier = Courier(scope, self.keep_free)
            while given is not None:
                courier.take_place()
                try:
                    await self._work(given, courier)
                finally:
                    courier.leave_place()
                given = await self._next()

    async def _next(self) -> Job | None:
        if self._dismissed:
            return None
        waiting: asyncio.Future[Job | None] = asyncio.get_running_loop().create_future()
        self._idle.append(waiting)
        try:
            return await waiting
        except asyncio.CancelledError:
            if waiting in self._idle:
                self._idle.remove(waiting)
            raise
