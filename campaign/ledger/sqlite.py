"""The ledger in one SQLite file."""

from __future__ import annotations

from pathlib import Path

from campaign.ledger.sql_ledger import SqlLedger
from campaign.ledger.sqlite_file import SqliteFile


class SqliteLedger(SqlLedger):
    """A ledger in the file ``path``; see :class:`~campaign.ledger.protocol.Ledger`.

    Raises:
        LedgerError: the file cannot be opened, is no ledger, or was written by a newer version; or
            it is not there and ``create`` is false.
    """

    def __init__(self, path: Path, *, create: bool = True) -> None:
        super().__init__(SqliteFile(path, create=create))
