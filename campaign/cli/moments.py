"""How a command writes a moment that the ledger keeps."""

from __future__ import annotations

from datetime import UTC, datetime


def when(milliseconds: int | None) -> str | None:
    """Return a time of the ledger as this machine's clocks show it."""
    if milliseconds is None:
        return None
    moment = datetime.fromtimestamp(milliseconds / 1000, UTC).astimezone()
    return moment.isoformat(sep=" ", timespec="seconds")
