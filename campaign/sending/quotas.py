"""Caps of a provider's account per minute, hour and day, counted from the ledger.

Invariant: what the ledger knows of the account, of this run and of every other, is counted before
anybody is let go, so that a restart begins with the room that is left. Windows move: no minute,
hour or day, whenever it begins, holds more than its cap of what is known here. Memory does not
grow with the messages: a window is six hundred counts.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import anyio.to_thread

from campaign.ledger.records import Run
from campaign.ledger.traffic import Traffic

_PARTS = 600
"""Counts that a window is divided into; a message counts until its whole part has passed."""
_OFTEN = 20
"""How often in a window what other runs have claimed is looked up, and at least once a minute."""
_AT_LEAST = 60_000
_OVERLAP = 5_000
"""Milliseconds that a look reaches behind the last one: clocks of other machines, and writes that
were not committed then."""


@dataclass(frozen=True, slots=True)
class Quota:
    """At most ``messages`` in any ``seconds``."""

    messages: int
    seconds: float


class Quotas:
    """The room that the caps leave. ``clock`` tells the time, in seconds since 1970 UTC.

    ``tell`` is called with a cap that is reached and the end of the wait, a time like the clock's.
    A rehearsal messages nobody: no other run counts what it did, and it counts only itself.
    """

    def __init__(
        self,
        quotas: Sequence[Quota],
        ledger: Traffic,
        run: Run,
        *,
        clock: Callable[[], float],
        tell: Callable[[Quota, float], None],
    ) -> None:
        self.clock = clock
        self.tell = tell
        self._ledger = ledger
        self._run = run
        self._windows = [_Window(quota) for quota in quotas]
        self._every = min([_AT_LEAST, *(window.length // _OFTEN for window in self._windows)])
        now = self._now()
        for window in self._windows:
            window.own = dict(self._read(window, now - window.length, own=True))
        self._look_back(None)
        self._looked_at = now

    def reached(self, messages: int) -> tuple[Quota, float] | None:
        """Return the cap without room for so many, and when there may be room; or ``None``."""
        now = self._now()
        full = [(window.free_at(messages, now), window) for window in self._windows]
        at, window = max(full, key=lambda one: one[0])
        return None if at <= now else (window.quota, at / 1000)

    def leave(self, messages: int) -> None:
        """Note that so many messages leave now."""
        now = self._now()
        for window in self._windows:
            window.add(messages, now)

    async def look(self) -> None:
        """Learn what other runs have claimed since the last look, if it is time to."""
        now = self._now()
        if abs(now - self._looked_at) >= self._every:
            since = min(self._looked_at, now) - _OVERLAP
            self._looked_at = now
            await anyio.to_thread.run_sync(self._look_back, since)

    def _look_back(self, since: int | None) -> None:
        if self._run.sandbox:
            return
        now = self._now()
        for window in self._windows:
            longest = now - window.length
            first = window.part(longest if since is None else max(since, longest))
            window.learn(first, self._read(window, first * window.width, own=False))

    def _read(self, window: _Window, since: int, *, own: bool) -> Mapping[int, int]:
        return self._ledger.claimed_by_time(self._run, since, window.width, own=own)

    def _now(self) -> int:
        return math.floor(self.clock() * 1000)


class _Window:
    """One cap, and how many messages each part of its window holds; times are milliseconds."""

    def __init__(self, quota: Quota) -> None:
        self.quota = quota
        self.length = round(quota.seconds * 1000)
        self.width = self.length // _PARTS
        self.own: dict[int, int] = {}
        self._others: Mapping[int, int] = {}
        self._counted_at: int | None = None
        self._counted = 0

    def part(self, at: int) -> int:
        """Return in which part a time is."""
        return at // self.width

    def learn(self, first: int, others: Mapping[int, int]) -> None:
        """Take in what other runs did from part ``first`` on."""
        before = {part: rows for part, rows in self._others.items() if part < first}
        self._others = before | dict(others)
        self._counted_at = None

    def add(self, messages: int, now: int) -> None:
        """Count messages of our own."""
        part = self.part(now)
        self.own[part] = self.own.get(part, 0) + messages
        self._counted += messages

    def free_at(self, messages: int, now: int) -> int:
        """Return when so many more have room; ``now`` where they have it now."""
        part = self.part(now)
        if part != self._counted_at:
            self._forget(now)
            self._counted_at = part
        too_many = self._counted + messages - self.quota.messages
        if too_many <= 0:
            return now
        at = now
        for part in sorted(self.own.keys() | self._others.keys()):
            at = self._gone_at(part)
            too_many -= self.own.get(part, 0) + self._others.get(part, 0)
            if too_many <= 0:
                break
        return at

    def _gone_at(self, part: int) -> int:
        return (part + 1) * self.width + self.length

    def _forget(self, now: int) -> None:
        self.own = {p: rows for p, rows in self.own.items() if self._gone_at(p) > now}
        self._others = {p: rows for p, rows in self._others.items() if self._gone_at(p) > now}
        self._counted = sum(self.own.values()) + sum(self._others.values())
