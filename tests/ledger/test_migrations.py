"""A ledger of an earlier version is brought to this one and keeps everything it knew."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from campaign.errors import LedgerError
from campaign.ledger import postgres_server, sqlite_file
from campaign.ledger.delivery_records import Delivery, Observation
from campaign.ledger.postgres import PostgresLedger
from campaign.ledger.queries import SCHEMA_VERSION, statements
from campaign.ledger.records import Entry, State
from campaign.ledger.sql_ledger import SqlLedger
from campaign.ledger.sqlite import SqliteLedger
from tests.ledger.ledgers import NAME, RUN, ServerStore, claim, outcome
from tests.postgres import PostgresForTests

_HISTORY = """
INSERT INTO run (id, name, run, created_at, provider, channel, sandbox, plan_path, plan_hash,
                 definition_hash, definition, list_hash, planned, sendable, epoch)
VALUES (1, 'spring-sale', '2025-06-01', 5, 'sendbird', 'sms', 0, 'p', 'h', 'd', '{"a": "b"}', 'l',
        7, 6, 3);
INSERT INTO refusal VALUES (1, 'skipped', 'duplicate', 1);
INSERT INTO recipient VALUES
    (1, 0, 'key-0', 'accepted', NULL, NULL, NULL, 'c-1', '{"x": 1}', 1, 10, 20),
    (1, 1, 'key-1', 'failed', 'refused', '400111', 'no', NULL, NULL, 2, 11, 21),
    (1, 2, 'key-2', 'unknown', 'no_answer', NULL, NULL, NULL, NULL, 1, 12, 22),
    (1, 3, 'key-3', 'sending', NULL, NULL, NULL, NULL, NULL, 1, 13, NULL),
    (1, 4, 'key-4', 'skipped', 'suppressed', NULL, NULL, NULL, NULL, 0, NULL, 24);
INSERT INTO attempt VALUES
    (1, 0, 1, 10, 20, 'accepted', NULL, NULL, 200, NULL),
    (1, 1, 1, 11, 15, 'not_sent', 'not_connected', NULL, NULL, NULL),
    (1, 1, 2, 16, 21, 'rejected', 'refused', '400111', 400, 'no'),
    (1, 2, 1, 12, 22, 'unknown', 'no_answer', NULL, NULL, NULL);
INSERT INTO tally VALUES (1, 'accepted', 1), (1, 'failed', 1), (1, 'unknown', 1),
                         (1, 'sending', 1), (1, 'skipped', 1);
INSERT INTO decision (run_id, number, at, was, becomes, who, why)
VALUES (1, 1, 14, 'failed', 'pending', 'ana@host', 'because');
INSERT INTO event VALUES (1, 9, 3, 'started', '6 to send'), (1, 30, 3, 'interrupted', NULL);
"""


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A ledger as version 1 left it after a crash."""
    path = tmp_path / "ledger.db"
    with closing(sqlite3.connect(path)) as db:
        for statement in statements("sqlite/0001.sql"):
            db.execute(statement)
        db.executescript(_HISTORY)
        db.execute("PRAGMA application_id = 1128353104")
        db.execute("PRAGMA user_version = 1")
        db.commit()
    return path


def version_of(path: Path) -> int:
    with closing(sqlite3.connect(path)) as db:
        found: int = db.execute("PRAGMA user_version").fetchone()[0]
        return found


def test_a_ledger_of_version_1_keeps_all_that_it_knew(old: Path) -> None:
    with closing(SqliteLedger(old)) as ledger:
        run = ledger.find_run(NAME, RUN)
        assert run is not None
        assert (run.plan_hash, run.definition, run.planned) == ("h", {"a": "b"}, 7)
        entries = list(ledger.entries(1, 0, 9))
        assert [(e.number, e.key, e.state, e.reason, e.attempts) for e in entries] == [
            (0, "key-0", State.ACCEPTED, None, 1),
            (1, "key-1", State.FAILED, "refused", 2),
            (2, "key-2", State.UNKNOWN, "no_answer", 1),
            (3, "key-3", State.SENDING, None, 1),
            (4, "key-4", State.SKIPPED, "suppressed", 0),
        ]
        assert entries[0].evidence == {"x": 1}
        assert (entries[1].code, entries[1].detail) == ("400111", "no")
        assert [(a.attempt, a.outcome) for a in ledger.attempts(1, 1)] == [
            (1, "not_sent"),
            (2, "rejected"),
        ]
        (decided,) = ledger.decisions(1, 1)
        assert (decided.who, decided.why, decided.evidence) == ("ana@host", "because", {})
        assert ledger.events(1) == [(9, "started", "6 to send"), (30, "interrupted", None)]
        assert ledger.counts(1).pending == 1
    assert version_of(old) == SCHEMA_VERSION


