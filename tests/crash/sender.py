"""A sender that kills itself: ``python -m tests.crash.sender DEFINITION POINT AFTER``.

Runs the campaign as the command does, in a process of its own, and sends itself SIGKILL when the
named point is reached for the AFTERth time. The points are put around the project's own functions
from here; the project knows nothing of them.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Sequence
from typing import Any

import httpx

import campaign
from campaign.ledger.protocol import Lease
from campaign.ledger.sql_ledger import SqlLedger
from campaign.plan import of_run
from campaign.sending.clients import Clients

LEDGERS = (SqlLedger,)


class Fuse:
    """Counts how often a point is reached, and ends the process at the right time."""

    def __init__(self, after: int) -> None:
        self._left = after

    def burn(self) -> None:
        """Reach the point once more."""
        self._left -= 1
        if self._left <= 0:
            os.kill(os.getpid(), signal.SIGKILL)


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
    for ledger in LEDGERS:
        original = ledger._tally

        def tally(self: Any, *args: Any, _original: Any = original) -> Any:
            fuse.burn()
            return _original(self, *args)

        ledger._tally = tally  # type: ignore[method-assign]


def request_written(fuse: Fuse) -> None:
    """The bytes of a request are on their way, and no answer was read."""
    from httpcore import AsyncConnectionInterface  # noqa: F401 - the layer below httpx is here
    from httpcore._async.http11 import AsyncHTTP11Connection

    receive = AsyncHTTP11Connection._receive_response_headers

    async def received(self: Any, *args: Any, **kwargs: Any) -> Any:
        fuse.burn()
        return await receive(self, *args, **kwargs)

    AsyncHTTP11Connection._receive_response_headers = received  # type: ignore[method-assign]


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
    for ledger in LEDGERS:
        original = ledger.recover

        def recover(self: Any, lease: Lease, _original: Any = original) -> int:
            fuse.burn()
            found: int = _original(self, lease)
            return found

        ledger.recover = recover  # type: ignore[method-assign]


def after_recovery(fuse: Fuse) -> None:
    """Open claims were just made unknown."""
    for ledger in LEDGERS:
        original = ledger.recover

        def recover(self: Any, lease: Lease, _original: Any = original) -> int:
            found: int = _original(self, lease)
            fuse.burn()
            return found

        ledger.recover = recover  # type: ignore[method-assign]


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
        before_recovery,
        after_recovery,
        nowhere,
    )
}


def _around_write(
    concerns: Callable[[Sequence[Any], Sequence[Any]], bool],
    *,
    before: Fuse | None = None,
    after: Fuse | None = None,
) -> None:
    for ledger in LEDGERS:
        original = ledger.write

        def write(
            self: Any,
            lease: Lease,
            *,
            claims: Sequence[Any] = (),
            settlements: Sequence[Any] = (),
            skips: Sequence[Any] = (),
            _original: Any = original,
        ) -> Any:
            if before is not None and concerns(claims, settlements):
                before.burn()
            result = _original(self, lease, claims=claims, settlements=settlements, skips=skips)
            if after is not None and concerns(claims, settlements):
                after.burn()
            return result

        ledger.write = write  # type: ignore[method-assign]


def main() -> None:
    """Run the campaign until the fuse has burnt down."""
    definition, point, after = sys.argv[1:]
    POINTS[point](Fuse(int(after)))
    sys.exit(campaign.load(definition).run().exit_code)


if __name__ == "__main__":
    main()
