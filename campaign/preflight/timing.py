"""How long sending takes, as far as it can be told beforehand.

The rate gives the seconds; waits are added to them; and whatever lets only so many through in a day
gives days. Each is told by itself, because the longest of them is what a person can change. How
long a vendor takes to answer is not known here: with few requests in flight it may take longer.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import accumulate
from typing import Any

import polars as pl

from campaign.job import Job
from campaign.preflight.awake import Awake, awake
from campaign.preflight.left import Begun
from campaign.reporting import words
from campaign.rules import tier
from campaign.rules.moment import FORESEEN, MomentRule
from campaign.schedule import Hours
from campaign.sending.quotas import Quota

_DAY = 86_400.0
_EXACT_DAYS = 366
"""Days that are looked at one by one, for the changes of the clocks; the rest is like them."""


@dataclass(frozen=True, slots=True)
class Wait:
    """A wait that is added to the sending itself: ``what`` goes on "30 min …"."""

    what: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Days:
    """On how many days something has people sent to: ``what`` goes on "5 days …".

    ``why`` says more, in a sentence, where that helps.
    """

    what: str
    days: int
    why: str = ""


@dataclass(frozen=True, slots=True)
class Timing:
    """``people`` at ``rate`` a second, with waits and days; ``left`` people no time is left for.

    ``awake`` says what quiet hours leave of the day, where there are any.
    """

    people: int
    rate: float
    waits: Sequence[Wait] = ()
    days: Sequence[Days] = ()
    left: int = 0
    awake: Awake | None = None

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
            "people": self.people,
            "rate": self.rate,
            "seconds": round(self.seconds, 1),
            "total_seconds": round(self.total, 1),
            "waits": [{"what": w.what, "seconds": round(w.seconds, 1)} for w in self.waits],
            "days": [{"what": d.what, "days": d.days, "why": d.why} for d in self.days],
            "quiet_hours": None if self.awake is None else self.awake.as_dict(),
            "left": self.left,
        }


def timing(
    job: Job, rows: pl.LazyFrame, rules: Sequence[MomentRule], run: Begun | None, now: datetime
) -> Timing:
    """Return how long it takes to send to the people of these rows of a plan.

    What else makes sending wait, or lets so many through in a day, has its place in these lists.
    """
    speed = job.speed()
    rate = speed.rate
    people: int = rows.select(pl.len()).collect(engine="streaming").item()
    steps = list(_ramp(job, people, run, now.timestamp()))
    waits = (
        [Wait("between the steps of `ramp`", pause)] if (pause := sum(w for _, w in steps)) else []
    )
    capped = [(quota, _capped(quota, people, rate)) for quota in speed.at_most]
    short = [(pause, quota) for quota, pause in capped if pause > 0 and quota.seconds < _DAY]
    if short:
        pause, quota = max(short, key=lambda one: one[0])
        waits.append(Wait(f"for the cap of {words.quota(quota.messages, quota.seconds)}", pause))
    work = _work(people, steps, rate)
    nights, lacking = days_of(job.hours, work, now)
    days = [Days("in the hours of `schedule`", nights)] if job.hours.day(now).deadline else []
    hours = awake(rows, rules, now, job.hours)
    if hours is not None and (of_hours := hours.days(rate)) is not None:
        days.append(Days("outside the quiet hours", of_hours))
    days += _tier(rows, rules, now.timestamp())
    days += [
        Days(f"at {words.quota(quota.messages, quota.seconds)}", _windows(quota, people))
        for quota in speed.at_most
        if quota.seconds == _DAY and people
    ]
    return Timing(people, rate, waits, days, min(math.ceil(lacking * rate), people), hours)


def _ramp(job: Job, people: int, run: Begun | None, now: float) -> Iterator[tuple[int, float]]:
    """Yield after how many more people each wait that is still to come begins, and its seconds.

    A rehearsal has none.
    """
    ramp = job.loaded.definition.ramp
    if ramp is None or job.loaded.settings.sandbox:
        return
    gone, reached = (0, {}) if run is None else (run.gone, run.steps)
    totals = accumulate(step.send for step in ramp.steps)
    for total, step in zip(totals, ramp.steps, strict=True):
        if total < gone + people:
            pause = reached.get(total, now) + step.wait.total_seconds() - now
            yield max(total - gone, 0), max(pause, 0.0)


def _windows(quota: Quota, people: int) -> int:
    """Return how many windows of a cap of the account it takes to send to so many."""
    return -(-people // quota.messages)


def _capped(quota: Quota, people: int, rate: float) -> float:
    """Return the seconds that a cap adds, as if nothing had been sent before."""
    waits = max(_windows(quota, people) - 1, 0)
    return max(0.0, waits * (quota.seconds - quota.messages / rate))


def _work(
    people: int, steps: Sequence[tuple[int, float]], rate: float
) -> list[tuple[float, float]]:
    """Return the seconds of sending between the waits, each with the wait that follows it."""
    ends = [*steps, (people, 0.0)]
    begins = [0, *(total for total, _ in steps)]
    return [((end - begin) / rate, wait) for begin, (end, wait) in zip(begins, ends, strict=True)]


def _tier(rows: pl.LazyFrame, rules: Sequence[MomentRule], now: float) -> Iterator[Days]:
    """Yield on how many days the messaging tier has room for everybody who takes some."""
    found = next((rule for rule in rules if isinstance(rule, tier.Tier)), None)
    if found is None:
        return
    # A tier without any room names everybody who needs some of it.
    full = replace(found, people=0)
    needs = full.foreseen(rows, now).select(pl.col(FORESEEN + full.name).count())
    new: int = needs.collect(engine="streaming").item()
    if not new:
        return
    counted = found.history.people(round(now * 1000))
    why = tier.sentence(new + counted, found.people)
    if counted:
        why += f", with the {counted:,} who were messaged in the last 24 hours"
    yield Days(f"at tier {found.people:,}", tier.days(new + counted, found.people), why)


def days_of(hours: Hours, work: Sequence[tuple[float, float]], now: datetime) -> tuple[int, float]:
    """Return over how many days of a schedule it goes, and the seconds of sending without room.

    ``work`` are seconds of sending, each with the seconds to wait after it: sending needs the hours
    of the schedule, waits go by day and night. Days are whole: a check in the afternoon says the
    same as one in the morning. A schedule of moments has one day; what does not fit in it is left.
    """
    day = hours.day(now)
    if day.deadline is None:
        return 1, 0.0
    if day.reopens is None or day.opens is None:
        at, left = max(now, day.opens or now), 0.0
        for sending, wait in work:
            left += sending - min(sending, max((day.deadline - at).total_seconds(), 0.0))
            at += timedelta(seconds=sending + wait)
        return 1, left
    at, days = day.opens, 1
    for place, (sending, wait) in enumerate(work):
        left = sending
        while left > 0 and (ends := day.deadline) and day.opens and day.reopens:
            if at >= ends:
                if days >= _EXACT_DAYS:
                    later = [(left, wait), *work[place + 1 :]]
                    return days + _days_like(ends - day.opens, later), 0.0
                day = hours.day(day.reopens)
                days += 1
                at = max(at, day.opens or at)
                continue
            sent = min(left, (ends - at).total_seconds())
            left -= sent
            at += timedelta(seconds=sent)
        at += timedelta(seconds=wait)
    return days, 0.0


def _days_like(length: timedelta, work: Sequence[tuple[float, float]]) -> int:
    """Return how many days so much takes, each with so much time to send in."""
    sending, waits = sum(seconds for seconds, _ in work), sum(wait for _, wait in work)
    return math.ceil(sending / length.total_seconds()) + math.ceil(waits / 86_400)
