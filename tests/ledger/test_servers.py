"""A PostgreSQL server that restarts, goes away or cuts a line costs nobody a message."""

from __future__ import annotations

import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import psycopg
import pytest
from psycopg import sql

from campaign.errors import LeaseLost, LedgerError
from campaign.ledger import postgres_connection, postgres_server
from campaign.ledger.postgres import PostgresLedger
from campaign.ledger.queries import SCHEMA_VERSION
from campaign.ledger.records import State
from tests.ledger.ledgers import Held, ServerStore, claim, ensure
from tests.postgres import PostgresForTests


@pytest.fixture
def address(postgres: PostgresForTests) -> Iterator[str]:
    with postgres.database() as one:
        yield one


@pytest.fixture
def server_held(address: str) -> Iterator[Held]:
    """A run of ten recipients in a database, held by this process."""
    one = Held(ServerStore(address))
    yield one
    one.ledger.close()


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


_WRITES_FOR_EVER = """
import sys
from campaign.ledger import postgres_connection
from campaign.ledger.records import Lease
from tests.ledger.ledgers import ServerStore, claim
postgres_connection._SESSION["idle_in_transaction_session_timeout"] = "1s"
postgres_connection._SINCE_17["transaction_timeout"] = "1s"
ledger = ServerStore(sys.argv[1]).open()
lease = Lease(int(sys.argv[2]), int(sys.argv[3]), sys.argv[4])
for first in range(0, 10**9, 200):
    ledger.write(lease, claims=[claim(number) for number in range(first, first + 200)])
    print("written", flush=True)
"""


@contextmanager
def killed_at_the_end(process: subprocess.Popen[bytes]) -> Iterator[None]:
    try:
        yield
    finally:
        process.kill()


def test_a_takeover_does_not_wait_for_ever_for_a_writer_that_was_stopped_in_a_write(
    server_held: Held, address: str
) -> None:
    lease = server_held.lease
    seen: set[str] = set()
    for _ in range(40):
        words = (address, str(lease.run_id), str(lease.epoch), lease.owner)
        writer = subprocess.Popen(
            [sys.executable, "-c", _WRITES_FOR_EVER, *words],
            stdout=subprocess.PIPE,
            cwd=Path(__file__).parents[2],
        )
        with (
            writer,
            killed_at_the_end(writer),
            psycopg.connect(address, autocommit=True) as watcher,
        ):
            assert writer.stdout is not None
            writer.stdout.readline()
            time.sleep(random.uniform(0.0, 0.02))  # anywhere in a write
            writer.send_signal(signal.SIGSTOP)
            os.waitpid(writer.pid, os.WUNTRACED)
            found = watcher.execute(
                "SELECT state FROM pg_stat_activity WHERE xact_start IS NOT NULL"
                " AND datname = current_database() AND pid <> pg_backend_pid()"
                " AND application_name = 'campaign'"
            )
            seen |= {row[0] for row in found}
            server_held.store.rewrite("UPDATE run SET heartbeat_at = 0, owner_host = 'elsewhere'")
            with closing(PostgresLedger(address)) as other:
                lease = other.acquire(lease.run_id)
        if "active" in seen:
            return
    raise AssertionError(f"it was never stopped in the middle of a write: {seen}")


def test_a_stopped_writer_is_let_go_before_its_lease_runs_out(server_held: Held) -> None:
    db = vars(server_held.ledger)["_db"]._db
    for name in ("idle_in_transaction_session_timeout", "transaction_timeout"):
        assert db.execute(f"SHOW {name}").fetchone() == {name: "20s"}


def test_reading_may_take_longer_than_a_write(server_held: Held) -> None:
    db = vars(server_held.ledger)["_db"]
    shown = db.at_one_instant(lambda: db._db.execute("SHOW transaction_timeout").fetchone())
    assert shown == {"transaction_timeout": "0"}


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


