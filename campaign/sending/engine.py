"""The engine: claim, send, settle; at the asked rate, with bounded concurrency.

It knows the plan's rows, one provider and the ledger's protocol. Invariants: no request leaves
before its claim is durable; every claim that this process made is settled by it, unless the
ledger itself cannot be written; a stop never interrupts a request that can still be answered,
and a second stop settles what was under way as unknown.
"""

from __future__ import annotations

import heapq
import math
import random
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from enum import StrEnum
from itertools import count
from typing import Protocol

import anyio
import anyio.abc
import anyio.lowlevel
import httpx

from campaign.errors import first_error
from campaign.ledger.protocol import Claim, Skip
from campaign.message.form import Form
from campaign.providers import http
from campaign.providers.protocol import Kind, Message, Outcome, Provider, Scope
from campaign.sending.books import Books
from campaign.sending.breaker import Breaker
from campaign.sending.pace import Pace, Pause
from campaign.sending.settling import settlement
from campaign.sending.todo import Fixed, Todo, alike


class Ending(StrEnum):
    """Why the engine came to an end."""

    FINISHED = "finished"
    LIMIT = "limit"
    INTERRUPTED = "interrupted"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class Speed:
    """How fast and how stubborn. ``rate`` is messages a second, the waits are seconds."""

    rate: float
    concurrency: int
    attempts: int
    first_wait: float
    longest_wait: float
    batch: int = 1
    limit: int | None = None


class Transport(Protocol):
    """What carries a request; raises httpx's own exceptions."""

    async def send(self, request: httpx.Request) -> httpx.Response:
        """Send a request and read the whole answer."""
        ...


Judge = Callable[[Todo, float], Form | str]
"""The rules that depend on the moment: the form to send in, or the reason code not to.

The second argument is the time, in seconds since 1970 UTC.
"""


@dataclass(slots=True)
class Result:
    """How the engine ended, and why in a sentence where there is something to say."""

    ending: Ending = Ending.FINISHED
    why: str | None = None


