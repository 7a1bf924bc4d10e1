"""A ledger on a PostgreSQL server: who is stopped in a write, what is on disk, what is refused."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from campaign.errors import LedgerError
from campaign.ledger import postgres_connection
from campaign.ledger.postgres import PostgresLedger
from campaign.ledger.queries import SCHEMA_VERSION
from tests.ledger.ledgers import Held, claim, ensure
from tests.postgres import PostgresForTests

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
