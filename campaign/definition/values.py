"""The small typed values of a definition: durations, rates, shares and secrets.

They are written the way people write them (``10m``, ``80/s``, ``5%``, ``${API_KEY}``) and hold SI
units, and hundredths.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Annotated, Any

from pydantic import BeforeValidator, GetCoreSchemaHandler, GetJsonSchemaHandler, WithJsonSchema
from pydantic_core import CoreSchema, core_schema

_NUMBER = r"[0-9]+(?:\.[0-9]+)?"
_SECONDS = {
    "ms": 0.001,
    **dict.fromkeys(("s", "sec", "second"), 1.0),
    **dict.fromkeys(("m", "min", "minute"), 60.0),
    **dict.fromkeys(("h", "hour"), 3600.0),
    **dict.fromkeys(("d", "day"), 86400.0),
}
_DURATION = rf"^\s*({_NUMBER})\s*(ms|s|m|min|h|d)\s*$"
_RATE = rf"^\s*({_NUMBER})\s*/\s*(s|sec|second|m|min|minute|h|hour|d|day)\s*$"
PERCENT = rf"^\s*({_NUMBER})\s*%\s*$"
"""How a share is written."""
_REFERENCE = r"^\s*\$\{([A-Za-z_][A-Za-z0-9_]*)\}\s*$"

_LONGEST = timedelta(days=3650)
_FASTEST = 1_000_000.0


def duration(value: object) -> timedelta:
    """Read a length of time such as ``10m``.

    Raises:
        ValueError: the text is not a duration, or it is longer than ten years.
    """
    if isinstance(value, timedelta):
        return value
    if isinstance(value, str) and (found := re.fullmatch(_DURATION, value)):
        seconds = float(found[1]) * _SECONDS[found[2]]
        if seconds <= _LONGEST.total_seconds():
            return timedelta(seconds=seconds)
        raise ValueError("a duration is at most ten years (3650d)")
    raise ValueError("a duration is a number with a unit: 500ms, 30s, 10m, 24h or 7d")


def written(length: timedelta) -> str:
    """Return a length of time as a definition writes it: ``10m``."""
    milliseconds = round(length.total_seconds() * 1000)
    for unit in ("d", "h", "m", "s"):
        size = round(_SECONDS[unit] * 1000)
        if milliseconds >= size and milliseconds % size == 0:
            return f"{milliseconds // size}{unit}"
    return f"{milliseconds}ms" if milliseconds else "0s"


Duration = Annotated[
    timedelta,
    BeforeValidator(duration),
    WithJsonSchema({"type": "string", "pattern": _DURATION, "examples": ["10m"]}),
]
"""A length of time, written ``500ms``, ``30s``, ``10m``, ``24h`` or ``7d``."""


def per_second(value: object) -> float:
    """Read a rate such as ``80/s`` or ``1000/min`` as messages per second.

    A bare number is refused: nobody can tell whether 80 means per second or per minute.

    Raises:
        ValueError: the text is not a rate, or the rate is zero or absurdly high, or its dot may
            group the digits of a thousand.
    """
    if isinstance(value, str) and (found := re.fullmatch(_RATE, value)):
        if re.fullmatch(r"[1-9][0-9]{0,2}\.[0-9]{3}", found[1]):
            plain, short = found[1].replace(".", ""), float(found[1])
            raise ValueError(
                f"{found[1]} may mean two rates: write {plain}/{found[2]} or {short:g}/{found[2]}"
            )
        rate = float(found[1]) / _SECONDS[found[2]]
        if rate > _FASTEST:
            raise ValueError(f"a rate is at most {_FASTEST:,.0f}/s")
        if rate > 0:
            return rate
    raise ValueError("a rate is a number above 0 per unit of time: 80/s, 1000/min, 5000/h or 1/d")


PerSecond = Annotated[
    float,
    BeforeValidator(per_second),
    WithJsonSchema({"type": "string", "pattern": _RATE, "examples": ["80/s", "1000/min"]}),
]
"""Messages per second, written with any unit: ``80/s``, ``1000/min``, ``5000/h``."""


def percent(value: object) -> float:
    """Read a share such as ``5%``, as a number of hundredths.

    A bare number is refused: nobody can tell whether 0.5 means a half or half a hundredth.

    Raises:
        ValueError: the text is not a percentage, or it is not above 0 and up to 100.
    """
    if isinstance(value, str) and (found := re.fullmatch(PERCENT, value)):
        hundredths = float(found[1])
        if 0 < hundredths <= 100:
            return hundredths
    if isinstance(value, str | int | float) and (like := _as_percent(str(value))):
        raise ValueError(f"a share is a percentage above 0% and up to 100%: {like}")
    raise ValueError("a share is a percentage above 0% and up to 100%: 5% or 0.5%")


def _as_percent(written: str) -> str | None:
    """Return how to write what a bare number may mean, where it may be a share."""
    if not re.fullmatch(_NUMBER, written.strip()):
        return None
    value = Decimal(written.strip()).normalize()
    if 0 < value < 1:
        return f"write {(value * 100).normalize():f}%, or {value:f}% if you mean that"
    return f"write {value:f}%" if 1 < value <= 100 else None


Percent = Annotated[
    float,
    BeforeValidator(percent),
    WithJsonSchema({"type": "string", "pattern": PERCENT, "examples": ["5%"]}),
]
"""A share in hundredths, written ``5%``."""


class MissingSecret(LookupError):
    """An environment variable that a secret names is not set; carries the variable's name."""


@dataclass(frozen=True, slots=True)
class Secret:
    """The *name* of an environment variable that holds a secret; never the secret itself.

    A definition says ``${NAME}`` and nothing else, so a key can be neither committed with it nor
    printed from it. The value is looked up with :meth:`reveal` at the moment it is used.
    """

    name: str

    def reveal(self, environment: Mapping[str, str]) -> str:
        """Return the secret.

        Raises:
            MissingSecret: the variable is not set, or is empty.
        """
        value = environment.get(self.name, "")
        if not value.strip():
            raise MissingSecret(self.name)
        return value.strip()

    def __str__(self) -> str:
        return f"${{{self.name}}}"

    @classmethod
    def parse(cls, value: object) -> Secret:
        """Read ``${NAME}``; anything else is refused without repeating it."""
        if isinstance(value, Secret):
            return value
        if isinstance(value, str) and (found := re.fullmatch(_REFERENCE, value)):
            return cls(found[1])
        raise ValueError(
            "a secret is written as ${NAME} and taken from the environment variable NAME; "
            "never write the key itself into a definition"
        )

    @classmethod
    def __get_pydantic_core_schema__(
        cls, source: type[Any], handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        del source, handler
        return core_schema.no_info_plain_validator_function(
            cls.parse, serialization=core_schema.to_string_ser_schema()
        )

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        del schema, handler
        return {
            "type": "string",
            "pattern": _REFERENCE,
            "description": "A secret, always as ${NAME} from the environment.",
        }