class Engine:
    """Sends one run. Use once: ``await Engine(...).run(todos)``."""

    def __init__(
        self,
        *,
        provider: Provider,
        transport: Transport,
        books: Books,
        judge: Judge,
        fixed: Fixed,
        speed: Speed,
        tell: Callable[[str], None],
    ) -> None:
        self._provider = provider
        self._transport = transport
        self._books = books
        self._judge = judge
        self._fixed = fixed
        self._speed = speed
        self._tell = tell
        self._pace = Pace(speed.rate)
        self._pause = Pause(speed.first_wait, speed.longest_wait)
        self._breaker = Breaker(speed.attempts)
        self._slots = anyio.Semaphore(speed.concurrency)
        self._again: list[tuple[float, int, Todo]] = []
        self._order = count()
        self._under_way = 0
        self._room = math.inf if speed.limit is None else speed.limit
        self._moved = anyio.Event()
        self._dispatching = anyio.CancelScope()
        self._sending = anyio.CancelScope()
        self._result = Result()

    def stop(self, ending: Ending, why: str | None = None) -> None:
        """Claim nobody any more; what is under way is waited for."""
        if self._result.ending in (Ending.FINISHED, Ending.LIMIT):
            self._result = Result(ending, why)
        self._dispatching.cancel()

    def interrupt(self) -> None:
        """Stop because a person or the system asked for it."""
        self.stop(Ending.INTERRUPTED)

    def abort(self) -> None:
        """Stop at once; what is under way is settled as unknown."""
        self.interrupt()
        self._sending.cancel()

    async def run(self, todos: AsyncGenerator[Todo]) -> Result:
        """Send to everybody in ``todos``; return when nothing is under way any more.

        Raises:
            LedgerError: the ledger could not be written; nothing was sent after that.
        """
        try:
            with self._sending:
                async with anyio.create_task_group() as tasks:
                    with self._dispatching:
                        async with aclosing(todos), aclosing(self._batches(todos)) as batches:
                            await self._dispatch(batches, tasks)
        except BaseExceptionGroup as group:
            raise first_error(group) from group
        return self._result

    async def _dispatch(
        self, batches: AsyncIterator[list[tuple[Todo, Message]]], tasks: anyio.abc.TaskGroup
    ) -> None:
        async for batch in batches:
            await self._slots.acquire()
            await self._pace.take(len(batch))
            await self._pause.wait()
            self._under_way += 1
            tasks.start_soon(self._deliver, batch)

    async def _batches(
        self, todos: AsyncIterator[Todo]
    ) -> AsyncGenerator[list[tuple[Todo, Message]]]:
        """Yield what to send next, together what may travel in one request."""
        batch: list[tuple[Todo, Message]] = []
        async with aclosing(self._next(todos)) as queue:
            async for todo in queue:
                message = await self._judged(todo)
                if message is None:
                    continue
                if not todo.begun:
                    todo.begun = True
                    self._room -= 1
                if batch and alike(batch[0][1]) != alike(message):
                    yield batch
                    batch = []
                batch.append((todo, message))
                if len(batch) >= self._speed.batch or self._room <= 0:
                    yield batch
                    batch = []
        if batch:
            yield batch

    async def _next(self, todos: AsyncIterator[Todo]) -> AsyncGenerator[Todo]:
        """Yield repeats that are due, then new recipients, until nothing can come back."""
        more = True
        while True:
            now = time.monotonic()
            if self._again and self._again[0][0] <= now:
                yield heapq.heappop(self._again)[2]
            elif more:
                todo = await anext(todos, None)
                if todo is None:
                    more = False
                elif self._room <= 0:
                    more = False
                    self._result = Result(Ending.LIMIT)
                else:
                    yield todo
            elif self._again or self._under_way:
                # Everything new is under way; what comes back as "not sent" is still to be done.
                wait = self._again[0][0] - now if self._again else None
                self._moved = anyio.Event()
                with anyio.move_on_after(wait):
                    await self._moved.wait()
            else:
                return

    async def _judged(self, todo: Todo) -> Message | None:
        """Judge the rules that depend on the moment, right before sending."""
        verdict = self._judge(todo, time.time())
        if isinstance(verdict, Form):
            return self._fixed.message(todo, verdict)
        await self._books.skip([Skip(todo.number, todo.key, verdict)])
        return None

    async def _deliver(self, batch: Sequence[tuple[Todo, Message]]) -> None:
        try:
            await self._claim_and_send(batch)
        finally:
            self._under_way -= 1
            self._slots.release()
            self._moved.set()

    async def _claim_and_send(self, batch: Sequence[tuple[Todo, Message]]) -> None:
        with anyio.CancelScope(shield=True):
            attempts = await self._books.claim([Claim(todo.number, todo.key) for todo, _ in batch])
        mine = [
            (todo, message, attempt)
            for (todo, message), attempt in zip(batch, attempts, strict=True)
            if attempt is not None
        ]
        if not mine:
            return
        started_at = time.time_ns() // 1_000_000
        interrupted: BaseException | None = None
        messages = [message for _, message, _ in mine]
        try:
            outcomes = await self._exchange(messages)
        except BaseException as error:  # noqa: BLE001 - raised again when the claims are settled
            interrupted = error
            outcomes = [self._broken_off(error)] * len(mine)
        settlements = []
        again = []
        for (todo, _, attempt), outcome in zip(mine, outcomes, strict=True):
            repeat = self._weigh(todo, outcome)
            if repeat is not None:
                again.append((repeat, next(self._order), todo))
            settlements.append(
                settlement(
                    todo.number,
                    attempt,
                    outcome,
                    started_at,
                    will_repeat=repeat is not None,
                )
            )
        with anyio.CancelScope(shield=True):
            await self._books.settle(settlements)
        for item in again:
            heapq.heappush(self._again, item)
        if interrupted is not None:
            raise interrupted

    async def _exchange(self, messages: Sequence[Message]) -> list[Outcome]:
        request = self._provider.request(messages)
        try:
            response = await self._transport.send(request)
        except httpx.HTTPError as error:
            return [http.failed(error)] * len(messages)
        outcomes = self._provider.outcomes(response, messages)
        if len(outcomes) != len(messages):
            raise AssertionError(
                f"{self._provider.name} gave {len(outcomes)} outcomes for {len(messages)} messages"
            )
        return outcomes

    @staticmethod
    def _broken_off(error: BaseException) -> Outcome:
        """A request that was under way when everything had to stop: it may have gone out."""
        cancelled = isinstance(error, anyio.get_cancelled_exc_class())
        reason = "interrupted" if cancelled else "unreadable_answer"
        detail = None if cancelled else f"{type(error).__name__}: {error}"
        return Outcome(Kind.UNKNOWN, reason, detail=detail)

    def _weigh(self, todo: Todo, outcome: Outcome) -> float | None:
        """Act on an outcome; return when to try this recipient again, or ``None`` for never."""
        if tripped := self._breaker.note(outcome):
            self.stop(Ending.STOPPED, tripped)
        if outcome.kind is Kind.THROTTLED:
            self._wait_for_vendor(outcome, "the vendor asks to slow down")
            return time.monotonic()
        if outcome.kind is Kind.NOT_SENT:
            self._wait_for_vendor(outcome, f"the vendor cannot be reached ({outcome.detail})")
            todo.tries += 1
            if todo.tries >= self._speed.attempts:
                return None
            return time.monotonic() + self._backoff(todo.tries)
        self._pause.over()
        if outcome.kind is Kind.REJECTED and outcome.scope is Scope.CAMPAIGN:
            self.stop(
                Ending.STOPPED,
                f"the vendor refuses the whole campaign ({outcome.reason}): {outcome.detail}",
            )
            return time.monotonic()
        return None

    def _wait_for_vendor(self, outcome: Outcome, what: str) -> None:
        before = self._pause.in_a_row
        seconds = self._pause.begin(outcome.wait)
        if self._pause.in_a_row > before:
            self._tell(f"Waiting {seconds:.1f} s: {what}.")
            if tripped := self._breaker.paused(outcome, self._pause.in_a_row):
                self.stop(Ending.STOPPED, tripped)

    def _backoff(self, tries: int) -> float:
        doubled = self._speed.first_wait * 2.0 ** min(tries - 1, 30)
        return min(doubled, self._speed.longest_wait) * random.uniform(0.75, 1.25)  # noqa: S311
