"""Who is next: repeats that are due, then new recipients, each judged right before sending.

Invariant: the order comes to an end only when nothing can come back any more, so nobody who could
still be sent to is left behind without a limit or a stop.
"""

from __future__ import annotations

import heapq
import math
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing
from itertools import count

import anyio

from campaign.ledger.records import Skip
from campaign.message.form import Form
from campaign.providers.protocol import Message
from campaign.rules.moment import Hold
from campaign.sending.books import Books
from campaign.sending.todo import Fixed, Todo, alike

Judge = Callable[[Todo, float], Form | str | Hold]
"""The rules that depend on the moment: the form to send in, or the reason code not to (now).

The second argument is the time, in seconds since 1970 UTC.
"""

Batch = list[tuple[Todo, Message]]
"""What travels in one request."""

_SKIPS_TOGETHER = 500
_SHORT_WAIT = 60.0
"""Seconds that a recipient waits in line; who has to wait longer is held in the ledger."""
_LEAST_WAIT = 0.1
_AT_ONCE = 0.001
"""Seconds; who leaves sooner after being judged had to wait for nothing."""


class Upcoming:
    """The recipients in the order in which they are to be sent to.

    ``size`` is how many may travel in one request, ``limit`` how many may begin at all. ``limited``
    says that the limit left somebody out, ``kept_back`` why others like them may not be sent to for
    now. ``clock`` tells the time, in seconds since 1970 UTC.
    """

    def __init__(
        self,
        *,
        judge: Judge,
        fixed: Fixed,
        books: Books,
        size: int,
        limit: int | None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._judge = judge
        self._fixed = fixed
        self._books = books
        self._size = size
        self._clock = clock
        self._room = math.inf if limit is None else limit
        self._again: list[tuple[float, int, Todo]] = []
        self._order = count()
        self._skips: list[Skip] = []
        self._under_way = 0
        self._moved = anyio.Event()
        self._new: Todo | None = None
        self._is_at_end = False
        self._judged_at = self._latest_at = -math.inf
        self.limited = False
        self.kept_back: str | None = None

    def again(self, todo: Todo, at: float) -> None:
        """Send to somebody once more, not before ``at`` on the monotonic clock."""
        heapq.heappush(self._again, (at, next(self._order), todo))

    def has_not_begun(self, todo: Todo) -> None:
        """Let somebody else begin instead, where this one was never claimed."""
        if todo.begun and not todo.claimed:
            todo.begun = False
            self._room += 1

    def leaves(self) -> None:
        """Note that a batch is under way: somebody of it may come back."""
        self._under_way += 1

    def is_back(self) -> None:
        """Note that a batch is not under way any more."""
        self._under_way -= 1
        self._moved.set()

    def put_back(self, batch: Batch) -> None:
        """Take back whom there was no room for; they come next."""
        for todo, _ in batch:
            self.again(todo, time.monotonic())

    def still(self, batch: Batch) -> Batch:
        """Judge a batch again after it had to wait; whom the wait has changed comes later."""
        now = self._clock()
        if 0 <= now - self._judged_at < _AT_ONCE:
            return batch
        kept = []
        for todo, message in batch:
            verdict = self._judge(todo, now)
            if isinstance(verdict, Form) and self._fixed.message(todo, verdict) == message:
                kept.append((todo, message))
            else:
                self.again(todo, time.monotonic())
        return kept

    async def batches(self, todos: AsyncIterator[Todo]) -> AsyncGenerator[Batch]:
        """Yield what to send next, together what may travel in one request."""
        batch: Batch = []
        async with aclosing(self._next(todos)) as queue:
            async for todo in queue:
                if todo is None:
                    await self._write_skips()
                    if batch:
                        yield batch
                        batch = []
                    continue
                message = await self._judged(todo)
                if message is None:
                    self.has_not_begun(todo)
                    continue
                if not todo.begun:
                    if self._room <= 0:  # others began while this one had to wait
                        self.limited = True
                        continue
                    todo.begun = True
                    self._room -= 1
                if batch and alike(batch[0][1]) != alike(message):
                    yield batch
                    batch = []
                if not batch:
                    self._judged_at = self._latest_at
                batch.append((todo, message))
                if len(batch) >= self._size:
                    yield batch
                    batch = []

    async def _next(self, todos: AsyncIterator[Todo]) -> AsyncGenerator[Todo | None]:
        """Yield whom to judge next, and ``None`` when what was collected should not wait."""
        latest: Todo | None = None
        while True:
            is_due = bool(self._again) and self._again[0][0] <= time.monotonic()
            # Nobody twice in a row while there are others: the trouble may be theirs alone.
            if is_due and self._again[0][2] is not latest:
                latest = heapq.heappop(self._again)[2]
                yield latest
            elif await self._is_room_for_a_new_one(todos) and self._new is not None:
                latest, self._new = self._new, None
                yield latest
            elif is_due:
                latest = heapq.heappop(self._again)[2]
                yield latest
            else:
                yield None
                if not self._again and not self._under_way:
                    self.limited |= self._new is not None
                    return
                # Everything new is under way; what comes back as "not sent" is still to be done.
                self._moved = anyio.Event()
                wait = self._again[0][0] - time.monotonic() if self._again else None
                with anyio.move_on_after(wait):
                    await self._moved.wait()

    async def _is_room_for_a_new_one(self, todos: AsyncIterator[Todo]) -> bool:
        """Look who is the next new one; there may be room for them only later, or never."""
        if self._new is None and not self._is_at_end:
            self._new = await anext(todos, None)
            self._is_at_end = self._new is None
        return self._room > 0

    async def _judged(self, todo: Todo) -> Message | None:
        now = self._clock()
        verdict = self._judge(todo, now)
        while isinstance(verdict, Hold) and verdict.why and verdict.until - now <= _SHORT_WAIT:
            # All who come after have to wait as well, so nobody is put behind them.
            await anyio.sleep(max(verdict.until - now, _LEAST_WAIT))
            now = self._clock()
            verdict = self._judge(todo, now)
        self._latest_at = now
        if isinstance(verdict, Form):
            return self._fixed.message(todo, verdict)
        if not isinstance(verdict, Hold):
            self._skips.append(Skip(todo.number, todo.key, verdict))
        elif verdict.why is not None:
            self.kept_back = verdict.why
        elif (wait := verdict.until - now) <= _SHORT_WAIT:
            self.again(todo, time.monotonic() + wait)
        else:
            until = math.ceil(verdict.until * 1000)
            self._skips.append(Skip(todo.number, todo.key, verdict.reason, until))
        if len(self._skips) >= _SKIPS_TOGETHER:
            await self._write_skips()
        return None

    async def _write_skips(self) -> None:
        if self._skips:
            skips, self._skips = self._skips, []
            await self._books.skip(skips)
