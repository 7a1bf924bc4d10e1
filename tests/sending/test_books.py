"""Group commit: one write for all that is ready, and nothing after a write that failed."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import anyio
import anyio.to_thread
import pytest

from campaign.errors import LedgerError
from campaign.ledger.gate import Gate
from campaign.ledger.groups import Begun
from campaign.ledger.records import Claim, Lease, Settlement, Skip, State
from campaign.sending.books import Books

LEASE = Lease(1, 1, "me")


class SlowLedger:
    """Remembers every group; it is durable when the gate is open.

    One ``in_two_steps`` does what it can at once, in the thread that asks, and lets the rest wait.
    """

    def __init__(self, *, in_two_steps: bool = False) -> None:
        self.gate = threading.Event()
        self.gate.set()
        self.busy = threading.Event()
        self.groups: list[dict[str, list[int]]] = []
        self.threads: list[tuple[str, str]] = []
        self.error: Exception | None = None
        self.in_two_steps = in_two_steps

    def write(self, lease: Lease, **group: Any) -> list[int | None]:
        found = self._done(lease, **group)
        self._durable()
        return found

    def begin(self, lease: Lease, **group: Any) -> Begun[list[int | None]] | None:
        if not self.in_two_steps:
            return None
        return Begun(self._done(lease, **group), self._durable, self._undo)

    def _undo(self) -> None:
        self.threads.append(("undone", threading.current_thread().name))

    def _done(
        self,
        lease: Lease,
        *,
        claims: Sequence[Claim],
        settlements: Sequence[Settlement],
        skips: Sequence[Skip],
        gate: Gate | None,
    ) -> list[int | None]:
        assert lease is LEASE
        assert gate is None
        self.threads.append(("done", threading.current_thread().name))
        written = {"claims": claims, "settlements": settlements, "skips": skips}
        self.groups.append(
            {name: [one.number for one in some] for name, some in written.items() if some}
        )
        # Odd numbers belong to somebody else.
        return [None if claim.number % 2 else claim.number + 100 for claim in claims]

    def _durable(self) -> None:
        self.threads.append(("durable", threading.current_thread().name))
        self.busy.set()
        assert self.gate.wait(30)
        if self.error is not None:
            raise self.error


@pytest.fixture(params=[False, True], ids=["in one step", "in two steps"])
def ledger(request: pytest.FixtureRequest) -> SlowLedger:
    return SlowLedger(in_two_steps=request.param)


def claim(number: int) -> Claim:
    return Claim(number, str(number))


def settled(number: int) -> Settlement:
    return Settlement(number, 1, State.ACCEPTED, "accepted", 1)


@asynccontextmanager
async def kept(ledger: Any) -> AsyncIterator[Books]:
    books = Books(ledger, LEASE)
    with anyio.fail_after(30):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(books.keep)
            try:
                yield books
            finally:
                tasks.cancel_scope.cancel()


async def busy(ledger: SlowLedger) -> None:
    await anyio.to_thread.run_sync(ledger.busy.wait)
    ledger.busy.clear()


async def test_everybody_gets_the_answer_to_their_own_claims(ledger: SlowLedger) -> None:
    answers: dict[int, list[int | None]] = {}

    async def ask(first: int) -> None:
        answers[first] = await books.claim([claim(first), claim(first + 1), claim(first + 2)])
        await books.settle([settled(first)] * sum(a is not None for a in answers[first]))

    async with kept(ledger) as books, anyio.create_task_group() as tasks:
        for first in (10, 21, 30):
            tasks.start_soon(ask, first)
    assert answers == {10: [110, None, 112], 21: [None, 122, None], 30: [130, None, 132]}


async def test_what_is_ready_when_a_write_ends_is_the_next_write(ledger: SlowLedger) -> None:
    async with kept(ledger) as books, anyio.create_task_group() as tasks:
        ledger.gate.clear()
        tasks.start_soon(books.claim, [claim(1)])
        await busy(ledger)
        for number in (3, 5, 7):
            tasks.start_soon(books.claim, [claim(number)])
        tasks.start_soon(books.settle, [settled(4)])
        tasks.start_soon(books.skip, [Skip(6, "6", "suppressed")])
        await anyio.wait_all_tasks_blocked()
        ledger.gate.set()
    assert ledger.groups == [
        {"claims": [1]},
        {"claims": [3, 5, 7], "settlements": [4], "skips": [6]},
    ]


async def test_a_lone_claim_does_not_wait_for_company(ledger: SlowLedger) -> None:
    async with kept(ledger) as books:
        assert await books.claim([claim(1)]) == [None]
        assert await books.claim([claim(3)]) == [None]
    assert ledger.groups == [{"claims": [1]}, {"claims": [3]}]


async def test_a_write_that_fails_fails_for_everybody_who_waits_and_everybody_after(
    ledger: SlowLedger,
) -> None:
    errors: list[str] = []

    async def ask(number: int) -> None:
        try:
            await books.claim([claim(number)])
        except LedgerError as error:
            errors.append(f"{number}: {error}")

    async with kept(ledger) as books:
        async with anyio.create_task_group() as tasks:
            ledger.gate.clear()
            ledger.error = LedgerError("disk is full")
            tasks.start_soon(ask, 0)
            await busy(ledger)
            for number in (2, 4):  # they wait for the write after the one that fails
                tasks.start_soon(ask, number)
            await anyio.wait_all_tasks_blocked()
            ledger.gate.set()
        ledger.error = None
        await ask(6)
    assert sorted(errors) == [f"{number}: disk is full" for number in (0, 2, 4, 6)]
    assert ledger.groups == [{"claims": [0]}]


async def test_closing_writes_what_waits_and_ends(ledger: SlowLedger) -> None:
    books = Books(ledger, LEASE)  # type: ignore[arg-type]
    with anyio.fail_after(30):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(books.skip, [Skip(1, "1", "suppressed")])
            await anyio.wait_all_tasks_blocked()
            books.close()
            tasks.start_soon(books.keep)
    assert ledger.groups == [{"skips": [1]}]
    with pytest.raises(RuntimeError, match="books are closed"):
        await books.claim([claim(2)])


async def test_books_that_are_cancelled_stay_open_until_every_claim_is_settled(
    ledger: SlowLedger,
) -> None:
    async with kept(ledger) as books:
        assert await books.claim([claim(2), claim(4), claim(5)]) == [102, 104, None]

        async def settle_late() -> None:
            with anyio.CancelScope(shield=True):
                await books.settle([settled(2)])
                await books.settle([settled(4)])

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(settle_late)
            tasks.cancel_scope.cancel()
    assert ledger.groups[1:] == [{"settlements": [2]}, {"settlements": [4]}]


async def test_a_write_that_was_cancelled_while_it_waited_leaves_the_books_usable(
    ledger: SlowLedger,
) -> None:
    async with kept(ledger) as books:
        ledger.gate.clear()
        with anyio.CancelScope() as impatient:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(books.skip, [Skip(1, "1", "suppressed")])
                await busy(ledger)
                impatient.cancel()
        ledger.gate.set()
        assert await books.claim([claim(3)]) == [None]
    assert ledger.groups == [{"skips": [1]}, {"claims": [3]}]


async def test_nobody_is_told_of_a_claim_before_it_is_durable(ledger: SlowLedger) -> None:
    told: list[list[int | None]] = []

    async def ask() -> None:
        told.append(await books.claim([claim(1)]))

    async with kept(ledger) as books, anyio.create_task_group() as tasks:
        ledger.gate.clear()
        tasks.start_soon(ask)
        await busy(ledger)
        await anyio.wait_all_tasks_blocked()
        assert told == []
        ledger.gate.set()
    assert told == [[None]]


async def test_a_few_are_written_by_the_event_loop_and_made_durable_by_the_thread() -> None:
    ledger = SlowLedger(in_two_steps=True)
    async with kept(ledger) as books:
        await books.claim([claim(1)])
    assert ledger.threads == [("done", threading.current_thread().name), ("durable", "ledger_0")]


@pytest.mark.parametrize("many", [False, True], ids=["who has to be waited for", "many at once"])
async def test_what_takes_long_is_left_to_the_thread(many: bool) -> None:
    ledger = SlowLedger(in_two_steps=many)
    wishes = 1500 if many else 1
    async with kept(ledger) as books, anyio.create_task_group() as tasks:
        for number in range(wishes):
            tasks.start_soon(books.claim, [claim(2 * number + 1)])
    assert [len(group["claims"]) for group in ledger.groups] == [wishes]
    assert {name for _, name in ledger.threads} == {"ledger_0"}


async def test_what_no_thread_can_commit_is_undone_and_told() -> None:
    ledger = SlowLedger(in_two_steps=True)
    async with kept(ledger) as books:
        books._writer.shutdown()
        with pytest.raises(RuntimeError, match="shutdown"):
            await books.claim([claim(1)])
    assert [what for what, _ in ledger.threads] == ["done", "undone"]


async def test_a_commit_is_made_whatever_is_broken_off_while_it_waits_for_the_thread() -> None:
    ledger = SlowLedger(in_two_steps=True)
    books = Books(ledger, LEASE)  # type: ignore[arg-type]
    free = threading.Event()
    books._writer.submit(free.wait, 30)
    keeping = asyncio.create_task(books.keep())
    asking = asyncio.create_task(books.claim([claim(1)]))
    for _ in range(20):  # until the statements are done, and the thread is waited for
        await asyncio.sleep(0)
    for task in (keeping, asking):  # as an interpreter does that was told twice to end
        task.cancel()
    await asyncio.gather(keeping, asking, return_exceptions=True)
    free.set()
    await anyio.to_thread.run_sync(books._writer.shutdown)
    assert [what for what, _ in ledger.threads] == ["done", "durable"]
