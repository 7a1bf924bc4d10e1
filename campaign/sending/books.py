"""Group commit: what many requests want written at the same moment is one transaction.

A group is whatever is ready when the last write has finished, never what a clock collected, so a
lone claim waits for one write and a thousand claims wait for one write too. A small group's
statements are done by the event loop, and only its commit by a thread.

Invariants: nobody is told of a claim before it is durable; when a write fails, everybody who waited
for it, and everybody after, gets the error, and nothing is claimed from a ledger that cannot be
written; the books stay open, even when everything around them is cancelled, until every claim that
went through them is settled.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import islice

import anyio
import anyio.to_thread

from campaign.ledger.gate import Gate
from campaign.ledger.groups import Begun, Group
from campaign.ledger.protocol import Ledger
from campaign.ledger.records import Claim, Lease, Settlement, Skip
from campaign.sending.ending import Stop, TooLate

_TURNS = 2
"""Turns of the event loop, no time: whom an outcome has just made place for is claimed within them,
and both are one transaction."""
_FEW = 1000
"""Rows that hold the event loop up for no longer than some twenty milliseconds; the thread, which
gives Python's lock away at every row, takes ten times as long for them."""


def _future() -> asyncio.Future[None]:
    return asyncio.get_running_loop().create_future()


@dataclass(slots=True)
class _Wish:
    claims: Sequence[Claim] = ()
    settlements: Sequence[Settlement] = ()
    skips: Sequence[Skip] = ()
    done: asyncio.Future[None] = field(default_factory=_future)
    attempts: list[int | None] = field(default_factory=list)


