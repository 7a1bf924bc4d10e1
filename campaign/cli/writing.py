"""How the commands write what they found: JSON for programs, moments as clocks show them.

Invariant: what goes to another program is one object (or one list) on one line, whichever command
says it, so that one way of reading does for all.
"""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime


def print_json(found: object) -> None:
    """Print JSON on one line; indented where a person reads it, at a terminal."""
    print(json.dumps(found, indent=2 if sys.stdout.isatty() else None))


def when(milliseconds: int | None) -> str | None:
    """Return a time of the ledger as this machine's clocks show it."""
    if milliseconds is None:
        return None
    moment = datetime.fromtimestamp(milliseconds / 1000, UTC).astimezone()
    return moment.isoformat(sep=" ", timespec="seconds")
