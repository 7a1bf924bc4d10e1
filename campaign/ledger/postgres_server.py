"""A ledger's PostgreSQL database: durable transactions that a restart of the server does not break.

Invariant: a transaction is done once. When the connection breaks while it is being committed, the
server is asked whether the number of that write is there, and it is done again only where it is
certainly not. While the server is away nothing is claimed; when it stays away, sending
stops.
"""

from __future__ import annotations

import re
import threading
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import cache

import psycopg
from psycopg import errors, sql
from psycopg.rows import DictRow

from campaign.errors import LedgerError, NoLedger
from campaign.ledger.database import Home, Row, T
from campaign.ledger.postgres_connection import SCHEMA, connect, said, shown
from campaign.ledger.queries import SCHEMA_VERSION, queries, script

_AWAY_SECONDS = 30.0
"""How long a server that went away is waited for."""

_NAMED = re.compile(r"(?<!:):([a-z_]+)\b")

_OLDEST = 130_000
_FIRST = 2
"""The version of the schema with which the ledger in PostgreSQL begins."""


class _NotCommitted(Exception):
    """A transaction was certainly not committed, and may be done again."""


class PostgresServer:
    """The database that ``address``, a URL or connection string of libpq, names.

    The tables are made when they are not there, unless ``create`` is false. Not said in it, the
    password comes from where libpq looks for one: ``PGPASSWORD`` or the password file.

    Raises:
        LedgerError: it cannot be reached, would lose what it was told in a power cut, or was
            written by a newer version.
    """

    writers_wait = False

    def __init__(self, address: str, *, create: bool = True) -> None:
        self._ledger = f"ledger {shown(address)}"
        self.title = f"the {self._ledger}"
        self._address = address
        self._lock = threading.RLock()
        self._busy = False  # within a transaction
        self._closed = False
        self._name = uuid.uuid4().hex
        self._writes = 0
        try:
            self._db = connect(self._address)
        except psycopg.Error as error:
            raise LedgerError(f"The {self._ledger} cannot be opened: {said(error)}.") from None
        try:
            self._prepare(create)
        except BaseException:
            self._db.close()
            raise

    def _prepare(self, create: bool) -> None:
        with self._told("opened"):
            durable = self._db.execute("SHOW fsync").fetchone()
            version = self._version()
        if durable is not None and durable["fsync"] != "on":
            raise LedgerError(
                f"The {self._ledger} cannot be trusted: the server runs with fsync off and would "
                "forget in a power cut who was sent to. Switch fsync on."
            )
        if version == 0 and not create:
            raise NoLedger(
                f"There is no ledger in {shown(self._address)}: nothing was sent yet, or this is "
                "another database."
            )
        if self._db.info.server_version < _OLDEST:
            raise LedgerError(f"The {self._ledger} is on a server older than PostgreSQL 13.")
        if version > SCHEMA_VERSION:
            raise LedgerError(
                f"The {self._ledger} was written by a newer version of campaign (schema {version}, "
                f"this one knows {SCHEMA_VERSION}); upgrade campaign."
            )
        if version < SCHEMA_VERSION:
            self.transact(self._migrate)

    def _version(self) -> int:
        """Return the schema's version, 0 where there is none."""
        # Not by to_regclass(), which may still answer from before another process made the table.
        table = self._db.execute(
            "SELECT 1 FROM pg_catalog.pg_tables WHERE schemaname = %s AND tablename = %s",
            (SCHEMA, "schema_version"),
        )
        if table.fetchone() is None:
            return 0
        row = self._db.execute("SELECT version FROM schema_version").fetchone()
        return 0 if row is None else int(row["version"])

    def _migrate(self) -> None:
        # One at a time; who waited finds the tables made.
        self._db.execute("SELECT pg_advisory_xact_lock(hashtext('campaign ledger'))")
        if self._version() == 0:
            known = self._db.execute("SELECT 1 FROM pg_namespace WHERE nspname = %s", (SCHEMA,))
            # One that an administrator made is used; to make one needs a right of its own.
            if known.fetchone() is None:
                self._db.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(SCHEMA)))
        for version in range(max(self._version(), _FIRST - 1) + 1, SCHEMA_VERSION + 1):
            self._db.execute(script(f"postgres/{version:04}.sql").encode())

    def close(self) -> None:
        """Close the connection."""
        with self._lock:
            self._closed = True
            if self._writes:
                with suppress(psycopg.Error):  # a row that stays is in nobody's way
                    self._db.execute(_sql("forget_writes"), {"connection": self._name})
            self._db.close()

    def transact(self, work: Callable[[], T]) -> T:
        """Do ``work`` in one durable transaction: all of it, or nothing."""
        with self._told("written"):
            return self._until_it_is_back(lambda: self._attempt(work))

    def begin(self, work: Callable[[], T]) -> None:
        """Do nothing: a server has to be waited for."""

    def at_one_instant(self, work: Callable[[], T]) -> T:
        """Read everything in ``work`` as of the same instant, whatever other processes write."""

        def read() -> T:
            with self._db.transaction(), self._being_busy():
                self._db.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
                if self._db.info.server_version >= 170_000:  # reading keeps nobody waiting
                    self._db.execute("SET LOCAL transaction_timeout = 0")
                return work()

        with self._told():
            return self._until_it_is_back(read)

    def _attempt(self, work: Callable[[], T]) -> T:
        self._writes += 1
        write = {"connection": self._name, "number": self._writes}
        is_numbered = False
        try:
            with self._being_busy():
                # Whatever the server's default is: who waited for a lock must see what it guarded.
                self._db.execute("BEGIN ISOLATION LEVEL READ COMMITTED")
                done = work()
                self._db.execute(_sql("number_write"), write)
                is_numbered = True
                self._db.execute("COMMIT")
        except (errors.DeadlockDetected, errors.SerializationFailure):
            self._db.execute("ROLLBACK")
            raise _NotCommitted from None
        except BaseException as error:
            if not self._db.closed:
                self._db.execute("ROLLBACK")
            elif is_numbered and isinstance(error, psycopg.Error):
                if self._is_written():
                    return done
                raise _NotCommitted from None
            raise
        return done

    def _is_written(self) -> bool:
        """Return whether the last write was committed, once the server can be asked.

        Raises:
            LedgerError: it cannot; then nobody knows, and it must not be done again.
        """
        try:
            return self._until_it_is_back(self._last_write) == self._writes
        except psycopg.Error as error:
            raise LedgerError(
                f"The {self._ledger} cannot be asked whether its last write was committed: "
                f"{said(error)}."
            ) from error

    def _last_write(self) -> int:
        """Return the number of the write that was committed last, 0 if there is none."""
        row = self._db.execute(_sql("last_write"), {"connection": self._name}).fetchone()
        return 0 if row is None else int(row["number"])

    @contextmanager
    def _being_busy(self) -> Iterator[None]:
        self._busy = True
        try:
            yield
        finally:
            self._busy = False

    def _until_it_is_back(self, work: Callable[[], T]) -> T:
        """Do ``work``; when the server went away meanwhile, do it again once it is back."""
        until = time.monotonic() + _AWAY_SECONDS
        while True:
            try:
                return work()
            except _NotCommitted:
                if time.monotonic() > until:
                    raise LedgerError(
                        f"The {self._ledger} cannot be written: it is too busy."
                    ) from None
            except psycopg.Error:
                # What is wrong with a statement leaves the connection open.
                # One that is lost each time, for it takes too long say, is not done for ever.
                if self._closed or not self._db.closed or time.monotonic() > until:
                    raise
                self._reconnect(until)

    def _reconnect(self, until: float) -> None:
        while True:
            try:
                self._db = connect(self._address)
            except psycopg.OperationalError:
                if time.monotonic() > until:
                    raise
                time.sleep(0.1)
            else:
                return

    @contextmanager
    def _told(self, verb: str = "read") -> Iterator[None]:
        """Keep other threads out, and turn the database's errors into sentences."""
        try:
            with self._lock:
                yield
        except psycopg.Error as error:
            raise LedgerError(f"The {self._ledger} cannot be {verb}: {said(error)}.") from error

    def all(self, query: str, /, **values: object) -> Sequence[Row]:
        """Return every row of a query."""

        def read() -> list[DictRow]:
            return self._db.execute(_sql(query), values).fetchall()

        with self._lock:
            if self._busy:  # whoever began the transaction does all of it again
                return read()
            with self._told():
                return self._until_it_is_back(read)

    def one(self, query: str, /, **values: object) -> Row | None:
        """Return the first row of a query, if any."""
        rows = self.all(query, **values)
        return rows[0] if rows else None

    def change(self, query: str, /, **values: object) -> int:
        """Change rows; return how many."""
        return self._db.execute(_sql(query), values).rowcount

    def change_each(
        self, query: str, values: Iterable[Mapping[str, object]]
    ) -> Sequence[Row | None]:
        """Do a statement for each of ``values``, in order; return what each returned, if a row."""
        wanted = list(values)
        if not wanted:
            return []
        returning = b"RETURNING" in _sql(query)
        with self._db.cursor() as cursor:
            cursor.executemany(_sql(query), wanted, returning=returning)
            if not returning:
                return [None] * len(wanted)
            return [result.fetchone() for result in cursor.results()]

    def change_all(self, query: str, values: Sequence[Mapping[str, object]]) -> int:
        """Do a statement that returns nothing for each of ``values``; return how many changed."""
        if not values:
            return 0
        with self._db.cursor() as cursor:
            cursor.executemany(_sql(query), values)
            return cursor.rowcount

    def clock(self) -> int:
        """Return the time in milliseconds by the server's clock, which all machines share."""
        (row,) = self.all("clock")
        now: int = row["now"]
        return now

    def damage(self) -> list[str]:
        """Return nothing: the server checks its own pages whenever it reads them."""
        return []

    def home(self) -> Home | None:
        """Return nothing: a database is reached from many machines, and is no file."""
        return None


@cache
def _sql(name: str) -> bytes:
    """Return a statement with its parameters as psycopg writes them."""
    same = queries("ledger.sql") | queries("returned.sql") | queries("verify.sql")
    text = (same | queries("postgres.sql"))[name]
    return _NAMED.sub(r"%(\1)s", text).encode()
