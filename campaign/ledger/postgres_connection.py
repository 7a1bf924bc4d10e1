"""How PostgreSQL is spoken to: sessions that wait for nobody through hours, and are durable.

Invariant: no text for people holds the password that an address may have.
"""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg import conninfo
from psycopg.rows import DictRow, dict_row

from campaign.errors import LedgerError

SCHEMA = "campaign"
"""The schema of the database that holds the tables."""

_SESSION = {
    "client_encoding": "UTF8",
    "synchronous_commit": "on",
    "lock_timeout": "30s",
    # Shorter than a lease: a process that was stopped in the middle of a transaction must not keep
    # the one that takes its run over waiting, nor must a machine that lost its power.
    "idle_in_transaction_session_timeout": "20s",
    "tcp_keepalives_idle": "10",
    "tcp_keepalives_interval": "5",
    "tcp_keepalives_count": "3",
    "tcp_user_timeout": "20s",
    "search_path": SCHEMA,
}
# A writer that is stopped between two statements of one write is not idle to the server; only this
# ends its transaction.
_SINCE_17 = {"transaction_timeout": "20s"}
# A server that vanished without a word is noticed, and not waited for through hours.
_CONNECTION = {
    "connect_timeout": 10,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,
    "application_name": "campaign",
}


def connect(address: str) -> psycopg.Connection[DictRow]:
    """Open a session.

    Raises:
        psycopg.Error: the server cannot be reached.
    """
    known = conninfo.conninfo_to_dict(address)
    more: dict[str, Any] = {name: v for name, v in _CONNECTION.items() if name not in known}
    db = psycopg.connect(address, autocommit=True, row_factory=dict_row, **more)
    settings = _SESSION | (_SINCE_17 if db.info.server_version >= 170_000 else {})
    for name, value in settings.items():
        db.execute("SELECT set_config(%s, %s, false)", (name, value))
    return db


def shown(address: str) -> str:
    """Return an address without its password, for people.

    Raises:
        LedgerError: it is none.
    """
    try:
        known = conninfo.conninfo_to_dict(address)
    except psycopg.ProgrammingError:  # whose text may quote the password
        raise LedgerError(
            "The ledger's address cannot be read; write it as postgresql://user@host:5432/database."
        ) from None
    user = f"{known['user']}@" if known.get("user") else ""
    port = f":{known['port']}" if known.get("port") else ""
    host = str(known.get("host") or "localhost")
    return f"postgresql://{user}{host}{port}/{known.get('dbname') or ''}"


def said(error: psycopg.Error) -> str:
    """Return the first line of what the server or libpq says; it holds no password."""
    lines = str(error).strip().splitlines()
    return lines[0].rstrip(".") if lines else type(error).__name__
