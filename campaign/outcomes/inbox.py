"""Group commit for what is received: whoever posts waits until it is written, and no longer.

A group is whatever is ready when the last write has finished, never what a clock collected.
Invariants: one thread writes; whoever is told that their events are kept has them in the ledger,
durably; and when a write fails, everybody of its group is told so and the next group is tried anew,
for a vendor that gets an error posts again. Events that can never be written spoil nobody else's.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import anyio

from campaign.errors import LedgerError
from campaign.outcomes.intake import Intake, Taken, TriedAgain
from campaign.providers.heard import Heard

_LARGEST = 2_000
"""Events that are written together; what comes in behind them waits for the next group."""
_AGAIN_EVERY = 10.0
"""Seconds between two looks at events that fitted nobody."""
_FORGET_EVERY = 3600.0
"""Seconds between two times at which what is too old to be kept is forgotten."""
_HOPED_FOR = 2 * 60 * 1000
"""Milliseconds for which an answer may still be missing; afterwards only `sync` looks again."""
_AT_A_TIME = 1_000
"""Events that are looked at again before whoever posts meanwhile has their turn."""


class NotKept(Exception):
    """The ledger could not be written; the events are to be posted again."""


class NotKeepable(Exception):
    """The events are such that they cannot be written, however often they are posted."""


def _future() -> asyncio.Future[None]:
    return asyncio.get_running_loop().create_future()


@dataclass(slots=True)
class _Posted:
    events: Sequence[Heard]
    done: asyncio.Future[None] = field(default_factory=_future)


class Inbox:
    """The way from many requests to one ledger. ``keep`` is to be started as a task of its own."""

    def __init__(self, intake: Intake, tell: Callable[[str], None]) -> None:
        self.taken = Taken()
        self.matched_later = 0
        self._intake = intake
        self._tell = tell
        self._writer = ThreadPoolExecutor(1, "inbox")
        self._posted: deque[_Posted] = deque()
        self._ready = anyio.Event()
        self._closing = False
        self._settled = self._place = 0
        self._again_at = self._forget_at = time.monotonic()
        self._left = 0
        self._waits_for_somebody = True
        self._failing = False

    async def put(self, events: Sequence[Heard]) -> None:
        """Return once the events are in the ledger, durably.

        Raises:
            NotKept: they are not.
            NotKeepable: they are not, and never will be.
        """
        if self._closing:
            raise NotKept
        one = _Posted(events)
        self._posted.append(one)
        self._ready.set()
        await one.done

    def close(self) -> None:
        """End :meth:`keep` once all that waits is written."""
        self._closing = True
        self._ready.set()

    async def keep(self) -> None:
        """Write groups until :meth:`close`."""
        try:
            while self._posted or not self._closing:
                if time.monotonic() >= self._forget_at:
                    await self._forget_old()
                if self._is_time:
                    await self._try_again()
                if self._posted:
                    await self._write(self._group())
                    continue
                if self._is_time:
                    continue
                self._ready = anyio.Event()
                with anyio.move_on_after(_AGAIN_EVERY):
                    await self._ready.wait()
            if self._waits_for_somebody:
                await self._try_again()
        finally:
            self._closing = True
            _end(self._posted, NotKept())
            self._writer.shutdown(wait=False)

    @property
    def _is_time(self) -> bool:
        return self._waits_for_somebody and time.monotonic() >= self._again_at

    def _group(self) -> list[_Posted]:
        group, events = list[_Posted](), 0
        while self._posted and (not group or events < _LARGEST):
            group.append(one := self._posted.popleft())
            events += len(one.events)
        return group

    async def _write(self, group: list[_Posted]) -> None:
        events = [event for one in group for event in one.events]
        loop = asyncio.get_running_loop()
        try:
            taken = await loop.run_in_executor(self._writer, self._intake.take, events)
        except LedgerError as error:
            self._tell_once(error)
            _end(group, NotKept())
        except Exception as error:  # noqa: BLE001 - handed to who posted what cannot be written
            if len(group) == 1:
                self._tell(f"What was posted cannot be written: {type(error).__name__}: {error}")
                _end(group, NotKeepable())
                return
            for one in group:  # one of them spoils it for all
                await self._write([one])
        else:
            self._failing = False
            self.taken += taken
            self._waits_for_somebody |= taken.unmatched > 0
            _end(group)

    async def _try_again(self) -> None:
        """Look again at some of what fitted nobody, the oldest first; once, but for the newest."""
        self._again_at = time.monotonic() + _AGAIN_EVERY
        before = time.time_ns() // 1_000_000 - _HOPED_FOR
        loop = asyncio.get_running_loop()
        try:
            found: TriedAgain = await loop.run_in_executor(
                self._writer,
                lambda: self._intake.look_again(
                    self._place, settled_before=before, most=_AT_A_TIME
                ),
            )
        except Exception as error:  # noqa: BLE001 - tried again; whoever posts is told by `_write`
            self._tell_once(error)
            return
        self._settled = max(self._settled, found.settled)
        self._left += found.left
        self.matched_later += found.matched
        self.taken += Taken(opted_out=found.opted_out)
        if found.tried == _AT_A_TIME:  # whoever has posted meanwhile has their turn, then the rest
            self._place, self._again_at = found.last, time.monotonic()
            return
        self._waits_for_somebody = self._left > 0
        self._place, self._left = self._settled, 0

    async def _forget_old(self) -> None:
        self._forget_at = time.monotonic() + _FORGET_EVERY
        loop = asyncio.get_running_loop()
        try:
            await loop.run_in_executor(self._writer, self._intake.forget_old)
        except LedgerError as error:
            self._tell_once(error)

    def _tell_once(self, error: Exception) -> None:
        if not self._failing:
            self._failing = True
            self._tell(f"Nothing can be written, so vendors are told to post again: {error}")


def _end(group: Iterable[_Posted], error: Exception | None = None) -> None:
    """Tell whoever still waits that it is written, or what was in the way."""
    for one in group:
        if one.done.done():
            continue
        if error is None:
            one.done.set_result(None)
        else:
            one.done.set_exception(error)
