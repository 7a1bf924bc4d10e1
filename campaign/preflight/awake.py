"""What quiet hours leave of the day, for the people of a list.

Invariant: it is asked of the rule itself, for everybody who shares time zones and country at once.
Hours are counted over a whole week, so that a quiet Sunday is in them, whatever the day.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import polars as pl

from campaign.rules.moment import MomentRule
from campaign.rules.quiet_hours import OutsideQuietHours

_HOUR = 3600
_WEEK = 7 * 24
_DAYS = 7


@dataclass(frozen=True, slots=True)
class Awake:
    """``waiting`` people whose quiet hours it is now, the last of them ``until`` a moment.

    ``hours`` in which somebody may be messaged, in a day of a common week. ``groups`` are how many
    people have so many hours each.
    """

    waiting: int
    until: datetime | None
    hours: float
    groups: Sequence[tuple[int, float]]

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

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain data, for machines."""
        return {
            "waiting": self.waiting,
            "until": None if self.until is None else self.until.isoformat(timespec="seconds"),
            "hours_a_day": round(self.hours, 1),
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


def awake(rows: pl.LazyFrame, rules: Sequence[MomentRule], now: datetime) -> Awake | None:
    """Return what quiet hours leave of the day; ``None`` where none hold."""
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
    return Awake(
        sum(groups[who] for who in untils),
        None if last is None else datetime.fromtimestamp(last, now.tzinfo),
        any_open / _DAYS,
        [(number, open_hours[who] / _DAYS) for who, number in groups.items()],
    )
