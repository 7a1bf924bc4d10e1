"""What a definition says about when not to send: the hours, the waits between attempts, and the
trouble that stops a run.

Invariant: a schedule that exists leaves time to send in. None of it decides who gets what, so all
of it may change while a run is going on.
"""

from __future__ import annotations

import re
from datetime import datetime, time, timedelta
from typing import Annotated, Self

from pydantic import BeforeValidator, Field, WithJsonSchema, model_validator

from campaign.definition.fields import INSTANT, AsWhole, Timezone, instant, wrong
from campaign.definition.part import Part
from campaign.definition.values import Duration, Percent

CLOCK = r"^([01]?[0-9]|2[0-3]):[0-5][0-9]$"
"""How a time of day is written."""
MIDNIGHT = time(0)
"""When a day begins, unless a schedule says otherwise."""


def _clock_or_instant(value: object) -> time | datetime:
    if isinstance(value, time | datetime):
        return value
    text = value.strip() if isinstance(value, str) else ""
    if re.match(r"\d{4}-", text):
        return instant(text)
    if not re.fullmatch(CLOCK, text):
        hint = "midnight is 00:00" if text == "24:00" else None
        raise wrong(
            "must be a time of day from 00:00 to 23:59, or a date and time with its UTC offset",
            hint or 'write it like "09:00", or like 2026-12-01T09:00:00+01:00',
        )
    hour, minute = text.split(":")
    return time(int(hour), int(minute))


ClockOrInstant = Annotated[
    time | datetime,
    BeforeValidator(_clock_or_instant),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "pattern": CLOCK, "examples": ["09:00"]},
                {"type": "string", "pattern": INSTANT},
            ]
        }
    ),
]
"""A time of day, or a moment with a UTC offset."""


class Schedule(Part):
    """When the campaign may be sent: times of day, or moments of one day."""

    start: ClockOrInstant | None = Field(
        default=None,
        description="When sending may begin, and with it the campaign's day: 09:00. Default: "
        "midnight.",
    )
    not_after: ClockOrInstant | None = Field(
        default=None,
        description="When it is too late to begin, or to go on with a run that stopped: 12:00. "
        "Before `start`, it is on the next day. Default: midnight, or the deadline if that is "
        "later.",
    )
    deadline: ClockOrInstant | None = Field(
        default=None,
        description="From when on nobody is sent to any more, in a run that is under way either: "
        "18:00. Before `start`, it is on the next day.",
    )
    timezone: Timezone | None = Field(
        default=None,
        description="IANA time zone of these times, such as Europe/Berlin. Default: the machine's.",
    )

    @model_validator(mode="after")
    def _leaves_time(self) -> Self:
        given = [at for at in (self.start, self.not_after, self.deadline) if at is not None]
        if len({isinstance(at, time) for at in given}) > 1:
            raise wrong(
                "mixes times of day with moments",
                "write all of start, not_after and deadline as 09:00, or all with date and offset",
            )
        for name in ("not_after", "deadline"):
            at = getattr(self, name)
            if at is not None and at == (self.start or MIDNIGHT):
                raise wrong(
                    f"has the same `start` and `{name}`, which leaves no time to send",
                    "`start` is midnight where it is not given" if self.start is None else None,
                )
            if isinstance(at, datetime) and isinstance(self.start, datetime) and at < self.start:
                raise wrong(f"has a `{name}` that comes before its `start`")
        if (
            self.not_after is not None
            and self.deadline is not None
            and self._place(self.deadline) < self._place(self.not_after)
        ):
            raise wrong(
                "has a `deadline` that comes before its `not_after`",
                "a run that begins between the two could send to nobody",
            )
        return self

    def _place(self, at: time | datetime) -> float:
        """Return where a time stands in the campaign's day, in seconds."""
        if isinstance(at, datetime):
            return at.timestamp()
        start = self.start if isinstance(self.start, time) else MIDNIGHT
        return (_seconds(at) - _seconds(start)) % 86400.0


def _seconds(at: time) -> float:
    return at.hour * 3600.0 + at.minute * 60.0


class StopWhen(Part):
    """What stops a run that does no good, beside an answer that concerns the whole campaign."""

    failed_rate: Percent | None = Field(
        default=None,
        description="Stops when more than this share of the last 100 outcomes are `failed`: 5%. "
        "It is counted of 100 on a shorter list too, so 5% stops at the sixth.",
    )
    unknown: Annotated[int, Field(ge=1), AsWhole] | None = Field(
        default=None,
        description="Stops when so many recipients have become `unknown` in one go.",
    )
    in_a_row: Annotated[int, AsWhole] = Field(
        default=20,
        ge=1,
        description="Stops after so many answers in a row that are unknown, or are the same "
        "refusal that says nothing about the recipient. More than half of the last 100 always do.",
    )


class Retry(Part):
    """When to try again what certainly was not sent."""

    attempts: Annotated[int, AsWhole] = Field(
        default=5, ge=1, le=100, description="The most attempts per recipient in one go."
    )
    first_wait: Duration = Field(
        default=timedelta(seconds=1),
        gt=timedelta(0),
        description="How long to wait before the second attempt; doubles each time.",
    )
    longest_wait: Duration = Field(
        default=timedelta(seconds=60), description="The longest wait between two attempts."
    )

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.longest_wait < self.first_wait:
            raise wrong("has a longest_wait that is shorter than its first_wait")
        return self