class Books:
    """The way from many tasks to one ledger; the ``gate`` is asked about every claim."""

    def __init__(self, ledger: Ledger, lease: Lease, gate: Gate | None = None) -> None:
        self._gate = gate
        self._ledger = ledger
        self._lease = lease
        # One thread: a transaction at a time, and none of the costs of choosing one for each.
        self._writer = ThreadPoolExecutor(1, "ledger")
        self._wishes: list[_Wish] = []
        self._ready = anyio.Event()
        self._closing = False
        self._closed = False
        self._open_claims = 0
        self._error: Exception | None = None

    async def claim(self, claims: Sequence[Claim]) -> list[int | None]:
        """Claim recipients; return each one's attempt number, or ``None`` for "not yours".

        :data:`~campaign.ledger.gate.TURNED_AWAY` means: judge them again.
        """
        return (await self._write(_Wish(claims=claims))).attempts

    def settle(self, settlements: Sequence[Settlement]) -> Awaitable[object]:
        """Have outcomes written, before any claim that is asked for from now on; await it."""
        return self._written(self._wish(_Wish(settlements=settlements)))

    def in_time(self) -> bool:
        """Return whether a request may leave now; always, unless a moment ends the sending."""
        return True

    async def refused(self, number: int, reason: str | None) -> int:
        """Return how many attempts at a recipient were refused for this reason."""
        if reason is None:
            return 0
        run_id = self._lease.run_id
        return await anyio.to_thread.run_sync(self._ledger.refused, run_id, number, reason)

    async def skip(self, skips: Sequence[Skip]) -> None:
        """Write down recipients that a rule refused at the last moment."""
        await self._write(_Wish(skips=skips))

    async def keep(self) -> None:
        """Write groups until :meth:`close`; to be started as a task of its own.

        To cancel it is to close the books: who has a claim can still write its outcome.
        """
        try:
            await self._keep()
        except anyio.get_cancelled_exc_class():
            self.close()
            with anyio.CancelScope(shield=True):
                await self._keep()
            raise
        finally:
            self._closed = True
            self._writer.shutdown(wait=False)

    def close(self) -> None:
        """End :meth:`keep` when all that waits is written, and every claim is settled."""
        self._closing = True
        self._ready.set()

    async def _keep(self) -> None:
        while not self._is_over():
            if not self._wishes:
                self._ready = anyio.Event()
                await self._ready.wait()
                for _ in range(_TURNS):
                    await asyncio.sleep(0)
                continue
            group, self._wishes = self._wishes, []
            with anyio.CancelScope(shield=True):
                await self._commit(group)

    def _is_over(self) -> bool:
        settled = self._open_claims <= 0 or self._error is not None
        return self._closing and settled and not self._wishes

    async def _write(self, wish: _Wish) -> _Wish:
        return await self._written(self._wish(wish))

    def _wish(self, wish: _Wish) -> _Wish:
        if self._error is not None:
            raise self._error
        if self._closed:
            raise RuntimeError("the books are closed")
        self._wishes.append(wish)
        self._ready.set()
        return wish

    async def _written(self, wish: _Wish) -> _Wish:
        await wish.done
        if self._error is not None:
            raise self._error
        return wish

    async def _commit(self, group: list[_Wish]) -> None:
        if self._error is None:
            try:
                attempts = await self._written_down(group)
            except Exception as error:  # noqa: BLE001 - handed to everybody who waits
                self._error = error
            else:
                self._tell(group, attempts)
        for wish in group:
            if not wish.done.done():  # nobody may be waiting any more
                wish.done.set_result(None)

    async def _written_down(self, group: list[_Wish]) -> list[int | None]:
        # Two threads that take turns in one interpreter wait for each other at every statement.
        # Those of a few are done here; what takes time without the interpreter is for the thread.
        begun = self._begin_group(group) if sum(map(_rows, group)) <= _FEW else None
        if begun is None:
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._writer, self._write_group, group)
        try:
            durable = self._writer.submit(begun.commit)
        except BaseException:  # the program is ending
            begun.undo()
            raise
        # Whatever is broken off meanwhile: a transaction that is open is ended.
        await asyncio.shield(asyncio.wrap_future(durable))
        return begun.result

    def _tell(self, group: list[_Wish], attempts: list[int | None]) -> None:
        told = iter(attempts)
        for wish in group:
            wish.attempts = list(islice(told, len(wish.claims)))
            self._open_claims += sum(bool(attempt) for attempt in wish.attempts)
            self._open_claims -= len(wish.settlements)

    def _write_group(self, group: list[_Wish]) -> list[int | None]:
        return self._ledger.write(self._lease, **self._together(group))

    def _together(self, group: list[_Wish]) -> Group:
        return {
            "claims": [claim for wish in group for claim in wish.claims],
            "settlements": [settlement for wish in group for settlement in wish.settlements],
            "skips": [skip for wish in group for skip in wish.skips],
            "gate": self._gate,
        }

    def _begin_group(self, group: list[_Wish]) -> Begun[list[int | None]] | None:
        return self._ledger.begin(self._lease, **self._together(group))


def _rows(wish: _Wish) -> int:
    return len(wish.claims) + len(wish.settlements) + len(wish.skips)


class BooksUntil(Books):
    """Books that claim nobody once it is too late: all who are left stay pending.

    Asked at the claim, after every wait, and again before the request leaves, for a ledger may be
    long in writing: a message whose scheduled time has passed would be sent at once, and one that
    waited beyond the deadline would be sent after it.
    """

    def __init__(
        self,
        ledger: Ledger,
        lease: Lease,
        moments: Sequence[TooLate],
        stop: Stop,
        gate: Gate | None = None,
    ) -> None:
        super().__init__(ledger, lease, gate)
        self._moments = moments
        self._stop = stop

    async def claim(self, claims: Sequence[Claim]) -> list[int | None]:
        """Claim recipients, or stop the run and claim none."""
        return await super().claim(claims) if self.in_time() else [None] * len(claims)

    def in_time(self) -> bool:
        """Return whether a request may leave now; stop the run where a moment has come."""
        for moment in self._moments:
            if moment.has_come():
                self._stop(moment.ending, moment.why)
                return False
        return True
