"""Between the rows of a SQL ledger and the words of its contract."""

from __future__ import annotations

import json
import sqlite3
from typing import Any

from campaign.ledger.protocol import Attempt, Entry, Run, Settlement, State


def run_of(row: sqlite3.Row) -> Run:
    """Return the run that a row describes."""
    values = {name: row[name] for name in Run.__dataclass_fields__}
    values["definition"] = json.loads(row["definition"] or "{}")
    values["sandbox"] = bool(row["sandbox"])
    values["planned"] = row["planned"] or 0
    values["sendable"] = row["sendable"] or 0
    if row["owner"] is None:
        values |= {"owner_host": None, "owner_pid": None, "owned_since": None, "heartbeat_at": None}
    return Run(**values)


def entry_of(row: sqlite3.Row) -> Entry:
    """Return what a row says of one recipient."""
    values = {name: row[name] if name in row.keys() else None for name in Entry.__dataclass_fields__}
    values["state"] = State(row["state"])
    values["evidence"] = json.loads(row["evidence"] or "{}")
    return Entry(**values)


def attempt_of(row: sqlite3.Row) -> Attempt:
    """Return the attempt that a row describes."""
    return Attempt(**{name: row[name] for name in Attempt.__dataclass_fields__})


def values_of(settlement: Settlement) -> dict[str, Any]:
    """Return what is written for an outcome, by the names that the statements use."""
    # A provider may put a date, say, into the evidence; that must not keep an outcome unwritten.
    evidence = json.dumps(dict(settlement.evidence), default=str) if settlement.evidence else None
    return {
        "number": settlement.number,
        "attempt": settlement.attempt,
        "state": settlement.state.value,
        "outcome": settlement.outcome,
        "started_at": settlement.started_at,
        "reason": settlement.reason,
        "code": storable(settlement.code),
        "detail": storable(settlement.detail),
        "provider_id": storable(settlement.provider_id),
        "http_status": settlement.http_status,
        "evidence": evidence,
    }


def storable(text: str | None) -> str | None:
    """Return a vendor's text as UTF-8 can hold it: JSON may carry half of a surrogate pair."""
    return None if text is None else text.encode("utf-8", "backslashreplace").decode("utf-8")
