"""The command, a little changed: ``python -m tests.crash.changed CHANGES WORD...``.

``CHANGES`` is a JSON object of the functions below by name, each with its one argument; the words
are those of the command. What takes half a minute in earnest takes a second here, and what goes
wrong with a machine (a full disk, a clock that is set) goes wrong when a test wants it. The project
knows nothing of any of it.
"""

from __future__ import annotations

import json
import resource
import signal
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from campaign.cli import main
from campaign.ledger import owner, postgres_server
from campaign.ledger.sql_ledger import SqlLedger
from campaign.sending import leaving
from campaign.workers import hand
from campaign.workers.worker import main as main_of_worker


def lease(seconds: float) -> None:
    """Let a run be taken over after so many seconds without a sign of life."""
    owner.TIME_TO_LIVE = seconds
    owner.HEARTBEAT = 0.1
    leaving.OLDEST = seconds / 3


def patience(seconds: float) -> None:
    """Wait so long for a database server that went away."""
    postgres_server._AWAY_SECONDS = seconds


def quota(size: int) -> None:
    """Let no file grow beyond so many bytes, as on a disk that is full."""
    _, most = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, most))


def stop(after: int) -> None:
    """Be stopped right after that write in which somebody is claimed, and before its requests."""

    def stopped(ledger: SqlLedger) -> None:
        # Not while another thread (a heartbeat) is in a transaction: a file would stay locked.
        with getattr(ledger._db, "_lock"):  # noqa: B009 - of both kinds of database
            # To this thread, which then does not run on for a moment and let go of the lock.
            signal.pthread_kill(threading.get_ident(), signal.SIGSTOP)

    _after_claims(after, stopped)


def clock(seconds: int) -> None:
    """Begin with a clock that is so much ahead, or (below zero) behind."""
    _set_clock(seconds)


def clock_back(after: int) -> None:
    """Set the clock back by an hour after that write in which somebody is claimed."""
    _after_claims(after, lambda ledger: _set_clock(-3600))


def _set_clock(seconds: int) -> None:
    now, now_ns = time.time, time.time_ns
    time.time = lambda: now() + seconds
    time.time_ns = lambda: now_ns() + seconds * 1_000_000_000


def _after_claims(after: int, act: Callable[[SqlLedger], None]) -> None:
    original, original_begin, left = SqlLedger.write, SqlLedger.begin, [after]

    def written(ledger: SqlLedger, what: dict[str, Any]) -> None:
        left[0] -= bool(what.get("claims"))
        if left[0] == 0:
            left[0] = -1
            act(ledger)

    def write(self: SqlLedger, *args: Any, **what: Any) -> Any:
        result = original(self, *args, **what)
        written(self, what)
        return result

    def begin(self: SqlLedger, *args: Any, **what: Any) -> Any:
        group = original_begin(self, *args, **what)
        if group is None:
            return None

        def commit() -> None:
            group.commit()
            written(self, what)

        return replace(group, commit=commit)

    SqlLedger.write = write  # type: ignore[method-assign]
    SqlLedger.begin = begin  # type: ignore[method-assign]


CHANGES: dict[str, Callable[[Any], None]] = {
    change.__name__: change for change in (lease, patience, quota, stop, clock, clock_back)
}


def change(changes: dict[str, Any]) -> None:
    """Make the changes here, and in every worker that is started from here."""
    for name, value in changes.items():
        CHANGES[name](value)
    hand.PROGRAM = f"from tests.crash.changed import worker; worker({changes!r})"


def worker(changes: dict[str, Any]) -> None:
    """Be a worker, a little changed."""
    change(changes)
    main_of_worker()


if __name__ == "__main__":
    change(json.loads(sys.argv[1]))
    sys.argv[:2] = ["campaign"]
    main()
