"""A file that is no ledger, or cannot be written, is refused in a sentence and left as it is."""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from campaign.errors import LedgerError
from campaign.ledger.queries import SCHEMA_VERSION
from campaign.ledger.records import State
from campaign.ledger.sqlite import SqliteLedger
from tests.ledger.ledgers import FileStore, Held, ensure

NOBODY = 65534


def path_of(held: Held) -> Path:
    assert isinstance(held.store, FileStore)
    return held.store.path


def pragma(path: Path, name: str) -> object:
    with closing(sqlite3.connect(path)) as db:
        return db.execute(f"PRAGMA {name}").fetchone()[0]


def test_an_empty_file_gets_the_newest_tables(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    path.touch()
    ledger = SqliteLedger(path)
    assert ensure(ledger).planned == 0
    ledger.close()
    assert pragma(path, "user_version") == SCHEMA_VERSION == 4
    assert pragma(path, "application_id") == int.from_bytes(b"CAMP")


def test_a_missing_folder_is_made(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / "ledger.db"
    SqliteLedger(path).close()
    assert path.is_file()


def test_what_was_written_is_there_when_the_file_is_opened_again(file_held: Held) -> None:
    file_held.claim(0, 1)
    file_held.settle(0, 1, State.ACCEPTED)
    file_held.ledger.close()
    again = SqliteLedger(path_of(file_held), create=False)
    counts = again.counts(file_held.run.id)
    again.close()
    assert (counts.accepted, counts.sending, counts.pending) == (1, 1, 8)


def test_every_commit_is_synchronised_before_it_counts(file_held: Held) -> None:
    modes = [
        file_held.ledger._db.db.execute(f"PRAGMA {name}").fetchone()[0]
        for name in ("journal_mode", "synchronous")
    ]
    assert modes == ["wal", 3]


def test_a_ledger_that_is_not_there_is_not_made_for_a_question(tmp_path: Path) -> None:
    path = tmp_path / "a" / "ledger.db"
    with pytest.raises(LedgerError, match=r"There is no ledger at .*nothing was sent yet"):
        SqliteLedger(path, create=False)
    assert not path.parent.exists()


def test_a_newer_ledger_asks_for_a_newer_campaign(file_held: Held) -> None:
    file_held.ledger.close()
    with closing(sqlite3.connect(path_of(file_held))) as db:
        db.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    with pytest.raises(LedgerError, match=r"newer version.*schema 5.*knows 4.*upgrade campaign"):
        SqliteLedger(path_of(file_held))


def test_another_programs_database_is_refused_and_not_changed(tmp_path: Path) -> None:
    path = tmp_path / "bookmarks.db"
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("CREATE TABLE bookmark (url TEXT)")
    before = path.read_bytes()
    with pytest.raises(LedgerError, match="is a database, but not a campaign ledger"):
        SqliteLedger(path)
    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ["bookmarks.db"]


def test_a_text_file_is_refused_and_not_changed(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text("phone\n" + "+4915112345678\n" * 100)
    before = path.read_bytes()
    with pytest.raises(LedgerError, match="file is not a database"):
        SqliteLedger(path)
    assert path.read_bytes() == before


@pytest.mark.parametrize("kept", [20, 50, 100, 600, 4096, 5000, 0.5, 0.8])
def test_a_truncated_ledger_is_never_taken_for_an_empty_one(tmp_path: Path, kept: float) -> None:
    held = Held(FileStore(tmp_path / "ledger.db"), sendable=500)
    held.claim(*range(500))
    held.ledger.close()
    whole = path_of(held).read_bytes()
    path_of(held).write_bytes(whole[: int(kept if kept >= 1 else kept * len(whole))])

    def use() -> None:
        ledger = SqliteLedger(path_of(held))
        try:
            list(ledger.entries(held.run.id, 0, 500))
            ledger.counts(held.run.id)
        finally:
            ledger.close()

    with pytest.raises(LedgerError, match=r"malformed|not a database"):
        use()


def test_a_folder_is_no_ledger(tmp_path: Path) -> None:
    with pytest.raises(LedgerError, match="cannot be opened"):
        SqliteLedger(tmp_path)


def test_a_file_where_the_folder_should_be_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(LedgerError, match="cannot be opened"):
        SqliteLedger(tmp_path / "file" / "ledger.db")
    with pytest.raises(LedgerError, match="There is no ledger"):
        SqliteLedger(tmp_path / "file" / "ledger.db", create=False)


def test_a_path_that_is_too_long_is_told_and_not_a_bug(tmp_path: Path) -> None:
    for create in (True, False):
        with pytest.raises(LedgerError, match="cannot be opened"):
            SqliteLedger(tmp_path / ("x" * 300), create=create)


def test_a_closed_ledger_says_so(file_held: Held) -> None:
    file_held.ledger.close()
    with pytest.raises(LedgerError, match="cannot be written"):
        file_held.claim(0)
    with pytest.raises(LedgerError, match="cannot be read"):
        file_held.ledger.counts(file_held.run.id)


@contextmanager
def as_an_ordinary_user() -> Iterator[None]:
    """Permissions do not hold for root."""
    is_root = os.geteuid() == 0
    if is_root:
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        if is_root:
            os.seteuid(0)


@pytest.fixture
def public_folder() -> Iterator[Path]:
    """A folder that every user may enter."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    yield folder
    folder.chmod(0o755)
    shutil.rmtree(folder)


def test_a_file_that_may_only_be_read_can_be_asked_but_not_written(public_folder: Path) -> None:
    held = Held(FileStore(public_folder / "ledger.db"))
    held.claim(0)
    held.ledger.release(held.lease)
    held.ledger.close()
    path_of(held).chmod(0o444)
    public_folder.chmod(0o777)
    with as_an_ordinary_user():
        ledger = SqliteLedger(path_of(held))
        try:
            assert ledger.counts(held.run.id).sending == 1
            with pytest.raises(LedgerError, match=r"cannot be written.*readonly"):
                ledger.acquire(held.run.id)
            with pytest.raises(LedgerError, match=r"cannot be written.*readonly"):
                ensure(ledger, "another")
        finally:
            ledger.close()


def test_a_folder_that_may_only_be_read_is_told(public_folder: Path) -> None:
    public_folder.chmod(0o555)
    with as_an_ordinary_user(), pytest.raises(LedgerError, match="cannot be opened"):
        SqliteLedger(public_folder / "ledger.db")


def test_a_full_disk_fails_the_write_and_leaves_nothing_of_it(file_held: Held) -> None:
    pages = file_held.ledger._db.db.execute("PRAGMA page_count").fetchone()[0]
    file_held.ledger._db.db.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(LedgerError, match=r"cannot be written: .*full"):
        file_held.claim(*range(5_000))
    assert file_held.ledger.counts(file_held.run.id).sending == 0
    file_held.ledger._db.db.execute(f"PRAGMA max_page_count = {pages + 10_000}")
    assert file_held.claim(0) == [1]


def test_a_database_that_somebody_else_locks_is_waited_for(file_held: Held) -> None:
    file_held.ledger._db.db.execute("PRAGMA busy_timeout = 1")
    with closing(sqlite3.connect(path_of(file_held), isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(LedgerError, match="cannot be written: database is locked"):
            file_held.claim(0)
        other.execute("ROLLBACK")
    assert file_held.claim(0) == [1]
