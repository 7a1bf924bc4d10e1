"""A ledger's SQLite file: opened, checked and migrated, with durable transactions.

Write-ahead log with every commit synchronised: when a transaction returns, it survives a power
cut. One connection, used by one thread at a time, which may leave the commit of a transaction to
another; readers in other processes never wait for it. An older file is brought to this version in
one transaction, or left as it was.
"""

from __future__ import annotations

import os
import platform
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from campaign.errors import LedgerError, NoLedger
from campaign.ledger.baton import Baton
from campaign.ledger.database import Home, Row, T
from campaign.ledger.groups import Begun
from campaign.ledger.queries import SCHEMA_VERSION, queries, statements

_APPLICATION_ID = 0x43414D50  # "CAMP", so that no other program's database is taken for a ledger
_BUSY_SECONDS = 30.0
_DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


class SqliteFile:
    """The file ``path``, made when it does not exist (unless ``create`` is false).

    Raises:
        LedgerError: the file cannot be opened, is no ledger, or was written by a newer version.
    """

    writers_wait = True

    def __init__(self, path: Path, *, create: bool = True) -> None:
        self.path = path
        self.title = f"the ledger {path}"
        self._sql = queries("ledger.sql") | queries("returned.sql") | queries("verify.sql")
        self._lock = Baton()
        self._lost: LedgerError | None = None
        try:
            if not create and not path.exists():
                raise NoLedger(
                    f"There is no ledger at {path}: nothing was sent yet, or it was moved or "
                    f"deleted.{rescued(path)}"
                )
            path.parent.mkdir(parents=True, exist_ok=True)
            # It names everybody who was messaged, so it is its owner's alone.
            if not path.exists():
                path.touch(mode=0o600)
            self.db = sqlite3.connect(
                path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False
            )
        except (OSError, sqlite3.Error) as error:
            raise LedgerError(f"The ledger {path} cannot be opened: {error}.") from error
        try:
            self._opened = self._place()
            self._prepare()
        except BaseException:
            self.db.close()
            raise

    def _prepare(self) -> None:
        self.db.row_factory = sqlite3.Row
        with self._locked("opened"):
            version = self.at_one_instant(self._version)
            # Only now: what is not ours is not changed, not even its mode.
            self._log_ahead()
            # Like FULL with a write-ahead log, and durable too on file systems that allow none.
            self.db.execute("PRAGMA synchronous = EXTRA")
            self.db.execute("PRAGMA foreign_keys = ON")
        if version < SCHEMA_VERSION:
            self.transact(self._migrate)

    def _log_ahead(self) -> None:
        # SQLite does not wait by itself when two processes switch a new file at the same moment.
        until = time.monotonic() + _BUSY_SECONDS
        while True:
            try:
                self.db.execute("PRAGMA journal_mode = WAL")
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                    raise
                time.sleep(0.01)
            else:
                return

    def _version(self) -> int:
        """Return the schema's version, 0 for an empty file."""
        version: int = self.db.execute("PRAGMA user_version").fetchone()[0]
        known: int = self.db.execute("PRAGMA application_id").fetchone()[0]
        empty = self.db.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone() is None
        if known != _APPLICATION_ID and not empty:
            raise LedgerError(f"{self.path} is a database, but not a campaign ledger.")
        if version > SCHEMA_VERSION:
            raise LedgerError(
                f"The ledger {self.path} was written by a newer version of campaign "
                f"(schema {version}, this one knows {SCHEMA_VERSION}); upgrade campaign."
            )
        return version

    def _migrate(self) -> None:
        # Read again: another process may have made the tables since.
        for version in range(self._version() + 1, SCHEMA_VERSION + 1):
            for statement in statements(f"sqlite/{version:04}.sql"):
                self.db.execute(statement)
        self.db.execute(f"PRAGMA application_id = {_APPLICATION_ID}")
        self.db.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self.db.close()

    def transact(self, work: Callable[[], T]) -> T:
        """Do ``work`` in one durable transaction: all of it, or nothing."""
        with self._locked("written"):
            self._check_place()
            with self._undone_if_it_fails():
                self.db.execute("BEGIN IMMEDIATE")
                done = work()
                self.db.execute("COMMIT")
            return done

    def begin(self, work: Callable[[], T]) -> Begun[T] | None:
        """Do ``work`` in a transaction and leave it open, if nobody has to be waited for."""
        # A file that is gone is kept by `transact`, which may take its time.
        gone = self._lost is not None or self._place() != self._opened
        if gone or not self._lock.take_if_free():
            return None
        begun = None
        try:
            with self._in_words("written"), self._undone_if_it_fails():
                if self._began_at_once():
                    commit, undo = partial(self._end, "COMMIT"), partial(self._end, "ROLLBACK")
                    begun = Begun(work(), commit, undo)
        finally:
            if begun is None:
                self._lock.give_back()
            else:
                self._lock.lay_down()
        return begun

    def _began_at_once(self) -> bool:
        """Begin to write unless another process does."""
        self.db.execute("PRAGMA busy_timeout = 0")
        try:
            self.db.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                raise
            return False
        finally:
            self.db.execute(f"PRAGMA busy_timeout = {_BUSY_SECONDS * 1000:.0f}")
        return True

    def _end(self, how: str) -> None:
        """End a transaction that was left open, in whatever thread."""
        self._lock.pick_up()
        try:
            with self._in_words("written"), self._undone_if_it_fails():
                self.db.execute(how)
        finally:
            self._lock.give_back()

    @contextmanager
    def _undone_if_it_fails(self) -> Iterator[None]:
        try:
            yield
        except BaseException:
            # A failed COMMIT (a full disk, say) may have ended the transaction already.
            if self.db.in_transaction:
                self.db.execute("ROLLBACK")
            raise

    def at_one_instant(self, work: Callable[[], T]) -> T:
        """Read everything in ``work`` as of the same instant, whatever other processes write."""
        with self._locked():
            try:
                self.db.execute("BEGIN")
                return work()
            finally:
                if self.db.in_transaction:
                    self.db.execute("ROLLBACK")

    def _place(self) -> tuple[int, int] | None:
        """Return which file stands at the ledger's path now."""
        try:
            found = self.path.stat()
        except OSError:
            return None
        return found.st_dev, found.st_ino

    def _check_place(self) -> None:
        """Refuse to write into a file that nobody will find again, and keep what it holds."""
        if self._lost is None and self._place() != self._opened:
            kept = self.path.with_name(f"{self.path.name}.rescued")
            where = f"What it held is in {kept}; to go on, put that in its place and say --takeover"
            try:
                kept.touch(mode=0o600)
                self.db.execute("VACUUM INTO ?", (str(kept),))
            except (OSError, sqlite3.Error) as error:
                where = f"What it held could not be kept ({error})"
            self._lost = LedgerError(
                f"The ledger {self.path} was deleted or replaced while it was in use, so nothing "
                f"more is sent. {where}."
            )
        if self._lost is not None:
            raise self._lost

    @contextmanager
    def _locked(self, verb: str = "read") -> Iterator[None]:
        """Keep other threads out, and turn the database's errors into sentences."""
        with self._in_words(verb), self._lock:
            yield

    @contextmanager
    def _in_words(self, verb: str) -> Iterator[None]:
        """Turn the database's errors into sentences."""
        try:
            yield
        except sqlite3.Error as error:
            advice = ""
            if getattr(error, "sqlite_errorcode", 0) & 0xFF in (
                sqlite3.SQLITE_CORRUPT,
                sqlite3.SQLITE_NOTADB,
            ):
                advice = (
                    " Keep the file, and put the newest backup in its place; what the results.csv "
                    "of each run says of who was messaged is the rest of what is known."
                )
            raise LedgerError(
                f"The ledger {self.path} cannot be {verb}: {error}.{advice}"
            ) from error

    def all(self, query: str, /, **values: object) -> Sequence[Row]:
        """Return every row of a query."""
        with self._locked():
            found: Sequence[Row] = self.db.execute(self._sql[query], values).fetchall()
            return found

    def one(self, query: str, /, **values: object) -> Row | None:
        """Return the first row of a query, if any."""
        rows = self.all(query, **values)
        return rows[0] if rows else None

    def change(self, query: str, /, **values: object) -> int:
        """Change rows; return how many."""
        return self.db.execute(self._sql[query], values).rowcount

    def change_each(
        self, query: str, values: Iterable[Mapping[str, object]]
    ) -> Sequence[Row | None]:
        """Do a statement for each of ``values``, in order; return what each returned, if a row."""
        sql = self._sql[query]
        return [self.db.execute(sql, each).fetchone() for each in values]

    def change_all(self, query: str, values: Sequence[Mapping[str, object]]) -> int:
        """Do a statement that returns nothing for each of ``values``; return how many changed."""
        return self.db.executemany(self._sql[query], values).rowcount if values else 0

    def clock(self) -> int:
        """Return the time in milliseconds; all who open a file are on one machine."""
        return time.time_ns() // 1_000_000

    def damage(self) -> list[str]:
        """Return what SQLite finds wrong with the file."""
        with self._lock:
            try:
                found = [row[0] for row in self.db.execute("PRAGMA integrity_check")]
                found += [
                    f"a row of {row[0]} refers to a row of {row[2]} that is not there"
                    for row in self.db.execute("PRAGMA foreign_key_check")
                ]
            except sqlite3.Error as error:
                return [str(error)]
        return [text for text in found if text != "ok"]

    def home(self) -> Home:
        """Return which file on which machine this is."""
        with self._locked():
            try:
                file = self.path.stat().st_ino
                system = os.statvfs(self.path).f_fsid if hasattr(os, "statvfs") else 0
            except OSError as error:
                raise LedgerError(f"The ledger {self.path} cannot be read: {error}.") from error
        return Home(platform.node() or "an unknown machine", str(file), str(system))


def rescued(path: Path) -> str:
    """Return where the ledger's content is when it was deleted under a run, as a sentence."""
    kept = path.with_name(f"{path.name}.rescued")
    return f" What it held when it went away is in {kept}." if kept.exists() else ""
