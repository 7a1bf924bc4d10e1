"""A PostgreSQL server that restarts, goes away or cuts a line costs nobody a message."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from typing import Any
from urllib.parse import parse_qs, urlsplit

import psycopg
import pytest

from campaign.errors import LeaseLost, LedgerError
from campaign.ledger import postgres_server
from campaign.ledger.postgres import PostgresLedger
from campaign.ledger.records import State
from tests.ledger.ledgers import Held, ServerStore
from tests.postgres import PostgresForTests


class Line:
    """A line to the server that can be cut at a COMMIT, before or after the server has it."""

    def __init__(self, address: str) -> None:
        parts = urlsplit(address)
        self._socket = f"{parse_qs(parts.query)['host'][0]}/.s.PGSQL.5432"
        self._door = socket.create_server(("127.0.0.1", 0))
        port = self._door.getsockname()[1]
        self.address = f"postgresql://postgres@127.0.0.1:{port}{parts.path}"
        self.cut: str | None = None
        self.cuts = 0
        self._ends: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self._start(self._answer)

    def close(self) -> None:
        self._door.shutdown(socket.SHUT_RDWR)
        self._door.close()
        for end in self._ends:
            _hang_up(end)
        for thread in self._threads:
            thread.join()
        for end in self._ends:
            end.close()

    def _start(self, target: Callable[..., None], *args: Any) -> None:
        thread = threading.Thread(target=target, args=args, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _answer(self) -> None:
        while True:
            try:
                client, _ = self._door.accept()
            except OSError:
                return
            server = socket.socket(socket.AF_UNIX)
            server.connect(self._socket)
            self._ends += [client, server]
            self._start(self._pass_on, client, server)
            self._start(self._pass_on, server, client)

    def _pass_on(self, one: socket.socket, other: socket.socket) -> None:
        with suppress(OSError):
            while data := one.recv(65536):
                if self.cut is None or b"COMMIT\0" not in data:
                    other.sendall(data)
                    continue
                cut, self.cut, self.cuts = self.cut, None, self.cuts + 1
                _hang_up(one)
                if cut == "after":  # the server does what it was told, and nobody hears of it
                    other.sendall(data)
                    other.shutdown(socket.SHUT_WR)
                    return
                break
        _hang_up(one)
        _hang_up(other)


def _hang_up(end: socket.socket) -> None:
    with suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)


@pytest.fixture
def line(address: str) -> Iterator[Line]:
    one = Line(address)
    yield one
    one.close()


@pytest.mark.parametrize("where", ["before", "after"])
def test_a_line_cut_at_the_commit_claims_and_settles_once(line: Line, where: str) -> None:
    held = Held(ServerStore(line.address))
    line.cut = where
    assert held.claim(0, 1) == [1, 1]
    line.cut = where
    held.settle(0, 1, State.ACCEPTED)
    assert line.cuts == 2
    counts = held.ledger.counts(held.run.id)
    assert (counts.sending, counts.accepted) == (1, 1)
    assert len(held.ledger.attempts(held.run.id, 0)) == 1
    assert held.claim(0, 1) == [None, None]
    held.ledger.close()


def test_a_server_that_was_restarted_is_found_again(
    server_held: Held, postgres: PostgresForTests
) -> None:
    assert server_held.claim(0) == [1]
    postgres.restart()
    server_held.settle(0, 1, State.ACCEPTED)
    assert server_held.claim(1) == [1]
    postgres.restart()
    assert server_held.ledger.counts(server_held.run.id).accepted == 1
    postgres.restart()
    assert server_held.state(0) is State.ACCEPTED


@pytest.mark.parametrize("way", ["transact", "at_one_instant"])
def test_a_connection_that_is_lost_within_a_transaction_costs_it_nothing(
    server_held: Held, address: str, way: str
) -> None:
    db = server_held.ledger._db
    tries: list[int] = []

    def work() -> int:
        (row,) = db.all("get_run", run_id=server_held.run.id)
        tries.append(row["id"])
        if len(tries) == 1:
            with psycopg.connect(address, autocommit=True) as other:
                other.execute(
                    "SELECT pg_terminate_backend(pid, 20000) FROM pg_stat_activity "
                    "WHERE pid <> pg_backend_pid() AND datname = current_database()"
                )
        (row,) = db.all("get_run", run_id=server_held.run.id)
        found: int = row["id"]
        return found

    assert getattr(db, way)(work) == server_held.run.id
    assert len(tries) == 2


def test_a_connection_that_is_lost_every_time_is_not_tried_for_ever(
    server_held: Held, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres_server, "_AWAY_SECONDS", 0.2)
    db = server_held.ledger._db

    def work() -> None:
        with psycopg.connect(address, autocommit=True) as other:
            other.execute(
                "SELECT pg_terminate_backend(pid, 20000) FROM pg_stat_activity "
                "WHERE pid <> pg_backend_pid() AND datname = current_database()"
            )
        db.all("get_run", run_id=server_held.run.id)

    with pytest.raises(LedgerError, match="cannot be read"):
        db.at_one_instant(work)
    assert server_held.claim(0) == [1]


def test_a_server_that_stays_away_stops_the_run_in_a_sentence(
    server_held: Held, postgres: PostgresForTests, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres_server, "_AWAY_SECONDS", 0.2)
    postgres.stop()
    try:
        with pytest.raises(LedgerError, match=r"^The ledger postgresql://.* cannot be written: "):
            server_held.claim(0)
    finally:
        postgres.start()
    assert server_held.claim(0) == [1]


def test_a_run_taken_over_while_the_server_was_away_is_lost(
    server_held: Held, address: str, postgres: PostgresForTests
) -> None:
    postgres.restart()
    server_held.store.rewrite("UPDATE run SET heartbeat_at = 0")
    with closing(PostgresLedger(address)) as other:
        other.acquire(server_held.run.id)
        with pytest.raises(LeaseLost):
            server_held.claim(0)


def test_a_server_that_cannot_say_what_became_of_a_write_stops_the_run(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = Held(ServerStore(line.address))
    db = vars(held.ledger)["_db"]

    def nobody_knows() -> int:
        raise psycopg.OperationalError("still away")

    done: list[str] = []
    original = held.ledger._claim

    def counted(*words: Any) -> Any:
        done.append("claimed")
        return original(*words)

    with monkeypatch.context() as patched:
        patched.setattr(db, "_last_write", nobody_knows)
        patched.setattr(held.ledger, "_claim", counted)
        line.cut = "after"
        with pytest.raises(LedgerError, match="cannot be asked whether its last write was commit"):
            held.claim(0)
    assert done == ["claimed"]
    held.ledger.close()
