"""What quiet hours leave of the day, for the people of a list.

Invariant: it is asked of the rule itself, for everybody who shares time zones and country at once.
Hours are counted over a whole week, so that a quiet Sunday is in them, whatever the day.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import polars as pl

from campaign.rules.moment import MomentRule
from campaign.rules.quiet_hours import OutsideQuietHours
from campaign.schedule import Hours

_HOUR = 3600
_WEEK = 7 * 24
_DAYS = 7
_STEP = 300


@dataclass(frozen=True, slots=True)
class Awake:
    """``waiting`` people whose quiet hours it is now, the last of them ``until`` a moment.

    ``hours`` in which somebody may be messaged, in a day of a common week. ``groups`` are how many
    people have so many hours each. ``never`` people are quiet all through the ``window`` in which
    the schedule lets the campaign be sent.
    """

    waiting: int
    until: datetime | None
    hours: float
    groups: Sequence[tuple[int, float]]
    never: int = 0
    window: str = ""

    def days(self, rate: float) -> int | None:
        """Return on how many days all are sent to at least; ``None`` where there are no hours."""
        if not self.hours:
            return None
        people = sum(number for number, hours in self.groups if hours)
        needs = [(people, self.hours), *self.groups]
        return max(
            1, *(math.ceil(number / rate / (hours * _HOUR)) for number, hours in needs if hours)
        )

    def sentence(self) -> str | None:
        """Say who waits and how long; ``None`` where nobody does."""
        if self.until is None:
            return None
        until = f"until {self.until:%Y-%m-%d %H:%M %Z}".strip()
        if self.waiting == 1:
            return f"1 of them has quiet hours now, {until}."
        return f"{self.waiting:,} of them have quiet hours now, the last ones {until}."

    @property
    def least(self) -> float:
        """The hours a day in which whoever has the fewest may be messaged."""
        return min((hours for _, hours in self.groups), default=0.0)

    def room(self) -> str:
        """Say how many hours a day each person has."""
        same = len({hours for _, hours in self.groups}) <= 1
        return f"{'' if same else 'at least '}{self.least:.3g} h a day"

    def warnings(self) -> list[str]:
        """Say for how many quiet hours and schedule together leave no time."""
        if not self.never:
            return []
        who = "1 person" if self.never == 1 else f"{self.never:,} people"
        told = f"{who} can never be reached {self.window}, the hours of `schedule`: "
        return [f"{told}it is quiet where they are. Change `schedule` or `quiet_hours`."]

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain data, for machines."""
        return {
            "waiting": self.waiting,
            "until": None if self.until is None else self.until.isoformat(timespec="seconds"),
            "hours_a_day": round(self.least, 1),
            "never": self.never,
        }


@dataclass(frozen=True, slots=True)
class _Anybody:
    """Somebody in these zones and this country: nothing else matters to the hours."""

    zones: str | None
    region: str | None
    identity: str = ""
    address: str = ""
    last_inbound: int | None = None
    initiated: bool | None = None


def awake(
    rows: pl.LazyFrame, rules: Sequence[MomentRule], now: datetime, hours: Hours
) -> Awake | None:
    """Return what quiet hours leave of the day, and of a schedule; ``None`` where none hold."""
    rule = next((rule for rule in rules if isinstance(rule, OutsideQuietHours)), None)
    if rule is None:
        return None
    people = rows.group_by("zones", "region").len().sort("zones", "region", nulls_last=True)
    groups: Mapping[_Anybody, int] = {
        _Anybody(zones, region): number
        for zones, region, number in people.collect(engine="streaming").iter_rows()
    }
    held = ((who, rule.objection(who, now.timestamp())) for who in groups)
    untils = {who: hold.until for who, hold in held if hold and hold.reason == "quiet_hours"}
    # The middle of every hour from now on, hour by hour for all of them: the rule keeps a minute.
    first = math.floor(now.timestamp() / _HOUR) * _HOUR + _HOUR / 2
    open_hours, any_open = dict.fromkeys(groups, 0), 0
    for moment in (first + place * _HOUR for place in range(_WEEK)):
        is_open = [who for who in groups if rule.objection(who, moment) is None]
        any_open += bool(is_open)
        for who in is_open:
            open_hours[who] += 1
    last = max(untils.values(), default=None)
    never = sum(groups[who] for who in _shut_out(groups, rule, hours, now))
    return Awake(
        sum(groups[who] for who in untils),
        None if last is None else datetime.fromtimestamp(last, now.tzinfo),
        any_open / _DAYS,
        [(number, open_hours[who] / _DAYS) for who, number in groups.items()],
        never,
        hours.window(now) if never else "",
    )


def _shut_out(
    groups: Collection[_Anybody], rule: OutsideQuietHours, hours: Hours, now: datetime
) -> set[_Anybody]:
    """Return those who are never outside their quiet hours while the schedule lets them be sent to.

    A week is looked at, a few minutes at a time. A schedule without a deadline bounds nothing.
    """
    left = set(groups)
    day = hours.day(now)
    if day.deadline is None or (day.reopens is None and now >= day.deadline):
        return set()
    begins = max(now, day.opens or now) if day.reopens is None else day.opens or now
    for place in range(_WEEK * _HOUR // _STEP):
        at = begins + timedelta(seconds=(place + 0.5) * _STEP)
        if day.reopens is not None and at >= day.reopens:
            day = hours.day(at)
        if day.deadline is not None and at < day.deadline:
            left = {who for who in left if rule.objection(who, at.timestamp()) is not None}
        if not left:
            break
    return left
