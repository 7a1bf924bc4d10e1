"""Between the rows of a SQL ledger and the words of its contract."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from campaign.ledger.records import (
    GIVEN_UP,
    Attempt,
    Contact,
    Decided,
    Entry,
    Run,
    Settlement,
    State,
    Suppression,
)


def run_of(row: Mapping[str, Any]) -> Run:
    """Return the run that a row describes."""
    values = {name: row[name] for name in Run.__dataclass_fields__}
    values["definition"] = json.loads(row["definition"] or "{}")
    values["sandbox"] = bool(row["sandbox"])
    values["planned"] = row["planned"] or 0
    values["sendable"] = row["sendable"] or 0
    if row["owner"] is None:
        values |= {"owner_host": None, "owner_pid": None, "owned_since": None, "heartbeat_at": None}
    return Run(**values)


def entry_of(row: Mapping[str, Any]) -> Entry:
    """Return what a row says of one recipient."""
    values = {name: row[name] for name in Entry.__dataclass_fields__}
    values["state"] = State(row["state"])
    values["evidence"] = json.loads(row["evidence"] or "{}")
    values["resend"] = None if row["resend"] is None else bool(row["resend"])
    return Entry(**values)


def attempt_of(row: Mapping[str, Any]) -> Attempt:
    """Return the attempt that a row describes."""
    return Attempt(**{name: row[name] for name in Attempt.__dataclass_fields__})


def decided_of(row: Mapping[str, Any]) -> Decided:
    """Return the decision that a row describes."""
    values = {name: row[name] for name in Decided.__dataclass_fields__}
    values["evidence"] = json.loads(row["evidence"] or "{}")
    return Decided(**values)


def contact_of(row: Mapping[str, Any]) -> Contact:
    """Return the contact that a row describes."""
    initiated = row["initiated"]
    if initiated is None:  # an earlier version did not write it down, so it may have been
        initiated = row["channel"] == "whatsapp"
    state = State(row["state"])
    return Contact(
        run_id=row["run_id"],
        number=row["number"],
        identity=row["identity"],
        at=row["claimed_at"],
        initiated=bool(initiated),
        state=state,
        channel=row["channel"],
        given_up=state is State.SKIPPED and row["reason"] == GIVEN_UP,
    )


def suppression_of(row: Mapping[str, Any]) -> Suppression:
    """Return the suppression that a row describes."""
    return Suppression(**{name: row[name] for name in Suppression.__dataclass_fields__})


def settled_values(settlement: Settlement, run_id: int, now: int) -> dict[str, Any]:
    """Return what is written for an outcome, by the names that the statements use."""
    return {
        "run_id": run_id,
        "now": now,
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
        "evidence": stored_evidence(settlement.evidence),
        "resend": None if settlement.resend is None else int(settlement.resend),
        "not_before": settlement.not_before,
    }


def stored_evidence(evidence: Mapping[str, Any]) -> str | None:
    """Return evidence as JSON, or ``None`` where there is none."""
    # A provider may put a date, say, into the evidence; that must not keep an outcome unwritten.
    return json.dumps(dict(evidence), default=str) if evidence else None


def storable(text: str | None) -> str | None:
    """Return a vendor's text as a database can hold it.

    JSON may carry half of a surrogate pair, which is no UTF-8, and a null character, which
    PostgreSQL takes in no text.
    """
    if text is None:
        return None
    return text.encode("utf-8", "backslashreplace").decode("utf-8").replace("\0", "\\0")
