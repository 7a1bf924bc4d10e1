"""The engine: claim, send, settle; at the asked rate, with bounded concurrency.

It knows the plan's rows, one provider and the ledger's protocol. Invariants: no request leaves
before its claim is durable; every claim that this process made is settled by it, unless the
ledger itself cannot be written; a stop never interrupts a request that can still be answered,
and a second stop settles what was under way as unknown.
"""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from functools import partial

import anyio
import anyio.lowlevel

from campaign.errors import LedgerError, first_error
from campaign.ledger.gate import TURNED_AWAY
from campaign.providers.protocol import Kind, Message, Outcome, Provider, Scope
from campaign.sending import leaving
from campaign.sending.books import Books
from campaign.sending.breaker import Breaker
from campaign.sending.couriers import Courier, Couriers
from campaign.sending.ending import Ending, Result
from campaign.sending.exchange import Exchange
from campaign.sending.pace import Pace
from campaign.sending.ramp import Ramp
from campaign.sending.settling import settlements
from campaign.sending.speed import Speed, Transport
from campaign.sending.todo import Fixed, Todo
from campaign.sending.upcoming import Batch, Judge, Upcoming

_JUDGE_AGAIN = 0.1
"""Seconds; the ledger's clock, by which a gate goes, may be another than this machine's."""

_Delivery = tuple[Batch, float]
"""What travels in one request, and when the sender let it go, on the monotonic clock."""


