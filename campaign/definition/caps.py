"""How a definition says how much one person, and how many people in a day, may get.

Invariant: none of it decides who gets what, only when or whether now, so all of it may change while
a run is going on.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any

from pydantic import BeforeValidator, WithJsonSchema

from campaign.definition.fields import wrong

_UNITS = {
    **dict.fromkeys(("m", "min", "minute", "minutes"), timedelta(minutes=1)),
    **dict.fromkeys(("h", "hour", "hours"), timedelta(hours=1)),
    **dict.fromkeys(("d", "day", "days"), timedelta(days=1)),
    **dict.fromkeys(("w", "week", "weeks"), timedelta(weeks=1)),
}
_CAP = (
    r"^\s*(?:[Aa]t\s+most\s+)?([1-9][0-9]{0,5})\s+in\s+([1-9][0-9]{0,5})\s*"
    rf"({'|'.join(sorted(_UNITS, key=len, reverse=True))})\s*$"
)
_LONGEST = timedelta(days=366)
_TIER = r"^\s*([1-9][0-9]{0,2}(?:,[0-9]{3})+|[1-9][0-9]*)\s*([kK]?)\s*$"
UNLIMITED = "unlimited"


@dataclass(frozen=True, slots=True)
class Cap:
    """At most so many ``messages`` to one person in any stretch of time as long as ``window``."""

    messages: int
    window: timedelta

    def __str__(self) -> str:
        days, rest = divmod(self.window, timedelta(days=1))
        length = f"{days} days" if not rest else f"{self.window // timedelta(minutes=1)} minutes"
        return f"at most {self.messages} in {length}"


def cap(value: object) -> Cap:
    """Read a cap such as ``at most 2 in 7 days``.

    Raises:
        PydanticCustomError: it is none, or its time is longer than a year.
    """
    if isinstance(value, Cap):
        return value
    found = re.fullmatch(_CAP, value) if isinstance(value, str) else None
    if found is None:
        raise wrong(
            "must say how many messages in how long",
            'write it like "at most 2 in 7 days"; minutes, hours, days and weeks are known',
        )
    window = int(found[2]) * _UNITS[found[3]]
    if window > _LONGEST:
        raise wrong("looks back more than a year", "366 days are the most")
    return Cap(int(found[1]), window)


CAP: dict[str, Any] = {"type": "string", "pattern": _CAP, "examples": ["at most 2 in 7 days"]}
"""How a cap is written."""

FrequencyCap = Annotated[Cap, BeforeValidator(cap), WithJsonSchema(CAP)]
"""A cap, written ``at most 2 in 7 days`` or ``2 in 7d``."""


def tier(value: object) -> int | None:
    """Read a messaging tier: so many people in 24 hours, or ``None`` for ``unlimited``.

    Raises:
        PydanticCustomError: it is neither.
    """
    if value is None or (isinstance(value, str) and value.strip().lower() == UNLIMITED):
        return None
    found = re.fullmatch(_TIER, str(value)) if isinstance(value, int | str) else None
    if found is None or isinstance(value, bool):
        raise wrong(
            "must be how many people in 24 hours, or `unlimited`",
            "Meta's tiers are 250, 2000, 10000, 100000 and unlimited",
        )
    return int(found[1].replace(",", "")) * (1000 if found[2] else 1)


MessagingTier = Annotated[
    int | None,
    BeforeValidator(tier),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "integer", "minimum": 1, "examples": [250, 2000, 10000, 100000]},
                {"type": "string", "pattern": _TIER, "examples": ["10k"]},
                {"const": UNLIMITED},
            ]
        }
    ),
]
"""How many people may be messaged first in 24 hours: ``10000``, ``10k`` or ``unlimited``."""
