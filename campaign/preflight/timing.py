"""How long sending takes, as far as it can be told beforehand.

The rate gives the seconds; waits are added to them; and whatever lets only so many through in a day
gives days. Each is told by itself, because the longest of them is what a person can change. How
long a vendor takes to answer is not known here: with few requests in flight it may take longer.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from campaign.job import Job
from campaign.schedule import Hours

_EXACT_DAYS = 366
"""Days that are looked at one by one, for the changes of the clocks; the rest is like them."""


@dataclass(frozen=True, slots=True)
class Wait:
    """A wait that is added to the sending itself: ``what`` goes on "30 min …"."""

    what: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Days:
    """On how many days something has people sent to: ``what`` goes on "5 days …"."""

    what: str
    days: int


@dataclass(frozen=True, slots=True)
class Timing:
    """``people`` at ``rate`` a second, with waits and days; ``left`` people no time is left for."""

    people: int
    rate: float
    waits: Sequence[Wait] = ()
    days: Sequence[Days] = ()
    left: int = 0

    @property
    def seconds(self) -> float:
        """How long sending takes at the rate alone."""
        return self.people / self.rate

    @property
    def total(self) -> float:
        """How long it takes with the waits, if it may go on without a break."""
        return self.seconds + sum(wait.seconds for wait in self.waits)

    @property
    def warning(self) -> str:
        """Say for how many the hours leave no time."""
        who = "1 person" if self.left == 1 else f"{self.left:,} people"
        return (
            f"The time until `schedule.deadline` is too short for {who}, who would stay pending. "
            "Begin earlier, send faster, or move the deadline."
        )

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain data, for machines."""
        return {
            "rate": self.rate,
            "seconds": round(self.seconds, 1),
            "total_seconds": round(self.total, 1),
            "waits": [{"what": w.what, "seconds": w.seconds} for w in self.waits],
            "days": [{"what": d.what, "days": d.days} for d in self.days],
            "left": self.left,
        }


def timing(job: Job, people: int, now: datetime) -> Timing:
    """Return how long it takes to send to so many people.

    What else makes sending wait, or lets so many through in a day, has its place in this list.
    """
    rate = job.speed().rate
    waits: list[Wait] = []
    needed = people / rate + sum(wait.seconds for wait in waits)
    nights, short = days_of(job.hours, needed, now)
    days = [Days("in the hours of `schedule`", nights)] if job.hours.day(now).deadline else []
    return Timing(people, rate, waits, days, min(math.ceil(short * rate), people))


def days_of(hours: Hours, seconds: float, now: datetime) -> tuple[int, float]:
    """Return on how many days of a schedule so much is sent, and the seconds that find no room.

    Days are whole: a check in the afternoon says the same as one in the morning. A schedule of
    moments has one day; what does not fit in it is left.
    """
    day = hours.day(now)
    if day.deadline is None:
        return 1, 0.0
    if day.reopens is None or day.opens is None:
        begins = max(now, day.opens or now)
        return 1, max(seconds - max((day.deadline - begins).total_seconds(), 0.0), 0.0)
    days, left = 0, seconds
    while left > 0 and days < _EXACT_DAYS and day.deadline and day.opens and day.reopens:
        left -= (day.deadline - day.opens).total_seconds()
        day = hours.day(day.reopens)
        days += 1
    if left > 0:
        days += math.ceil(left * days / (seconds - left))
    return max(days, 1), 0.0