class Engine:
    """Sends one run. Use once: ``await Engine(...).run(todos)``.

    ``clean`` takes the secrets out of a text; ``clock`` tells the time, in seconds since 1970 UTC.
    """

    def __init__(
        self,
        *,
        provider: Provider,
        transport: Transport,
        books: Books,
        judge: Judge,
        fixed: Fixed,
        speed: Speed,
        pace: Pace,
        tell: Callable[[str], None],
        clean: Callable[[str], str],
        ramp: Ramp,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._provider = provider
        self._books = books
        self._speed = speed
        self._tell = tell
        self._exchange = Exchange(provider, transport, clean)
        self._ramp = ramp
        self._upcoming = Upcoming(
            judge=judge,
            fixed=fixed,
            books=books,
            size=speed.batch,
            limit=speed.limit,
            clock=clock,
        )
        self._pace = pace
        self._breaker = Breaker(speed.attempts, speed.stop_when)
        self._dispatching = anyio.CancelScope()
        self._sending = anyio.CancelScope()
        self._result = Result()
        self._news: list[str] = []
        self._bug: Exception | None = None

    def stop(self, ending: Ending, why: str | None = None) -> None:
        """Claim nobody any more; what is under way is waited for."""
        if self._result.ending is Ending.FINISHED:
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
            Exception: a bug, of a provider say; what was under way was waited for and settled.
        """
        try:
            with self._sending:
                async with anyio.create_task_group() as tasks:
                    couriers = Couriers(tasks, self._speed.concurrency, self._deliver)
                    with self._dispatching:
                        await self._dispatch(todos, couriers)
                    couriers.dismiss()
        except BaseExceptionGroup as group:
            raise first_error(group) from group
        if self._bug is not None:
            raise self._bug
        if self._result.ending is Ending.FINISHED and self._upcoming.limited:
            return Result(Ending.LIMIT)
        if self._result.ending is Ending.FINISHED and self._upcoming.kept_back is not None:
            return Result(Ending.FULL, self._upcoming.kept_back)
        return self._result

    async def _dispatch(self, todos: AsyncGenerator[Todo], couriers: Couriers[_Delivery]) -> None:
        try:
            async with aclosing(todos), aclosing(self._upcoming.batches(todos)) as batches:
                # A place first: who is judged and then waits for one has to be judged again.
                while await self._place(couriers) and (waiting := await anext(batches, None)):
                    admitted = await self._ramp.admit(len(waiting))
                    self._upcoming.put_back(waiting[admitted:])
                    await self._pace.take(admitted, waiting[0][0].sender)
                    batch = self._upcoming.still(waiting[:admitted])
                    self._ramp.back(admitted - len(batch))
                    if batch:
                        self._upcoming.leaves()
                        couriers.give((batch, time.monotonic()))
                    else:
                        couriers.keep_free()
        except Exception as error:  # noqa: BLE001 - raised at the end
            self._end_with(error)

    async def _place(self, couriers: Couriers[_Delivery]) -> bool:
        """Wait for a place; return whether anybody may still be claimed."""
        if couriers.free:
            await couriers.place()
        else:
            with self._pace.waiting_for_an_answer():
                await couriers.place()
        return not self._dispatching.cancel_called

    def _end_with(self, error: Exception) -> None:
        """Keep a bug from breaking off other requests; it is raised when they are answered."""
        if isinstance(error, LedgerError):
            raise error  # their outcomes could not be written either
        self._bug = self._bug or error
        self.stop(Ending.STOPPED)

    async def _deliver(self, delivery: _Delivery, courier: Courier) -> None:
        batch, let_go_at = delivery
        try:
            await self._claim_and_send(batch, let_go_at, courier)
        except Exception as error:  # noqa: BLE001 - raised at the end
            self._end_with(error)
        finally:
            courier.scope.shield = False
            self._ramp.back(len(batch))
            self._upcoming.is_back()

    async def _claim_and_send(self, batch: Batch, let_go_at: float, courier: Courier) -> None:
        steady = courier.scope
        # Before the claim: a provider that cannot write the request costs nobody anything.
        request = self._provider.request([message for _, message in batch])
        if self._dispatching.cancel_called:
            return
        # Claims and outcomes are written whatever happens; only the request is broken off.
        steady.shield = True
        asked_at = leaving.clock()
        attempts = await self._books.claim([todo.claim() for todo, _ in batch])
        mine = [
            (todo, message, attempt)
            for (todo, message), attempt in zip(batch, attempts, strict=True)
            if attempt
        ]
        for (todo, _), attempt in zip(batch, attempts, strict=True):
            if attempt:
                todo.claimed = True
            else:
                self._upcoming.has_not_begun(todo)
            if attempt == TURNED_AWAY:  # the rules have learnt why meanwhile
                self._upcoming.again(todo, time.monotonic() + _JUDGE_AGAIN)
        if not mine:
            return
        started_at = _now()
        raised: BaseException | None = None
        left = False
        try:
            messages = [message for _, message, _ in mine]
            if len(mine) < len(batch):
                request = self._provider.request(messages)
            turn = partial(self._pace.door.through, len(mine), mine[0][0].sender)
            leaving.ask_before(request, partial(self._may_leave, asked_at), turn)
            steady.shield = False
            await anyio.lowlevel.checkpoint_if_cancelled()
            leaving.check(request)
            left = True  # nothing can come between this line and the transport's first one
            outcomes = await self._exchange.outcomes(request, messages)
            steady.shield = True
            # Before they are weighed: a run that stops gives nobody up.
            self._stop_if(self._breaker.note(outcomes))
            times = [
                self._weigh(todo, outcome, let_go_at)
                for (todo, _, _), outcome in zip(mine, outcomes, strict=True)
            ]
            refused = await self._refused(mine, outcomes)
            settled = settlements(mine, outcomes, times, refused, started_at, _now())
            self._stop_if(self._breaker.settled(settled))
        except leaving.NotLeft:
            steady.shield = True
            times = [time.monotonic()] * len(mine)
            outcomes = [Outcome(Kind.NOT_SENT, "not_in_time")] * len(mine)
            settled = settlements(mine, outcomes, times, {}, started_at, _now(), left=False)
        except BaseException as error:  # noqa: BLE001 - raised again when the claims are settled
            steady.shield = True
            raised = error
            times = [None] * len(mine)
            outcome = self._exchange.broken_off(error) if left else Outcome(Kind.NOT_SENT)
            outcomes = [outcome] * len(mine)
            settled = settlements(mine, outcomes, times, {}, started_at, _now(), left=left)
        written = self._books.settle(settled)
        # Whoever comes next is claimed together with it or later: no more are open than places.
        courier.leave_place()
        await written
        self._stop_if(await self._ramp.settled(settled))
        if raised is not None:
            raise raised
        for (todo, _, _), at in zip(mine, times, strict=True):
            if at is not None:
                self._upcoming.again(todo, at)
        while self._news:
            self._tell(self._news.pop(0))

    def _may_leave(self, asked_at: float) -> bool:
        in_time = leaving.clock() - asked_at < leaving.OLDEST and self._books.in_time()
        return in_time and not self._dispatching.cancel_called

    async def _refused(
        self, mine: Sequence[tuple[Todo, Message, int]], outcomes: Sequence[Outcome]
    ) -> dict[int, int]:
        """Return how often those who are to be held were refused for the same reason before."""
        return {
            todo.number: await self._books.refused(todo.number, outcome.reason)
            for (todo, _, _), outcome in zip(mine, outcomes, strict=True)
            if outcome.hold is not None
        }

    def _weigh(self, todo: Todo, outcome: Outcome, let_go_at: float) -> float | None:
        """Act on an outcome; return when to try this recipient again, or ``None`` for never."""
        now = time.monotonic()
        if outcome.kind is Kind.THROTTLED:
            self._wait_for_vendor(outcome, let_go_at, "the vendor asks to slow down")
            return now
        if outcome.kind is Kind.NOT_SENT:
            what = f"the vendor cannot be reached ({outcome.detail})"
            self._wait_for_vendor(outcome, let_go_at, what)
            return self._once_more(todo, now)
        self._pace.answered(let_go_at)
        if outcome.kind is not Kind.REJECTED:
            return None
        if outcome.scope is Scope.CAMPAIGN:
            self.stop(
                Ending.STOPPED,
                f"the vendor refuses the whole campaign ({outcome.reason}): {outcome.detail}",
            )
            return now
        # Who is held comes back in a later execution, not in this one.
        return self._once_more(todo, now) if outcome.retry and outcome.hold is None else None

    def _once_more(self, todo: Todo, now: float) -> float | None:
        todo.tries += 1
        # A run that stops gives nobody up: the trouble may be everybody's, or ours.
        if todo.tries >= self._speed.attempts and not self._dispatching.cancel_called:
            return None
        return now + self._speed.wait(todo.tries)

    def _stop_if(self, tripped: str | None) -> None:
        if tripped is not None:
            self.stop(Ending.STOPPED, tripped)

    def _wait_for_vendor(self, outcome: Outcome, let_go_at: float, what: str) -> None:
        if self._pace.pause.begin(outcome.wait, let_go_at):
            if outcome.kind is Kind.THROTTLED:
                self._pace.throttled()
            if tripped := self._breaker.paused(outcome, self._pace.pause.in_a_row):
                self.stop(Ending.STOPPED, tripped)
            else:
                self._news.append(f"Waiting {self._pace.pause.seconds:.1f} s: {what}.")


def _now() -> int:
    return time.time_ns() // 1_000_000
