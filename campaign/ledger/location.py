"""Where a ledger is: a file, or a database that several machines reach."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from campaign.errors import LedgerError
from campaign.ledger.protocol import Ledger

SCHEMES = ("postgresql://", "postgres://")
"""How the address of a PostgreSQL database begins."""


@dataclass(frozen=True, slots=True)
class FileLocation:
    """A SQLite file. Plans are written down relative to its folder, to move with it."""

    path: Path

    def __str__(self) -> str:
        return str(self.path)

    @property
    def exists(self) -> bool:
        """Whether there is something at that place."""
        return self.path.exists()

    def open(self, *, create: bool = True) -> Ledger:
        """Open the ledger.

        Raises:
            LedgerError: it cannot be opened; or it is not there and ``create`` is false.
        """
        from campaign.ledger.sqlite import SqliteLedger

        return SqliteLedger(self.path, create=create)

    def rescued(self) -> str:
        """Return where its content is when it was deleted under a run; else an empty text."""
        from campaign.ledger.sqlite_file import rescued

        return rescued(self.path)


@dataclass(frozen=True, slots=True)
class ServerLocation:
    """A PostgreSQL database; ``address`` may hold a password and is never printed."""

    address: str = field(repr=False)

    def __str__(self) -> str:
        from campaign.ledger.postgres_connection import shown

        return shown(self.address)

    @property
    def exists(self) -> bool:
        """Whether there may be a ledger: only opening it tells."""
        return True

    def open(self, *, create: bool = True) -> Ledger:
        """Open the ledger.

        Raises:
            LedgerError: the driver is not installed, or the database cannot be reached or used; or
                it holds no ledger and ``create`` is false.
        """
        try:
            from campaign.ledger.postgres import PostgresLedger
        except ImportError as error:
            raise LedgerError(
                "A ledger in PostgreSQL needs the driver psycopg; install campaign with it: "
                f"pip install 'campaign[postgres]' ({error})."
            ) from error
        return PostgresLedger(self.address, create=create)

    def rescued(self) -> str:
        """Return an empty text: a database is not deleted under a run."""
        return ""


Location = FileLocation | ServerLocation
