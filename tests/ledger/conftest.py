from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.ledger.ledgers import FileStore, Held, ServerStore, Store
from tests.postgres import PostgresForTests


@pytest.fixture(params=["sqlite", "postgres"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """An empty place for a ledger, of each kind: both keep the same contract."""
    if request.param == "sqlite":
        yield FileStore(tmp_path / "ledger.db")
    else:
        with request.getfixturevalue("postgres").database() as address:
            yield ServerStore(address)


@pytest.fixture
def held(store: Store) -> Iterator[Held]:
    """A run of ten recipients, held by this process, nobody sent to yet."""
    one = Held(store)
    yield one
    one.ledger.close()


@pytest.fixture
def file_held(tmp_path: Path) -> Iterator[Held]:
    """The same in a SQLite file."""
    one = Held(FileStore(tmp_path / "ledger.db"))
    yield one
    one.ledger.close()


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
