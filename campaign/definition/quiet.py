"""At which local times nobody gets a message: ``quiet_hours`` of a definition.

Invariant: every date of the calendar is judged by itself. ``20:00-10:00`` on a Saturday means: on
that Saturday not before 10:00, and not from 20:00 on. The hours decide when somebody is sent to and
not what they get, so they may change while a run is going on; only whether people without a time
zone are sent to may not.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Self

from pydantic import BeforeValidator, Field, WithJsonSchema, field_validator, model_validator

from campaign.definition.fields import Text, timezone, wrong
from campaign.definition.part import Part
from campaign.definition.wording import near

Spans = tuple[tuple[int, int], ...]
"""The quiet parts of one date, in minutes since midnight; the end is not quiet any more."""

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
ALL_DAY: Spans = ((0, 24 * 60),)
HOLD = "hold"

_CLOCK = r"(?:[01]?[0-9]|2[0-3]):[0-5][0-9]"
QUIET = rf"^\s*(?:{_CLOCK}\s*-\s*(?:{_CLOCK}|24:00)|all day|none)\s*$"
"""How the quiet hours of a date are written."""
_FULL = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_NAMES = {name: number for names in (DAYS, _FULL) for number, name in enumerate(names)}


def spans(text: str) -> Spans:
    """Return the quiet parts of a date from ``21:00-08:00``, ``all day`` or ``none``.

    Raises:
        PydanticCustomError: it is written otherwise, or begins when it ends.
    """
    if not re.fullmatch(QUIET, text):
        raise wrong(
            "must be two times of day, `all day` or `none`",
            'write "21:00-08:00" for: from 21:00 in the evening to 08:00 in the morning',
        )
    if "-" not in text:
        return ALL_DAY if text.strip() == "all day" else ()
    begins, ends = (_minutes(clock) for clock in text.split("-"))
    if begins == ends:
        raise wrong("begins when it ends", "write `all day`, or `none`")
    if begins < ends:
        return ((begins, ends),)
    return tuple(span for span in ((0, ends), (begins, 24 * 60)) if span[0] < span[1])


def _minutes(clock: str) -> int:
    hour, minute = clock.strip().split(":")
    return int(hour) * 60 + int(minute)


def weekdays(text: str) -> list[int]:
    """Return the days, from 0 for Monday, that ``sat``, ``mon-fri`` or ``sat, sun`` names.

    Raises:
        PydanticCustomError: a word is no day of the week.
    """
    found: list[int] = []
    for part in re.split(r"[,\s]+", re.sub(r"\s*-\s*", "-", text.strip().lower())):
        first, *last = (_weekday(name) for name in part.split("-", 1))
        end = last[0] if last else first
        found += [(first + step) % 7 for step in range((end - first) % 7 + 1)]
    return found


def _weekday(name: str) -> int:
    if name not in _NAMES:
        raise wrong(
            "names a day that is not one of the week",
            near(name, DAYS) or "write mon, tue, wed, thu, fri, sat, sun, or mon-fri",
        )
    return _NAMES[name]


def _quiet(value: object) -> str:
    text = value if isinstance(value, str) else ""
    spans(text)
    return text.strip()


QuietTime = Annotated[
    str,
    BeforeValidator(_quiet),
    WithJsonSchema({"type": "string", "pattern": QUIET, "examples": ["21:00-08:00", "all day"]}),
]
"""The quiet hours of a date, as they are written."""


def _unknown_zone(value: object) -> str:
    hold = isinstance(value, str) and value.strip().lower() == HOLD
    return HOLD if hold else timezone(value)


UnknownZone = Annotated[
    str,
    BeforeValidator(_unknown_zone),
    WithJsonSchema({"type": "string", "pattern": r"\S", "examples": [HOLD, "Europe/Berlin"]}),
]
"""``hold``, or the zone in which somebody is who has none."""


class QuietHours(Part):
    """When nobody gets a message, by the clock where they are."""

    hours: QuietTime | None = Field(
        default=None,
        description="From when to when, on every day: 21:00-08:00. `all day` and `none` are "
        "possible too. Default: none.",
    )
    days: dict[str, QuietTime] = Field(
        default_factory=dict,
        description="Other hours on some days of the week: {sat: 20:00-10:00, sun: all day}. A "
        "key may name several: mon-fri. A time is one of that same date: 20:00-10:00 on sat "
        "means Saturday before 10:00 and Saturday from 20:00 on.",
    )
    holidays: Text | None = Field(
        default=None,
        description="File of days that are quiet from midnight to midnight: a column `date`, and "
        "if they are not everybody's `country`. Relative to the definition.",
    )
    by_country: Text | None = Field(
        default=None,
        description="File of hours that take the place of these for numbers of a country: "
        "columns `country`, `days` (empty: every day) and `quiet`. Relative to the definition.",
    )
    unknown_zone: UnknownZone = Field(
        default=HOLD,
        description="What becomes of people whose time zone nobody knows: `hold` sends them "
        "nothing, an IANA name such as Europe/Berlin counts them there.",
    )

    @model_validator(mode="after")
    def _leaves_time(self) -> Self:
        if not (self.hours or self.days or self.holidays or self.by_country):
            raise wrong("names no hours", 'write quiet_hours: "21:00-08:00"')
        if self.by_country is None and all(day == ALL_DAY for day in self.week):
            raise wrong("leaves no time to send in", "every day of the week is quiet all day")
        return self

    @field_validator("days", mode="after")
    @classmethod
    def _each_day_once(cls, days: dict[str, str]) -> dict[str, str]:
        named = [number for key in days for number in weekdays(key)]
        twice = [DAYS[number] for number in range(7) if named.count(number) > 1]
        if twice:
            raise wrong(f"names a day more than once: {', '.join(twice)}")
        return days

    @property
    def week(self) -> tuple[Spans, ...]:
        """The quiet parts of each day of the week, from Monday, where no country has its own."""
        week = [spans(self.hours) if self.hours else ()] * 7
        for key, text in self.days.items():
            for number in weekdays(key):
                week[number] = spans(text)
        return tuple(week)


def short_quiet_hours(value: object) -> object:
    """Return the full form of ``quiet_hours: "21:00-08:00"``."""
    return {"hours": value} if isinstance(value, str) else value


SHORT_QUIET_HOURS: dict[str, Any] = {
    "type": "string",
    "pattern": QUIET,
    "examples": ["21:00-08:00"],
}
