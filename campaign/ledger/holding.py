"""Holding a run: taken at the start, kept by heartbeats, given back at the end."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from campaign.errors import LeaseLost, LedgerError
from campaign.ledger import owner
from campaign.ledger.protocol import Ledger
from campaign.ledger.records import Lease


@contextmanager
def held(ledger: Ledger, run_id: int, *, takeover: bool = False) -> Iterator[Lease]:
    """Hold a run while the block lasts; ``takeover`` also where the ledger is a copy.

    Raises:
        RunHeld: another process holds the run and gives signs of life.
        InvalidInput: the ledger is a copy, and ``takeover`` was not said.
    """
    lease = ledger.acquire(run_id, takeover=takeover)
    try:
        with beating(ledger, lease):
            yield lease
    finally:
        ledger.release(lease)


@contextmanager
def beating(ledger: Ledger, lease: Lease) -> Iterator[None]:
    """Give signs of life for a run while the block lasts.

    By a thread of its own, so that no long computation keeps it from beating. It says nothing of
    its troubles: the next write says what is wrong, where it can be acted on. A ledger that is only
    busy is tried again, or a healthy run would be taken over later.
    """
    over = threading.Event()

    def beat() -> None:
        while not over.wait(owner.HEARTBEAT):
            try:
                ledger.beat(lease)
            except LeaseLost:
                return
            except LedgerError:
                continue

    thread = threading.Thread(target=beat, name="heartbeat", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
