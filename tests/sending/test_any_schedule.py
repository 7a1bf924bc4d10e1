"""The hours of a campaign, searched: against a simple model, and over changes of the clocks."""

from __future__ import annotations

import os
import time as clocks
from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from pydantic import ValidationError

from campaign.schedule import Hours
from tests.sending.test_schedule import BERLIN, DAY, NIGHT, hours

# A simple model, without zones.

TIMES = st.builds(time, st.integers(0, 23), st.integers(0, 59))
MAYBE = st.none() | TIMES


def minutes(at: time, start: time) -> int:
    return ((at.hour - start.hour) * 60 + at.minute - start.minute) % 1440


def schedule(zone: str | None, *times: time | None) -> Hours:
    given = dict(zip(("start", "not_after", "deadline"), times, strict=True))
    try:
        return hours(zone, **given)
    except ValidationError:
        assume(False)
        raise


@given(MAYBE, MAYBE, MAYBE, TIMES)
def test_hours_are_those_of_a_clock_that_is_read_from_the_start_on(
    start: time | None, not_after: time | None, deadline: time | None, now: time
) -> None:
    found = schedule("UTC", start, not_after, deadline)
    begin = start or time(0)
    last = 1440 - minutes(begin, time(0))  # midnight
    if deadline is not None:
        last = max(last, minutes(deadline, begin))
    if not_after is not None:
        last = minutes(not_after, begin)
    moment = datetime(2026, 3, 10, now.hour, now.minute, tzinfo=UTC)
    since = minutes(now, begin)
    assert (found.refusal(moment) is None) == (since <= last)
    if deadline is not None:
        until = found.deadline(moment)
        assert until is not None
        assert (until - moment) == timedelta(minutes=minutes(deadline, begin) - since)


ZONES = ("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia", "Asia/Kolkata")
SWITCHES = (
    datetime(2026, 3, 29, 1, tzinfo=UTC),
    datetime(2026, 10, 25, 1, tzinfo=UTC),
    datetime(2026, 3, 8, 7, tzinfo=UTC),
    datetime(2026, 4, 4, 15, tzinfo=UTC),
    datetime(2011, 12, 30, 10, tzinfo=UTC),  # Samoa left out a whole day
)
MOMENTS = st.builds(
    lambda switch, seconds: switch + timedelta(seconds=seconds),
    st.sampled_from(SWITCHES),
    st.integers(-200_000, 200_000),
)


@given(st.sampled_from(ZONES), MAYBE, MAYBE, MAYBE, MOMENTS)
def test_every_moment_lies_in_one_day_whatever_the_clocks_do(
    zone: str, start: time | None, not_after: time | None, deadline: time | None, now: datetime
) -> None:
    found = schedule(zone, start, not_after, deadline)
    day = found.day(now)
    assert day.opens is not None
    assert day.closes is not None
    assert day.reopens is not None
    assert day.opens <= now < day.reopens
    assert day.opens <= day.closes
    assert day.deadline is None or day.opens <= day.closes <= max(day.deadline, day.closes)
    assert found.day(day.opens) == found.day(now)
    assert found.day(day.reopens).opens == day.reopens
    assert found.named_at(now) is not None
    refusal = found.refusal(now)
    assert (refusal is None) == (now <= day.closes)


@pytest.fixture
def _in_berlin(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    before = os.environ.get("TZ")
    monkeypatch.setenv("TZ", BERLIN)
    clocks.tzset()
    yield
    monkeypatch.undo()
    assert os.environ.get("TZ") == before
    clocks.tzset()


@pytest.mark.usefixtures("_in_berlin")
def test_without_a_time_zone_the_clock_is_the_machines() -> None:
    for times in (DAY, NIGHT, {"start": "02:30"}, {"deadline": "02:30"}):
        for switch in SWITCHES[:2]:
            for quarter in range(-100, 100):
                now = switch + timedelta(minutes=15 * quarter)
                assert hours(None, **times).day(now) == hours(BERLIN, **times).day(now)
