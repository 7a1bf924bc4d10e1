"""Ledgers to test with: a real file or a real server, one run, one plan."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any, Protocol

import psycopg

from campaign.ledger.postgres import PostgresLedger
from campaign.ledger.protocol import Ledger
from campaign.ledger.records import Claim, Lease, PlanRecord, Run, Settlement, State
from campaign.ledger.sql_ledger import SqlLedger
from campaign.ledger.sqlite import SqliteLedger

NAME, RUN = "spring-sale", "2025-06-01"


def ensure(ledger: Ledger, run: str = RUN) -> Run:
    return ledger.ensure_run(NAME, run, provider="sendbird", channel="sms", sandbox=False)


def plan(
    sendable: int = 10, refusals: Mapping[tuple[str, str], int] | None = None, **changes: Any
) -> PlanRecord:
    refused = refusals or {}
    values: dict[str, Any] = {
        "path": "plans/spring-sale.parquet",
        "hash": "abc",
        "definition_hash": "def",
        "definition": {"message": "m1"},
        "list_hash": "123",
        "planned": sendable + sum(refused.values()),
        "sendable": sendable,
        "refusals": refused,
    }
    return PlanRecord(**values | changes)


def claim(number: int) -> Claim:
    return Claim(number, f"key-{number}")


def outcome(number: int, attempt: int, state: State, **details: Any) -> Settlement:
    details.setdefault("outcome", "accepted" if state is State.ACCEPTED else "other")
    return Settlement(number=number, attempt=attempt, state=state, started_at=1, **details)


class Store(Protocol):
    """Where a ledger is kept, to open it as often as a test wants, and to reach past it."""

    def open(self, *, create: bool = True) -> SqlLedger: ...

    def rewrite(self, statement: str, *values: Any) -> None: ...


class FileStore:
    """A SQLite file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def open(self, *, create: bool = True) -> SqlLedger:
        return SqliteLedger(self.path, create=create)

    def rewrite(self, statement: str, *values: Any) -> None:
        with closing(sqlite3.connect(self.path)) as db, db:
            db.execute(statement, values)


class ServerStore:
    """A database of a PostgreSQL server."""

    def __init__(self, address: str) -> None:
        self.address = address

    def open(self, *, create: bool = True) -> SqlLedger:
        return PostgresLedger(self.address, create=create)

    def rewrite(self, statement: str, *values: Any) -> None:
        with psycopg.connect(self.address, options="-c search_path=campaign") as db:
            db.execute(statement.replace("?", "%s").encode(), values)


class Held:
    """A ledger whose one run is held by this process."""

    def __init__(self, store: Store, sendable: int = 10) -> None:
        self.store = store
        self.ledger = store.open()
        self.run = ensure(self.ledger)
        self.lease: Lease = self.ledger.acquire(self.run.id)
        self.ledger.set_plan(self.lease, plan(sendable))

    def claim(self, *numbers: int) -> list[int | None]:
        return self.ledger.write(self.lease, claims=[claim(number) for number in numbers])

    def settle(self, number: int, attempt: int, state: State, **details: Any) -> None:
        self.ledger.write(self.lease, settlements=[outcome(number, attempt, state, **details)])

    def state(self, number: int) -> State | None:
        found = list(self.ledger.entries(self.run.id, number, number))
        return found[0].state if found else None