def test_a_run_of_version_1_goes_on_and_nobody_is_sent_to_again(old: Path) -> None:
    with closing(SqliteLedger(old)) as ledger:
        lease = ledger.acquire(1)
        assert ledger.recover(lease) == 1
        written = ledger.write(lease, claims=[claim(number) for number in range(6)])
        assert written == [None] * 5 + [1]
        held = outcome(5, 1, State.HELD, not_before=1)
        ledger.write(lease, settlements=[held])
        assert ledger.release_due(lease) == 1


def test_a_migration_that_breaks_off_leaves_the_ledger_as_it_was(
    old: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(name: str) -> list[str]:
        return [*statements(name), "INSERT INTO nowhere VALUES (1);"]

    before = shutil.copy(old, old.with_name("before.db"))
    with monkeypatch.context() as patched:
        patched.setattr(sqlite_file, "statements", broken)
        with pytest.raises(LedgerError, match="cannot be written: no such table: nowhere"):
            SqliteLedger(old)
    assert version_of(old) == 1
    with closing(sqlite3.connect(old)) as now, closing(sqlite3.connect(before)) as then:
        assert list(now.iterdump()) == list(then.iterdump())
    SqliteLedger(old).close()
    assert version_of(old) == SCHEMA_VERSION


def test_a_new_ledger_and_one_that_was_migrated_have_the_same_tables(
    old: Path, tmp_path: Path
) -> None:
    SqliteLedger(old).close()
    SqliteLedger(tmp_path / "new.db").close()
    shapes = []
    for path in (old, tmp_path / "new.db"):
        with closing(sqlite3.connect(path)) as db:
            names = "SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY name"
            shapes.append(db.execute(names).fetchall())
    assert shapes[0] == shapes[1]


@pytest.mark.parametrize("version", [1, 2, 3])
def test_of_a_run_of_any_earlier_version_what_came_back_is_kept(
    old: Path, monkeypatch: pytest.MonkeyPatch, version: int
) -> None:
    if version > 1:
        with monkeypatch.context() as patched:
            patched.setattr(sqlite_file, "SCHEMA_VERSION", version)
            SqliteLedger(old).close()
    assert version_of(old) == version
    with closing(SqliteLedger(old)) as ledger:
        comes_back(ledger)
    assert version_of(old) == SCHEMA_VERSION


@pytest.mark.parametrize("version", [2, 3])
def test_a_database_of_an_earlier_version_keeps_all_that_it_knew(
    postgres: PostgresForTests, monkeypatch: pytest.MonkeyPatch, version: int
) -> None:
    with postgres.database() as address:
        with monkeypatch.context() as patched:
            patched.setattr(postgres_server, "SCHEMA_VERSION", version)
            PostgresLedger(address).close()
        store = ServerStore(address)
        columns = "run_id, number, key, state, provider_id, attempts, claimed_at, settled_at"
        store.rewrite(
            "INSERT INTO run (name, run, created_at, provider, channel, sandbox)"
            " VALUES ('spring-sale', '2025-06-01', 5, 'sendbird', 'sms', 0)"
        )
        store.rewrite(
            f"INSERT INTO recipient ({columns}) VALUES"
            " (1, 0, 'key-0', 'accepted', 'c-1', 1, 10, 20),"
            " (1, 3, 'key-3', 'sending', NULL, 1, 13, NULL)"
        )
        store.rewrite("INSERT INTO tally VALUES (1, 'accepted', 1), (1, 'sending', 1)")
        with closing(PostgresLedger(address)) as ledger:
            comes_back(ledger)
            assert [entry.key for entry in ledger.entries(1, 0, 9)] == ["key-0", "key-3"]


def comes_back(ledger: SqlLedger) -> None:
    """See that the recipients of earlier versions are found, by id and by address, and heard of."""

    def names(entry: Entry) -> list[str]:
        return [entry.provider_id] if entry.provider_id is not None else []

    assert ledger.learn("sendbird", names, sandbox=False) >= 2
    ((place,),) = ledger.places_of_ids("sendbird", ["c-1"], sandbox=False).values()
    assert (place.number, place.claimed_at) == (0, 10)
    assert ledger.places_of_people("sendbird", ["key-3"], sandbox=False)["key-3"][0].number == 3
    assert ledger.hear([Observation(1, 0, Delivery.REPLIED, 30)]) == 1
    assert ledger.deliveries(1).replied == 1
