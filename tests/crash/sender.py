"""A sender that kills itself: ``python -m tests.crash.sender DEFINITION POINT AFTER``.

Runs the campaign as the command does, in a process of its own, and sends itself SIGKILL when the
named point is reached for the AFTERth time. The points are put around the project's own functions
from here; the project knows nothing of them. Where a point is one of recovery and there is nothing
to recover, it gives up at once, with NOTHING_TO_RECOVER.

Where the campaign has workers, the points are put around their functions too. One that gets there
takes the whole run with it if AFTER is odd; else it dies alone, and the run ends with
LOST_A_WORKER.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import httpx
from psycopg.pq import TransactionStatus

import campaign
from campaign.ledger.database import Database
from campaign.ledger.records import Lease, State
from campaign.ledger.sql_ledger import SqlLedger
from campaign.plan import of_run
from campaign.sending.clients import Clients
from campaign.sending.connection import Connection
from campaign.workers import hand
from campaign.workers.worker import main as main_of_worker

NOTHING_TO_RECOVER = 99
LOST_A_WORKER = 98


class Fuse:
    """Counts how often a point is reached, and ends the process at the right time."""

    def __init__(self, after: int, *others: int) -> None:
        self._left = after
        self._others = others

    def burn(self) -> None:
        """Reach the point once more."""
        self._left -= 1
        if self._left <= 0:
            for pid in (*self._others, os.getpid()):
                os.kill(pid, signal.SIGKILL)


def after_plan(fuse: Fuse) -> None:
    """The plan's file is in place, and the ledger does not know it yet."""
    make = of_run.making.make

    def made(*args: Any) -> Any:
        result = make(*args)
        fuse.burn()
        return result

    of_run.making.make = made


def after_claim(fuse: Fuse) -> None:
    """Claims are durable, and their requests have not left."""
    _around_write(lambda claims, settlements: bool(claims), after=fuse)


def before_claim(fuse: Fuse) -> None:
    """Somebody is about to be claimed."""
    _around_write(lambda claims, settlements: bool(claims), before=fuse)


def before_settle(fuse: Fuse) -> None:
    """The answer is here, and its outcome is not written yet."""
    _around_write(lambda claims, settlements: bool(settlements), before=fuse)


def after_settle(fuse: Fuse) -> None:
    """An outcome was just written."""
    _around_write(lambda claims, settlements: bool(settlements), after=fuse)


def during_commit(fuse: Fuse) -> None:
    """Within the transaction of a group, some of it written, none of it committed."""
    _within("_group", fuse)


def before_commit(fuse: Fuse) -> None:
    """Everything of a group is written, and none of it is committed."""
    group = SqlLedger._group

    def done(self: SqlLedger, *what: Any) -> Any:
        attempts = group(self, *what)
        assert _is_in_transaction(self._db), "the point is not where it says"
        fuse.burn()
        return attempts

    SqlLedger._group = done  # type: ignore[method-assign]


def request_written(fuse: Fuse) -> None:
    """The bytes of a request are on their way, and no answer was read."""
    carry = Connection.carry

    def carried(self: Connection, written: bytes, method: str) -> Any:
        answered = carry(self, written, method)
        fuse.burn()
        return answered

    Connection.carry = carried  # type: ignore[method-assign]


def answer_read(fuse: Fuse) -> None:
    """The answer was read, and nobody has looked at it."""
    send = Clients.send

    async def sent(self: Clients, request: httpx.Request) -> httpx.Response:
        response = await send(self, request)
        fuse.burn()
        return response

    Clients.send = sent  # type: ignore[method-assign]


def before_recovery(fuse: Fuse) -> None:
    """The run is taken, and open claims of an earlier execution are not judged yet."""
    _around_recovery(before=fuse)


def during_recovery(fuse: Fuse) -> None:
    """Within the transaction that makes open claims unknown, before it is committed."""
    _within("recover", fuse)
    _around_recovery()


def after_recovery(fuse: Fuse) -> None:
    """Open claims were just made unknown."""
    _around_recovery(after=fuse)


def nowhere(fuse: Fuse) -> None:
    """Never: whoever started this process kills it, or it runs to its end."""


POINTS: dict[str, Callable[[Fuse], None]] = {
    point.__name__: point
    for point in (
        after_plan,
        before_claim,
        after_claim,
        request_written,
        answer_read,
        before_settle,
        after_settle,
        during_commit,
        before_commit,
        before_recovery,
        during_recovery,
        after_recovery,
        nowhere,
    )
}
OF_RECOVERY = ("before_recovery", "during_recovery", "after_recovery")


def _around_write(
    concerns: Callable[[Sequence[Any], Sequence[Any]], bool],
    *,
    before: Fuse | None = None,
    after: Fuse | None = None,
) -> None:
    original, original_begin = SqlLedger.write, SqlLedger.begin

    def burn(fuse: Fuse | None, what: dict[str, Any]) -> None:
        if fuse is not None and concerns(what.get("claims", ()), what.get("settlements", ())):
            fuse.burn()

    def write(self: SqlLedger, lease: Lease, **what: Any) -> Any:
        burn(before, what)
        result = original(self, lease, **what)
        burn(after, what)
        return result

    def begin(self: SqlLedger, lease: Lease, **what: Any) -> Any:
        burn(before, what)
        group = original_begin(self, lease, **what)
        if group is None:
            return None

        def commit() -> None:
            group.commit()
            burn(after, what)

        return replace(group, commit=commit)

    SqlLedger.write = write  # type: ignore[method-assign,assignment]
    SqlLedger.begin = begin  # type: ignore[method-assign,assignment]


def _around_recovery(*, before: Fuse | None = None, after: Fuse | None = None) -> None:
    original = SqlLedger.recover

    def recover(self: SqlLedger, lease: Lease) -> int:
        if not self.counts(lease.run_id).sending:
            sys.exit(NOTHING_TO_RECOVER)
        if before is not None:
            before.burn()
        found = original(self, lease)
        if after is not None:
            after.burn()
        return found

    SqlLedger.recover = recover  # type: ignore[method-assign]


def _within(method: str, fuse: Fuse) -> None:
    """Burn within the transaction of a method, where it comes to the counts."""
    original, tally = getattr(SqlLedger, method), SqlLedger._tally

    def during(self: SqlLedger, *args: Any, **more: Any) -> Any:
        def burning(run_id: int, changes: Mapping[State, int]) -> None:
            assert _is_in_transaction(self._db), "the point is not where it says"
            fuse.burn()
            tally(self, run_id, changes)

        self._tally = burning  # type: ignore[method-assign]
        try:
            return original(self, *args, **more)
        finally:
            del self._tally

    setattr(SqlLedger, method, during)


def _is_in_transaction(db: Database) -> bool:
    inner = vars(db).get("db")
    if inner is not None:
        return bool(inner.in_transaction)
    return bool(vars(db)["_db"].info.transaction_status == TransactionStatus.INTRANS)


def main() -> None:
    """Run the campaign until the fuse has burnt down."""
    definition, point, after = sys.argv[1:]
    POINTS[point](Fuse(int(after)))
    hand.PROGRAM = f"from tests.crash.sender import worker; worker({point!r}, {after})"
    summary = campaign.load(definition).run()
    lost = "was ended by SIGKILL" in (summary.why or "")
    sys.exit(LOST_A_WORKER if lost else summary.exit_code)


def worker(point: str, after: int) -> None:
    """Be a worker of such a run."""
    others = [os.getppid()] if after % 2 else []
    POINTS[point](Fuse(after, *others))
    main_of_worker()


if __name__ == "__main__":
    main()
