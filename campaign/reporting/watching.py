"""Beside a run: progress for whoever watches, and an ear for whoever presses Ctrl-C."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Protocol

import anyio
import anyio.to_thread

from campaign.errors import LedgerError
from campaign.ledger.protocol import Ledger
from campaign.reporting.reporter import Progress, Reporter

_SECONDS = 0.5
# A closed terminal (SIGHUP) asks to stop like Ctrl-C does; Windows has none.
_SIGNALS = tuple(
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
)
_SMOOTHING = 0.3


class Stoppable(Protocol):
    """What can be stopped in two stages."""

    def interrupt(self) -> None:
        """Claim nobody any more; wait for what is under way."""
        ...

    def abort(self) -> None:
        """Stop at once."""
        ...


class Goal(Protocol):
    """Where an execution is going."""

    @property
    def to_send(self) -> int:
        """How many it sends to, as far as is known by now."""
        ...

    def waits(self) -> float:
        """Return how many seconds are known to be spent waiting from now on."""
        ...


async def watch(reporter: Reporter, ledger: Ledger, run_id: int, asked: float, goal: Goal) -> None:
    """Report progress about twice a second until cancelled; the figures are the ledger's."""
    first = last = ledger.counts(run_id).done
    then = time.monotonic()
    rate = 0.0
    while True:
        await anyio.sleep(_SECONDS)
        try:
            counts = await anyio.to_thread.run_sync(ledger.counts, run_id)
            waits = await anyio.to_thread.run_sync(goal.waits)
        except LedgerError:
            continue  # whoever writes next says so, where requests can still be waited for
        now = time.monotonic()
        recent = (counts.done - last) / (now - then)
        # A wait says nothing of how fast it goes on after it.
        if recent or not waits:
            rate = recent if rate == 0 else (1 - _SMOOTHING) * rate + _SMOOTHING * recent
        last, then = counts.done, now
        sent, to_send = counts.done - first, goal.to_send
        eta = (to_send - sent) / rate + waits if rate > 0 else None
        reporter.progress(Progress(counts, sent, to_send, rate, asked, eta))


@contextmanager
def listening(hear: Callable[[], None]) -> Iterator[None]:
    """Call ``hear`` in the running event loop at each Ctrl-C, SIGTERM or SIGHUP."""
    loop = asyncio.get_running_loop()
    with _handled(lambda *_: loop.call_soon_threadsafe(hear)):
        yield


@contextmanager
def answerable() -> Iterator[None]:
    """Let a signal break off a question, for which the event loop stands still.

    Raises:
        KeyboardInterrupt: one came.
    """
    with _handled(signal.default_int_handler):
        yield


@contextmanager
def _handled(handler: Callable[[int, FrameType | None], object]) -> Iterator[None]:
    before = {one: signal.signal(one, handler) for one in _SIGNALS}
    try:
        yield
    finally:
        for one, earlier in before.items():
            signal.signal(one, earlier)
