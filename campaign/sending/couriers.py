"""The tasks that deliver, one batch at a time each; a task that is done waits for its next batch.

Invariant: no more of them are at work than there are places, and all have ended when the couriers
are dismissed. To start a task for every message would cost as much as to write its request.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Generic, TypeVar

import anyio
import anyio.abc

Job = TypeVar("Job")


class Couriers(Generic[Job]):
    """At most ``size`` tasks in the group ``tasks`` that ``work``.

    ``work`` gets a job and the scope of its task, to shield what must not be broken off; it leaves
    the scope without a shield, and ends its task with whatever it raises.
    """

    def __init__(
        self,
        tasks: anyio.abc.TaskGroup,
        size: int,
        work: Callable[[Job, anyio.CancelScope], Awaitable[None]],
    ) -> None:
        self._tasks = tasks
        self._work = work
        self._places = anyio.Semaphore(size, fast_acquire=True)
        self._idle: list[asyncio.Future[Job | None]] = []
        self._dismissed = False

    @property
    def free(self) -> int:
        """Return how many places are free."""
        return self._places.value

    async def place(self) -> bool:
        """Wait for a place; it is for :meth:`give`, or is given back by :meth:`keep_free`."""
        await self._places.acquire()
        return True

    def keep_free(self) -> None:
        """Give a place back for which there was no job."""
        self._places.release()

    def give(self, job: Job) -> None:
        """Have a job done in a place that was waited for."""
        if self._idle:
            self._idle.pop().set_result(job)
        else:
            self._tasks.start_soon(partial(self._courier, job))

    def dismiss(self) -> None:
        """Let everybody go who has nothing to do, and the others when they are done."""
        self._dismissed = True
        while self._idle:
            self._idle.pop().set_result(None)

    async def _courier(self, job: Job) -> None:
        given: Job | None = job
        with anyio.CancelScope() as steady:
            while given is not None:
                try:
                    await self._work(given, steady)
                finally:
                    self._places.release()
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