def test_a_schema_that_an_administrator_made_is_used(
    address: str, postgres: PostgresForTests
) -> None:
    postgres.execute("DROP ROLE IF EXISTS ana")
    postgres.execute("CREATE ROLE ana LOGIN")
    with psycopg.connect(address, autocommit=True) as db:
        db.execute("CREATE SCHEMA campaign AUTHORIZATION ana")
    with closing(PostgresLedger(address.replace("postgres:@", "ana@"))) as ledger:
        assert ensure(ledger).planned == 0


def test_every_commit_is_on_disk_before_it_counts(server_held: Held) -> None:
    db = vars(server_held.ledger)["_db"]
    assert db._db.execute("SHOW synchronous_commit").fetchone() == {"synchronous_commit": "on"}


def test_a_server_that_would_forget_in_a_power_cut_is_refused(
    address: str, postgres: PostgresForTests
) -> None:
    postgres.execute("ALTER SYSTEM SET fsync = off")
    postgres.restart()
    try:
        with pytest.raises(LedgerError, match="runs with fsync off"):
            PostgresLedger(address)
    finally:
        postgres.execute("ALTER SYSTEM RESET fsync")
        postgres.restart()


def test_a_newer_ledger_asks_for_a_newer_campaign(server_held: Held, address: str) -> None:
    server_held.store.rewrite("UPDATE schema_version SET version = ?", SCHEMA_VERSION + 1)
    with pytest.raises(LedgerError, match=r"newer version.*schema 5.*knows 4.*upgrade campaign"):
        PostgresLedger(address)


def test_a_ledger_that_is_not_there_is_not_made_for_a_question(address: str) -> None:
    with pytest.raises(LedgerError, match=r"There is no ledger in .*nothing was sent yet"):
        PostgresLedger(address, create=False)
    with psycopg.connect(address) as db:
        assert (
            db.execute("SELECT 1 FROM pg_namespace WHERE nspname = 'campaign'").fetchone() is None
        )


@pytest.mark.parametrize(
    "address",
    [
        "postgresql://ana:s3cret@127.0.0.1:1/campaign",
        "postgresql://ana:s3cret@127.0.0.1:notaport/campaign",
        "postgresql://ana:s3cret@127.0.0.1:1/campaign?nonsense=1",
    ],
)
def test_a_password_is_never_repeated(address: str) -> None:
    with pytest.raises(LedgerError) as refused:
        PostgresLedger(address)
    assert "s3cret" not in str(refused.value)
    assert refused.value.__context__ is None or "s3cret" not in str(refused.value.__context__)


def test_two_campaigns_may_share_a_database(server_held: Held, address: str) -> None:
    with closing(PostgresLedger(address)) as other:
        second = other.ensure_run("autumn", "once", provider="zild", channel="sms", sandbox=False)
        lease = other.acquire(second.id)
        assert other.write(lease, claims=[claim(0)]) == [1]
        assert ensure(other).id == server_held.run.id
    assert server_held.claim(0) == [1]


def test_the_page_on_postgresql_names_the_schema_that_is_made() -> None:
    page = Path(__file__).parents[2] / "docs/how-to/postgresql.md"
    assert f"`{postgres_connection.SCHEMA}`" in page.read_text(encoding="utf-8")


def test_who_waited_for_a_writer_sees_what_it_wrote_whatever_the_server_takes_for_granted(
    server_held: Held, address: str
) -> None:
    """A database may have another isolation by default, which shows how things were before."""
    with closing(psycopg.connect(address, autocommit=True)) as administrator:
        name = sql.Identifier(administrator.info.dbname)
        level = sql.SQL("ALTER DATABASE {} SET default_transaction_isolation = 'repeatable read'")
        administrator.execute(level.format(name))
    with closing(PostgresLedger(address)) as other:
        db = vars(other)["_db"]
        shown = db.transact(lambda: db._db.execute("SHOW transaction_isolation").fetchone())
    assert shown == {"transaction_isolation": "read committed"}
