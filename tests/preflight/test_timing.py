"""How long it takes: the rate, the hours, and what is added to them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time
from pathlib import Path

import pytest

from campaign.definition.limits import Schedule
from campaign.preflight.timing import Days, Timing, Wait, days_of
from campaign.schedule import Hours
from tests.plan.planned import SMS
from tests.preflight.checked import checked, people

NOW = datetime(2026, 11, 21, 15, tzinfo=UTC)
HOUR = 3600


def hours(start: int | datetime | None, deadline: int | datetime | None) -> Hours:
    given = [time(at) if isinstance(at, int) else at for at in (start, deadline)]
    return Hours(Schedule(start=given[0], deadline=given[1], timezone="Europe/Berlin"))


@pytest.mark.parametrize(
    ("seconds", "days"),
    [(0, 1), (1, 1), (9 * HOUR, 1), (9 * HOUR + 1, 2), (30 * HOUR, 4), (9000 * HOUR, 1000)],
)
def test_a_deadline_spreads_sending_over_days(seconds: float, days: int) -> None:
    assert days_of(hours(9, 18), seconds, NOW) == (days, 0)


def test_a_check_says_the_same_at_any_hour() -> None:
    found = {
        days_of(hours(9, 18), 20 * HOUR, NOW.replace(hour=hour)) for hour in (0, 8, 12, 18, 23)
    }
    assert found == {(3, 0)}


def test_hours_that_cross_midnight_are_one_day() -> None:
    assert days_of(hours(22, 6), 16 * HOUR, NOW) == (2, 0)


def test_without_a_deadline_a_run_goes_on_until_it_is_done() -> None:
    assert days_of(Hours(None), 10**9, NOW) == (1, 0)
    assert days_of(hours(9, None), 10**9, NOW) == (1, 0)


def test_a_moment_that_is_the_end_leaves_over_what_does_not_fit() -> None:
    end = datetime(2026, 11, 21, 17, tzinfo=UTC)
    assert days_of(hours(None, end), 2 * HOUR, NOW) == (1, 0)
    assert days_of(hours(None, end), 3 * HOUR, NOW) == (1, HOUR)
    begin = datetime(2026, 11, 21, 16, tzinfo=UTC)
    assert days_of(hours(begin, end), 3 * HOUR, NOW) == (1, 2 * HOUR)
    assert days_of(hours(None, end), HOUR, NOW.replace(hour=20)) == (1, HOUR)


SCHEDULE = 'schedule: {start: "09:00", deadline: "10:30", timezone: Europe/Berlin}\n'
LIVE = SMS.replace("sandbox: true", "api_key: '${KEY}'")


def test_a_rate_and_a_schedule_are_told_together(tmp_path: Path) -> None:
    four = people("Ana", "Bo", "Cem", "Ida")
    found = checked(tmp_path, *four, definition=LIVE, more="rate: 2/h\n" + SCHEDULE)
    assert found.seconds == 2 * HOUR
    assert found.timing.days == [Days("in the hours of `schedule`", 2)]
    assert "It takes about 2 h at 0.0333/min, and 2 days in the hours" in found.headline


def test_a_rehearsal_may_be_sent_at_any_hour_and_so_takes_no_days(tmp_path: Path) -> None:
    found = checked(tmp_path, *people("Ana"), more="rate: 1/d\n" + SCHEDULE)
    assert found.timing.days == []


def test_who_does_not_fit_before_the_deadline_is_warned_of(tmp_path: Path) -> None:
    past = "schedule: {deadline: 2020-03-10T12:00:00Z}\nrate: 2/s\n"
    found = checked(tmp_path, *people("Ana", "Bo", "Cem"), definition=LIVE, more=past)
    assert found.timing.left == 3
    assert any("too short for 3 people" in warning for warning in found.warnings)


def test_waits_and_days_are_part_of_the_sentence_and_of_the_total(tmp_path: Path) -> None:
    found = checked(tmp_path, *people("Ana"))
    length = Timing(
        people=50_000,
        rate=80,
        waits=[Wait("between the steps of `ramp`", 1800)],
        days=[Days("in the hours of `schedule`", 1), Days("at tier 10,000", 5)],
    )
    assert replace(found, timing=length).headline.endswith(
        "It takes about 40 min 25 s at 80/s, of which 30 min between the steps of `ramp`, "
        "and 5 days at tier 10,000."
    )
    assert length.as_dict()["total_seconds"] == 2425
    assert length.as_dict()["seconds"] == 625
