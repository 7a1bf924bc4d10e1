"""A stage for the engine: a real ledger, a made-up vendor, and a transport that follows a script.

Whatever the script, the transport looks into the ledger's file with a connection of its own before
it "sends": a request without a durable claim fails every test.
"""

from __future__ import annotations

import inspect
import json
import sqlite3
import time
from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, ClassVar, Self

import anyio
import anyio.lowlevel
import httpx

from campaign.channel import Channel
from campaign.errors import LedgerError
from campaign.ledger.protocol import Ledger
from campaign.ledger.records import Entry, Lease
from campaign.message.form import Form
from campaign.providers import http
from campaign.providers.protocol import (
    Capabilities,
    Kind,
    Message,
    Misfit,
    Outcome,
    ProviderSettings,
    Scope,
)
from campaign.sending import leaving
from campaign.sending.books import Books
from campaign.sending.ending import Result
from campaign.sending.engine import Engine
from campaign.sending.pace import Pace
from campaign.sending.quotas import Quota, Quotas
from campaign.sending.ramp import Ramp, Step
from campaign.sending.speed import Speed
from campaign.sending.todo import Fixed, Todo
from tests.ledger.ledgers import FileStore, Held

ACCEPTED = Outcome(Kind.ACCEPTED, provider_id="id", http_status=200)
SCHEDULED = Outcome(Kind.SCHEDULED, provider_id="id", http_status=200)
REFUSED = Outcome(Kind.REJECTED, "refused", code="17", detail="no", http_status=400)
OPTED_OUT = Outcome(Kind.REJECTED, "opted_out", http_status=400)
THROTTLED = Outcome(Kind.THROTTLED, "throttled", http_status=429)
UNKNOWN = Outcome(Kind.UNKNOWN, "server_error", http_status=500)
NOT_SENT = Outcome(Kind.NOT_SENT, "not_connected", detail="ConnectError: refused")
ALL_REFUSED = Outcome(
    Kind.REJECTED, "key_refused", scope=Scope.CAMPAIGN, detail="bad key", http_status=401
)

KEY = "se/kret-77aa"
"""The vendor's key, which no ledger and no report may ever hold."""

Answer = Outcome | Sequence[Outcome] | Exception
Script = Callable[[int, int], Answer | Awaitable[Answer]]
"""From a recipient's number and how often it was sent to before, to what happens."""


def fast(**changes: Any) -> Speed:
    values: dict[str, Any] = {
        "rate": 100_000.0,
        "concurrency": 4,
        "attempts": 3,
        "first_wait": 0.001,
        "longest_wait": 0.004,
    }
    return Speed(**values | changes)


def todo(number: int, text: str = "Hello") -> Todo:
    return Todo(
        number=number,
        key=f"key-{number}",
        identity=f"id-{number}",
        address=str(number),
        sender=None,
        last_inbound=None,
        text=text,
        template=None,
    )


async def todos_of(numbers: Sequence[int]) -> AsyncGenerator[Todo]:
    for number in numbers:
        yield todo(number)


class Vendor:
    """A provider whose answers are outcomes already; ``bug`` breaks it."""

    name: ClassVar[str] = "made-up"
    Settings: ClassVar[type[ProviderSettings]] = ProviderSettings
    capabilities: ClassVar[Capabilities] = Capabilities("Made up", {Channel.SMS: "number"})

    def __init__(self, settings: Any = None, secrets: Any = None, base_url: Any = None) -> None:
        self.bug: Callable[[list[Outcome]], list[Outcome]] = lambda outcomes: outcomes

    def request(self, messages: Sequence[Message]) -> httpx.Request:
        to = [message.recipient for message in messages]
        return httpx.Request("POST", "http://127.0.0.1/", json=to)

    def outcomes(self, response: httpx.Response, messages: Sequence[Message]) -> list[Outcome]:
        return self.bug(list(response.extensions["outcomes"]))

    @classmethod
    def misfits(cls, settings: Any, channel: Channel, senders: Sequence[str]) -> list[Misfit]:
        return []


class Scripted:
    """A transport that follows a script and remembers what it was asked to send."""

    def __init__(self, path: Path, run_id: int, script: Script) -> None:
        self._db = sqlite3.connect(path)
        self._run_id = run_id
        self._script = script
        self.requests: list[list[int]] = []
        self.tries: Counter[int] = Counter()
        self.without_a_claim: list[int] = []
        self.under_way = 0
        self.peak = 0

    async def send(self, request: httpx.Request) -> httpx.Response:
        await leaving.turn(request)
        numbers = json.loads(request.content)
        self.without_a_claim += [n for n in numbers if self._state(n) != "sending"]
        self.requests.append(numbers)
        self.under_way += 1
        self.peak = max(self.peak, self.under_way)
        try:
            answer = self._script(numbers[0], self.tries[numbers[0]])
            self.tries.update(numbers)
            if inspect.isawaitable(answer):
                answer = await answer
            else:
                await anyio.lowlevel.checkpoint()
        finally:
            self.under_way -= 1
        if isinstance(answer, Exception):
            raise answer
        outcomes = [answer] * len(numbers) if isinstance(answer, Outcome) else answer
        return httpx.Response(200, extensions={"outcomes": outcomes})

    def _state(self, number: int) -> str | None:
        row = self._db.execute(
            "SELECT state FROM recipient WHERE run_id = ? AND number = ?", (self._run_id, number)
        ).fetchone()
        return None if row is None else row[0]

    @property
    def sent_to(self) -> list[int]:
        """Everybody in a request, in order."""
        return [number for request in self.requests for number in request]

    def close(self) -> None:
        self._db.close()


