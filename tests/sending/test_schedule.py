"""The hours of a campaign, as tables to read."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from campaign.definition.limits import Schedule
from campaign.schedule import Hours

BERLIN = "Europe/Berlin"


def hours(zone: str | None = BERLIN, **times: Any) -> Hours:
    return Hours(Schedule(**times, timezone=zone))


def berlin(text: str, fold: int = 0) -> datetime:
    """Return a moment by the clock in Berlin."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(BERLIN), fold=fold)


DAY = {"start": "09:00", "not_after": "12:00", "deadline": "18:00"}
NIGHT = {"start": "22:00", "not_after": "02:00", "deadline": "06:00"}


@pytest.mark.parametrize(
    ("times", "now", "begins"),
    [
        (DAY, "08:59", False),
        (DAY, "09:00", True),
        (DAY, "12:00", True),
        (DAY, "12:01", False),
        (DAY, "19:00", False),
        (DAY, "00:30", False),
        (NIGHT, "21:59", False),
        (NIGHT, "22:00", True),
        (NIGHT, "00:00", True),
        (NIGHT, "02:00", True),
        (NIGHT, "02:01", False),
        (NIGHT, "07:00", False),
        ({"start": "09:00"}, "08:00", False),
        ({"start": "09:00"}, "23:59", True),
        ({"start": "09:00"}, "00:30", False),
        ({"not_after": "12:00"}, "00:00", True),
        ({"not_after": "12:00"}, "12:01", False),
        ({"start": "09:00", "deadline": "18:00"}, "08:00", False),
        ({"start": "09:00", "deadline": "18:00"}, "17:59", True),
        ({"start": "22:00", "deadline": "06:00"}, "01:00", True),
        ({"start": "22:00", "deadline": "06:00"}, "07:00", False),
        ({"start": "09:00", "not_after": "00:00"}, "23:00", True),
        ({}, "03:00", True),
    ],
)
def test_when_sending_may_begin(times: dict[str, str], now: str, *, begins: bool) -> None:
    found = hours(**times).refusal(berlin(f"2026-03-10 {now}"))
    assert (found is None) == begins


@pytest.mark.parametrize(
    ("times", "now", "deadline"),
    [
        (DAY, "2026-03-10 09:30", "2026-03-10 18:00"),
        (NIGHT, "2026-03-10 23:00", "2026-03-11 06:00"),
        (NIGHT, "2026-03-11 01:00", "2026-03-11 06:00"),
        ({"deadline": "18:00"}, "2026-03-10 09:30", "2026-03-10 18:00"),
        ({"deadline": "18:00"}, "2026-03-10 19:30", "2026-03-10 18:00"),
        ({"start": "09:00"}, "2026-03-10 09:30", None),
    ],
)
def test_the_deadline_is_that_of_the_day_in_which_a_run_begins(
    times: dict[str, str], now: str, deadline: str | None
) -> None:
    expected = None if deadline is None else berlin(deadline)
    assert hours(**times).deadline(berlin(now)) == expected


@pytest.mark.parametrize(
    ("times", "now", "key", "why"),
    [
        (
            DAY,
            "2026-03-10 08:15",
            "start",
            (
                "it is 2026-03-10 08:15 CET (Europe/Berlin), and this campaign may only be sent "
                "from 09:00 to 12:00; next on 2026-03-10 09:00 CET"
            ),
        ),
        (
            DAY,
            "2026-03-28 19:00",
            "not_after",
            (
                "it is 2026-03-28 19:00 CET (Europe/Berlin), and this campaign may only be sent "
                "from 09:00 to 12:00; next on 2026-03-29 09:00 CEST"
            ),
        ),
        (
            {"start": "09:00"},
            "2026-03-10 08:15",
            "start",
            (
                "it is 2026-03-10 08:15 CET (Europe/Berlin), and this campaign may only be sent "
                "from 09:00 to midnight; next on 2026-03-10 09:00 CET"
            ),
        ),
        (
            {"start": "2026-04-01T09:00:00+02:00"},
            "2026-03-10 08:15",
            "start",
            (
                "it is 2026-03-10 08:15 CET (Europe/Berlin), and this campaign may be sent from "
                "2026-04-01 09:00 CEST on"
            ),
        ),
        (
            {"not_after": "2026-03-01T12:00:00Z"},
            "2026-03-10 08:15",
            "not_after",
            (
                "it is 2026-03-10 08:15 CET (Europe/Berlin), and sending may not begin after "
                "2026-03-01 13:00 CET"
            ),
        ),
    ],
)
def test_a_refusal_says_what_time_it_is_and_when_it_may_be(
    times: dict[str, str], now: str, key: str, why: str
) -> None:
    found = hours(**times).refusal(berlin(now))
    assert found is not None
    assert (found.key, found.why) == (key, why)


