"""Why somebody is on the suppression list, where their own answer put them there.

Invariant: what is written for such a wish, and for nothing else, is read as one, with its day; so
who writes (what takes answers in) and who reads (the report) cannot come apart.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime

_WRITTEN = re.compile(r"wrote .* on (\d{4}-\d{2}-\d{2})")


def why_of_wish(word: str, at: datetime) -> str:
    """Return why: that they wrote this opt-out word at ``at`` (aware); a day in UTC."""
    return f"wrote {word} on {at.astimezone(UTC):%Y-%m-%d}"


def day_of_wish(why: str | None) -> str | None:
    """Return the day (YYYY-MM-DD, UTC) on which they wrote it; ``None`` of any other entry."""
    found = _WRITTEN.fullmatch(why or "")
    return None if found is None else found[1]