class Stage(AbstractContextManager["Stage"]):
    """``people`` recipients in a ledger of their own, and everything an engine needs."""

    def __init__(self, folder: Path, people: int = 10) -> None:
        self.path = folder / "ledger.db"
        self.held = Held(FileStore(self.path), sendable=people)
        self.people = people
        self.vendor = Vendor()
        self.judge: Callable[[Todo, float], Form | str] = lambda todo, now: Form.TEXT
        self.told: list[str] = []
        self.tell: Callable[[str], None] = self.told.append
        self.transport: Scripted
        self.engine: Engine
        self.ledger: Ledger = self.held.ledger
        self.books: Callable[[Ledger, Lease], Books] = Books
        self.clock: Callable[[], float] = time.time
        self.quotas: Sequence[Quota] = ()
        self.tell_of_cap: Callable[[Quota, float], None] = lambda quota, until: None
        self.steps: Sequence[Step] = ()
        self.jump: Callable[[int, float], None] = lambda reached, until: None
        self.waits: list[tuple[int, float]] = []

    async def run(
        self, script: Script, speed: Speed | None = None, todos: AsyncGenerator[Todo] | None = None
    ) -> Result:
        """Send to everybody whom the ledger has not decided."""
        self.transport = Scripted(self.path, self.held.run.id, script)
        books = self.books(self.ledger, self.held.lease)
        self.engine = Engine(
            provider=self.vendor,
            transport=self.transport,
            books=books,
            judge=self.judge,
            fixed=Fixed(Channel.SMS),
            speed=speed or fast(),
            pace=self.pace(speed or fast()),
            tell=self.tell,
            clean=partial(http.without, [KEY]),
            ramp=self.ramp(self.held.ledger, self.held.lease),
            clock=self.clock,
        )
        decided = self.held.ledger.decided(self.held.run.id, 0, self.people)
        left = [number for number in range(self.people) if number not in decided]
        with anyio.fail_after(60), one_error():
            async with anyio.create_task_group() as around:
                around.start_soon(books.keep)
                try:
                    return await self.engine.run(todos or todos_of(left))
                finally:
                    books.close()
                    assert self.transport.without_a_claim == []
                    self.transport.close()
        raise AssertionError("the engine did not come to an end")

    def pace(self, speed: Speed) -> Pace:
        if not self.quotas:
            return Pace(speed)
        ledger, run = self.held.ledger, self.held.run
        return Pace(
            speed, Quotas(self.quotas, ledger, run, clock=self.clock, tell=self.tell_of_cap)
        )

    def ramp(self, ledger: Ledger, lease: Lease) -> Ramp:
        return Ramp(
            self.steps,
            ledger,
            lease,
            clock=self.clock,
            tell=self._waits,
        )

    def _waits(self, reached: int, until: float) -> None:
        self.waits.append((reached, until))
        self.jump(reached, until)

    @property
    def counts(self) -> Mapping[str, int]:
        """The buckets that are not empty."""
        counts = self.held.ledger.counts(self.held.run.id).as_dict()
        planned = counts.pop("planned")
        assert sum(counts.values()) == planned == self.people
        return {name: rows for name, rows in counts.items() if rows}

    @property
    def entries(self) -> dict[int, Entry]:
        found = self.held.ledger.entries(self.held.run.id, 0, self.people)
        return {entry.number: entry for entry in found}

    def outcomes(self, number: int) -> list[str]:
        """What each attempt came to."""
        return [a.outcome for a in self.held.ledger.attempts(self.held.run.id, number)]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.held.ledger.close()


@contextmanager
def one_error() -> Any:
    """Take the one error of a task group out of its group."""
    try:
        yield
    except BaseExceptionGroup as group:
        found: BaseException = group
        while isinstance(found, BaseExceptionGroup):
            (found,) = found.exceptions
        raise found from None


class InOneStep:
    """What stands in for a ledger that leaves every group to the thread."""

    def begin(self, lease: Any, **group: Any) -> None:
        return None


class FailingLedger(InOneStep):
    """A ledger whose writes fail once ``fails`` says so."""

    def __init__(self, ledger: Ledger, fails: Callable[[Mapping[str, Any]], bool]) -> None:
        self._ledger = ledger
        self._fails = fails
        self.failed = False

    def write(self, lease: Any, **writes: Any) -> list[int | None]:
        if self._fails(writes):
            self.failed = True
            raise LedgerError("The ledger cannot be written: disk is full.")
        return self._ledger.write(lease, **writes)