@pytest.mark.parametrize(
    ("now", "begins"),
    [
        ("2026-04-01T06:59:59Z", False),
        ("2026-04-01T07:00:00Z", True),
        ("2026-04-03T10:00:00Z", True),
        ("2026-04-03T10:00:01Z", False),
    ],
)
def test_moments_with_an_offset_need_no_zone_and_no_day(now: str, *, begins: bool) -> None:
    once = hours(
        None,
        start="2026-04-01T09:00:00+02:00",
        not_after="2026-04-03T10:00:00Z",
        deadline="2026-04-04T10:00:00Z",
    )
    moment = datetime.fromisoformat(now)
    assert (once.refusal(moment) is None) == begins
    assert once.deadline(moment) == datetime(2026, 4, 4, 10, tzinfo=UTC)
    assert once.named_at(moment) == moment


@pytest.mark.parametrize(
    ("times", "now", "name"),
    [
        (NIGHT, "2026-03-10 23:30", "2026-03-10T23"),
        (NIGHT, "2026-03-11 00:30", "2026-03-10T00"),
        (NIGHT, "2026-03-11 05:59", "2026-03-10T05"),
        (NIGHT, "2026-03-11 07:00", "2026-03-11T07"),
        (DAY, "2026-03-11 08:00", "2026-03-11T08"),
        (DAY, "2026-03-11 19:00", "2026-03-11T19"),
        ({}, "2026-03-11 00:30", "2026-03-11T00"),
    ],
)
def test_past_midnight_a_night_still_has_the_name_of_the_day_on_which_it_began(
    times: dict[str, str], now: str, name: str
) -> None:
    elsewhere = berlin(now).astimezone(ZoneInfo("America/New_York"))
    assert hours(**times).named_at(elsewhere).strftime("%Y-%m-%dT%H") == name


# Changes of the clocks: 2026-03-29 02:00 becomes 03:00, 2026-10-25 03:00 becomes 02:00.


@pytest.mark.parametrize(
    ("times", "now", "begins"),
    [
        # 02:30 does not exist: it is the moment of the change.
        ({"start": "02:30", "not_after": "03:15"}, "2026-03-29T00:59:59Z", False),
        ({"start": "02:30", "not_after": "03:15"}, "2026-03-29T01:00:00Z", True),
        ({"start": "02:30", "not_after": "03:15"}, "2026-03-29T01:15:00Z", True),
        ({"start": "02:30", "not_after": "03:15"}, "2026-03-29T01:16:00Z", False),
        ({"start": "01:00", "not_after": "02:30"}, "2026-03-29T01:00:00Z", True),
        ({"start": "01:00", "not_after": "02:30"}, "2026-03-29T01:00:01Z", False),
        # 02:30 comes twice: it is the first.
        ({"start": "02:30", "not_after": "04:00"}, "2026-10-25T00:29:59Z", False),
        ({"start": "02:30", "not_after": "04:00"}, "2026-10-25T00:30:00Z", True),
        ({"start": "02:30", "not_after": "04:00"}, "2026-10-25T01:10:00Z", True),
        ({"start": "02:30", "not_after": "04:00"}, "2026-10-25T03:00:01Z", False),
        ({"start": "01:00", "not_after": "02:30"}, "2026-10-25T00:30:00Z", True),
        ({"start": "01:00", "not_after": "02:30"}, "2026-10-25T01:29:00Z", False),
    ],
)
def test_hours_on_the_nights_in_which_the_clocks_change(
    times: dict[str, str], now: str, *, begins: bool
) -> None:
    found = hours(**times).refusal(datetime.fromisoformat(now))
    assert (found is None) == begins


@pytest.mark.parametrize(
    ("on", "deadline"), [("2026-03-29", "01:00"), ("2026-10-25", "00:30"), ("2026-06-01", "00:30")]
)
def test_a_deadline_in_the_hour_that_changes_is_a_moment_all_the_same(
    on: str, deadline: str
) -> None:
    found = hours(deadline="02:30").deadline(berlin(f"{on} 00:10"))
    assert found == datetime.fromisoformat(f"{on}T{deadline}:00Z")
