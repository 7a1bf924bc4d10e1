"""When a campaign may be sent: its day, the hours to begin in, and the deadline.

Invariant: every moment lies in exactly one day of the campaign, whatever the clocks do. A time of
day that a change of the clocks skips is the moment of the change; one that comes twice is the
first of the two. So an earlier time of day never becomes a later moment than a later one.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from campaign.definition.limits import MIDNIGHT, Schedule

_ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Day:
    """One day of a campaign, in UTC; ``None`` where nothing sets a bound.

    ``opens`` and ``closes`` are the first and the last moment at which sending may begin, ``date``
    is the calendar's at ``opens``, and ``reopens`` is when the next day does.
    """

    date: date
    opens: datetime | None
    closes: datetime | None
    deadline: datetime | None
    reopens: datetime | None


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why sending may not begin now: the key of the schedule that says so, and a sentence."""

    key: str
    why: str
    hint: str


class Hours:
    """The schedule of a definition, asked at a moment; without one, any time is right."""

    def __init__(self, schedule: Schedule | None) -> None:
        self._schedule = schedule or Schedule()
        self._zone = ZoneInfo(self._schedule.timezone) if self._schedule.timezone else None
        given = (self._schedule.start, self._schedule.not_after, self._schedule.deadline)
        self._moments = any(isinstance(at, datetime) for at in given)
        self._given = any(at is not None for at in given)

    def day(self, now: datetime) -> Day:
        """Return the campaign's day at a moment: it begins at ``start``."""
        schedule, today = self._schedule, self._local(now).date()
        if self._moments:
            opens, closes, deadline = (
                at.astimezone(UTC) if isinstance(at, datetime) else None
                for at in (schedule.start, schedule.not_after, schedule.deadline)
            )
            return Day(today, opens, closes, deadline, None)
        days = (self._beginning(on) for on in (today, today - _ONE_DAY))
        return next(day for day in days if day.opens is not None and day.opens <= now)

    def named_at(self, at: datetime) -> datetime:
        """Return the time after which a run that starts at ``at`` is named.

        Past midnight, hours that cross it still belong to the date on which they began.
        """
        if self._schedule.timezone is not None:
            at = self._local(at)
        if not self._given or self._moments:
            return at
        day = self.day(at)
        ends = max(filter(None, (day.closes, day.deadline)))
        if at > ends:
            return at
        return at.replace(year=day.date.year, month=day.date.month, day=day.date.day)

    def refusal(self, now: datetime) -> Refusal | None:
        """Return why sending may not begin at a moment, or ``None`` where it may."""
        day = self.day(now)
        if day.opens is not None and now < day.opens:
            return Refusal(
                "start",
                f"{self._it_is(now)}, and this campaign may be sent from {self.told(day.opens)} on",
                "run it then, or change `schedule.start`",
            )
        if day.closes is None or now <= day.closes:
            return None
        if day.reopens is None:
            return Refusal(
                "not_after",
                f"{self._it_is(now)}, and sending may not begin after {self.told(day.closes)}",
                "give `schedule.not_after` a new time",
            )
        early = self._local(now).date() == self._local(day.reopens).date()
        return Refusal(
            "start" if early else "not_after",
            f"{self._it_is(now)}, and this campaign may only be sent from {self._from()} to "
            f"{self._to(day.closes)}; next on {self.told(day.reopens)}",
            "run it then, or change `schedule`",
        )

    def deadline(self, now: datetime) -> datetime | None:
        """Return the moment from which on a run that begins now sends to nobody any more."""
        return self.day(now).deadline

    def window(self, now: datetime) -> str:
        """Return the hours of the day at a moment, in words; it has a deadline."""
        day = self.day(now)
        ends = day.deadline or now
        if self._moments:
            begins = "now" if day.opens is None else self.told(day.opens)
            return f"between {begins} and {self.told(ends)}"
        zone = self._schedule.timezone or "in this machine's time zone"
        return f"between {self._from()} and {self._local(ends):%H:%M} {zone}"

    def too_late(self, deadline: datetime) -> str:
        """Return the sentence for a deadline that has passed."""
        return (
            f"`schedule.deadline` has passed ({self.told(deadline)}); who was not sent to stays "
            "pending"
        )

    def _beginning(self, on: date) -> Day:
        """Return the day of the campaign that begins on a date."""
        schedule = self._schedule
        start = _clock(schedule.start) or MIDNIGHT
        deadline, closes = (
            None if at is None else self._moment(on if at > start else on + _ONE_DAY, at)
            for at in (_clock(schedule.deadline), _clock(schedule.not_after))
        )
        if closes is None:
            midnight = self._moment(on + _ONE_DAY, MIDNIGHT)
            closes = max(midnight, deadline or midnight)
        reopens = self._moment(on + _ONE_DAY, start)
        return Day(on, self._moment(on, start), closes, deadline, reopens)

    def _local(self, moment: datetime) -> datetime:
        return moment.astimezone(self._zone)

    def _moment(self, on: date, at: time) -> datetime:
        wall = datetime.combine(on, at)
        first, second = (
            wall.replace(tzinfo=self._zone, fold=fold).astimezone(UTC) for fold in (0, 1)
        )
        if self._wall(first) == wall:
            return first
        # A time that is skipped: the two lie before and after the change, and which is which
        # differs between a named zone and the machine's.
        before, after = sorted((first, second))
        change = bisect_left(
            range(int((after - before).total_seconds())),
            True,
            key=lambda seconds: self._wall(before + timedelta(seconds=seconds)) >= wall,
        )
        return before + timedelta(seconds=change)

    def _wall(self, moment: datetime) -> datetime:
        return self._local(moment).replace(tzinfo=None, fold=0)

    def _it_is(self, now: datetime) -> str:
        zone = self._schedule.timezone or "this machine's time zone"
        return f"it is {self.told(now)} ({zone})"

    def told(self, moment: datetime) -> str:
        """Return a moment as it is written for people, in the zone of the schedule."""
        return f"{self._local(moment):%Y-%m-%d %H:%M %Z}"

    def _from(self) -> str:
        return f"{_clock(self._schedule.start) or MIDNIGHT:%H:%M}"

    def _to(self, closes: datetime) -> str:
        at = self._local(closes)
        return "midnight" if at.time() == MIDNIGHT else f"{at:%H:%M}"


def _clock(at: time | datetime | None) -> time | None:
    return at if isinstance(at, time) else None
