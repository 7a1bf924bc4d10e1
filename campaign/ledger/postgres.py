"""The ledger in PostgreSQL, where several machines can reach it."""

from __future__ import annotations

from campaign.ledger.postgres_server import PostgresServer
from campaign.ledger.sql_ledger import SqlLedger


class PostgresLedger(SqlLedger):
    """A ledger in the database at ``address``; see :class:`~campaign.ledger.protocol.Ledger`.

    Raises:
        LedgerError: the database cannot be reached or used; or it holds no ledger and ``create``
            is false.
    """

    def __init__(self, address: str, *, create: bool = True) -> None:
        super().__init__(PostgresServer(address, create=create))
