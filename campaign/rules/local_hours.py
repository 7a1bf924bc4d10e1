"""When it is quiet where somebody is: dates, weekdays, countries and the clocks of a time zone.

Invariant: what is quiet is judged by the clock on the wall, at that very instant, whatever a change
of the clocks does. An hour that comes twice is quiet twice, and one that is skipped is nobody's.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

Spans = tuple[tuple[int, int], ...]
"""The quiet parts of one date, in minutes since midnight; the end is not quiet any more."""

FARTHEST = timedelta(days=14).total_seconds()
"""Seconds ahead within which a moment that is not quiet is looked for."""

_ONE_DAY = timedelta(days=1)
_DAY_MINUTES = 24 * 60


@dataclass(frozen=True, slots=True)
class QuietCalendar:
    """What is quiet on a date, for the people of a country.

    ``week`` are the days from Monday. ``countries`` has the weeks of those countries that have
    their own, with ``None`` for a day on which they have not. ``holidays`` are quiet all day, those
    of ``None`` for everybody.
    """

    week: Sequence[Spans]
    countries: Mapping[str, Sequence[Spans | None]] = field(default_factory=dict)
    holidays: Mapping[str | None, frozenset[date]] = field(default_factory=dict)

    def on(self, day: date, country: str | None) -> Spans:
        """Return the quiet parts of a date."""
        for whose in (None, country):
            if day in self.holidays.get(whose, ()):
                return ((0, _DAY_MINUTES),)
        weekday = day.weekday()
        own = self.countries.get(country) if country is not None else None
        spans = own[weekday] if own is not None else None
        return self.week[weekday] if spans is None else spans

    def ends(self, at: float, zone: str, country: str | None) -> float | None:
        """Return when the quiet that holds at a moment ends in a zone; ``None`` where none does.

        Moments are seconds since 1970 UTC. Right after the end it may be quiet again: the next day
        is asked for itself.
        """
        clock = _zone(zone)
        local = datetime.fromtimestamp(at, clock)
        minute = local.hour * 60 + local.minute
        for begins, ends in self.on(local.date(), country):
            if begins <= minute < ends:
                return _after(at, local.date(), ends, clock)
        return None

    def next_open(
        self, at: float, zones: Sequence[str], country: str | None, lead: float
    ) -> float | None:
        """Return the first moment from ``at`` on that is quiet in none of the zones.

        Nor may it become quiet within ``lead`` seconds. ``None``: there is none in the next
        fourteen days.
        """
        moment = at
        while moment <= at + FARTHEST:
            later = [
                end
                for zone in zones
                for ahead in (0.0, lead)
                if (end := self.ends(moment + ahead, zone, country)) is not None
            ]
            if not later:
                return moment
            moment = max(later)
        return None


@cache
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def _after(at: float, day: date, minute: int, clock: ZoneInfo) -> float:
    """Return the first instant after ``at`` at which the wall clock has come to that minute."""
    if minute == _DAY_MINUTES:
        day, minute = day + _ONE_DAY, 0
    wall = datetime.combine(day, time(minute // 60, minute % 60))
    first, second = (wall.replace(tzinfo=clock, fold=fold).timestamp() for fold in (0, 1))
    if first <= second:  # once, or twice: the second of the two where the first is over
        return first if first > at else second
    # A minute that the clocks skip: the moment at which they are put forward.
    return second + bisect_left(
        range(int(first - second)),
        True,
        key=lambda ahead: (
            datetime.fromtimestamp(second + ahead, clock).replace(tzinfo=None) >= wall
        ),
    )
