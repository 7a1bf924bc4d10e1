"""How fast: the one place that says when a request may leave.

Invariants: one dispatcher asks for a place for every request, so that a pause never releases a
crowd that waited behind it; nothing is awaited where a place is free; and time that was spent
waiting on purpose is not caught up with.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager

import anyio

from campaign.sending.door import Door
from campaign.sending.giving_way import GivingWay
from campaign.sending.pause import Pause
from campaign.sending.quotas import Quotas
from campaign.sending.slots import Slots
from campaign.sending.speed import Speed
from campaign.sending.waited import Waited

_LOOK_AGAIN = 1.0
"""Seconds; a pause may be lengthened, and the clock of the day be set, while they last."""
_WORTH_TELLING = 2.0
"""Seconds that a wait for a cap must last to be told of."""


class Pace:
    """Lets messages through: at the asked rate, at each sender's own, within the caps.

    ``quotas`` are the caps of longer windows. One belongs to all that an execution sends.
    """

    def __init__(self, speed: Speed, quotas: Quotas | None = None) -> None:
        self.pause = Pause(speed.first_wait, speed.longest_wait)
        self.door = Door(speed.rate, speed.per_sender)
        self._slots = Slots(speed.rate)
        self._per_sender = speed.per_sender
        self._of_sender: dict[str | None, Slots] = {}
        self._way = GivingWay(speed.rate)
        self._quotas = quotas
        self._waited = Waited()
        self._told_until = -math.inf

    @property
    def waited(self) -> Waited:
        """What was waited for until now."""
        self._waited.slowed_to = self._way.rate if self._way.slowed else None
        return self._waited

    def seconds(self) -> float:
        """Return how many seconds are known to be spent waiting for a cap from now on."""
        return 0.0 if self._quotas is None else max(0.0, self._told_until - self._quotas.clock())

    async def take(self, messages: int, sender: str | None = None) -> None:
        """Wait until so many messages, in one request of this sender, may leave; they leave now."""
        of_sender = self._slots_of(sender)
        while True:
            now = time.monotonic()
            if self.pause.until > now:
                await self._wait_for_the_pause()
                continue
            if self._quotas is not None and await self._waited_for_a_cap(self._quotas, messages):
                continue
            at = self._slots.free_at(messages, now)
            if of_sender is not None:
                at = max(at, of_sender.free_at(messages, now))
            if at <= now:
                break
            await anyio.sleep(min(at - now, _LOOK_AGAIN))
        self._slots.leave(messages, now)
        if of_sender is not None:
            of_sender.leave(messages, now)
        if self._quotas is not None:
            self._quotas.leave(messages)

    def throttled(self) -> None:
        """Note that the vendor says it gets too many: go on more slowly after the pause."""
        self._way.throttled()
        self._slots.change(self._way.rate)

    def answered(self, let_go_at: float) -> None:
        """Note that the vendor took or refused a message that was let go at that time."""
        self.pause.over(let_go_at)
        if self._way.answered(let_go_at):
            self._slots.change(self._way.rate)

    @contextmanager
    def waiting_for_an_answer(self) -> Iterator[None]:
        """Count the time as waited for the vendor: every place for a request is taken."""
        began = time.monotonic()
        try:
            yield
        finally:
            self._waited.in_flight += time.monotonic() - began

    def _slots_of(self, sender: str | None) -> Slots | None:
        if self._per_sender is None:
            return None
        found = self._of_sender.get(sender)
        if found is None:
            found = self._of_sender[sender] = Slots(self._per_sender)
        return found

    async def _wait_for_the_pause(self) -> None:
        began = time.monotonic()
        try:
            while (seconds := self.pause.seconds) > 0:  # noqa: ASYNC110 - it can be lengthened
                await anyio.sleep(min(seconds, _LOOK_AGAIN))
        finally:
            self._forgive()
            self._waited.paused += time.monotonic() - began

    async def _waited_for_a_cap(self, quotas: Quotas, messages: int) -> bool:
        """Wait until the caps have room, a second at most; return whether there was to wait."""
        await quotas.look()
        reached = quotas.reached(messages)
        if reached is None:
            return False
        quota, until = reached
        left = until - quotas.clock()
        if left > _WORTH_TELLING and until > self._told_until:
            self._told_until = until
            quotas.tell(quota, until)
        began = time.monotonic()
        try:
            await anyio.sleep(min(max(left, 0.001), _LOOK_AGAIN))
        finally:
            self._forgive()
            self._waited.capped += time.monotonic() - began
        return True

    def _forgive(self) -> None:
        now = time.monotonic()
        for slots in (self._slots, *self._of_sender.values()):
            slots.forgive(now)
