"""How long it takes: the rate, the hours, and what is added to them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import polars as pl
import pytest

from campaign.channel import Channel
from campaign.definition.limits import Schedule
from campaign.definition.quiet import spans
from campaign.job import Job
from campaign.preflight.awake import Awake, awake
from campaign.preflight.left import still_to_send
from campaign.preflight.timing import Days, Timing, Wait, days_of, timing
from campaign.rules.local_hours import QuietCalendar
from campaign.rules.quiet_hours import OutsideQuietHours
from campaign.sandbox import SandboxServer
from campaign.schedule import Hours
from tests.plan.planned import HEADER, LIST, SMS, plan_of, write
from tests.preflight.checked import checked, people
from tests.run.several import one

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
    assert days_of(hours(9, 18), [(seconds, 0)], NOW) == (days, 0)


def test_a_check_says_the_same_at_any_hour() -> None:
    found = {
        days_of(hours(9, 18), [(20 * HOUR, 0)], NOW.replace(hour=hour))
        for hour in (0, 8, 12, 18, 23)
    }
    assert found == {(3, 0)}


def test_a_wait_goes_by_outside_the_hours_too() -> None:
    # Ten minutes, a day's wait, ten minutes: on the second day, though a day has nine hours.
    assert days_of(hours(9, 18), [(600, 24 * HOUR), (600, 0)], NOW) == (2, 0)
    assert days_of(hours(9, 18), [(600, 72 * HOUR), (600, 0)], NOW) == (4, 0)
    assert days_of(hours(9, 18), [(600, 2 * HOUR), (600, 0)], NOW) == (1, 0)
    # The wait of the evening is over in the morning, and takes nothing of the next day.
    assert days_of(hours(9, 18), [(9 * HOUR, 12 * HOUR), (9 * HOUR, 0)], NOW) == (2, 0)


def test_a_wait_takes_time_from_a_moment_that_is_the_end() -> None:
    end = datetime(2026, 11, 21, 17, tzinfo=UTC)
    assert days_of(hours(None, end), [(HOUR, HOUR), (HOUR, 0)], NOW) == (1, HOUR)


def test_the_waits_of_a_ramp_take_no_hours_of_the_schedule(tmp_path: Path) -> None:
    more = "rate: 1/min\nramp: {steps: [{send: 2, wait: 24h}]}\n" + SCHEDULE
    found = checked(tmp_path, *people(*"abc"), definition=LIVE, more=more).timing
    assert found.days == [Days("in the hours of `schedule`", 2)]
    assert found.waits == [Wait("between the steps of `ramp`", 24 * HOUR)]


def test_hours_that_cross_midnight_are_one_day() -> None:
    assert days_of(hours(22, 6), [(16 * HOUR, 0)], NOW) == (2, 0)


def test_without_a_deadline_a_run_goes_on_until_it_is_done() -> None:
    assert days_of(Hours(None), [(10**9, 0)], NOW) == (1, 0)
    assert days_of(hours(9, None), [(10**9, 0)], NOW) == (1, 0)


def test_a_moment_that_is_the_end_leaves_over_what_does_not_fit() -> None:
    end = datetime(2026, 11, 21, 17, tzinfo=UTC)
    assert days_of(hours(None, end), [(2 * HOUR, 0)], NOW) == (1, 0)
    assert days_of(hours(None, end), [(3 * HOUR, 0)], NOW) == (1, HOUR)
    begin = datetime(2026, 11, 21, 16, tzinfo=UTC)
    assert days_of(hours(begin, end), [(3 * HOUR, 0)], NOW) == (1, 2 * HOUR)
    assert days_of(hours(None, end), [(HOUR, 0)], NOW.replace(hour=20)) == (1, HOUR)


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
    soon = datetime.now(UTC) + timedelta(minutes=90)
    more = f"schedule: {{deadline: {soon:%Y-%m-%dT%H:%M:%SZ}}}\nrate: 1/h\n"
    found = checked(tmp_path, *people("Ana", "Bo", "Cem"), definition=LIVE, more=more)
    assert found.timing.left == 2
    assert any("too short for 2 people" in warning for warning in found.warnings)


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


RAMP = "ramp: {steps: [{send: 2, wait: 30m}, {send: 1, wait: 10m}]}\n"


@pytest.mark.parametrize(("number", "waits"), [(2, 0), (3, 1800), (4, 2400), (9, 2400)])
def test_a_ramp_waits_only_where_somebody_comes_after_it(
    tmp_path: Path, number: int, waits: float
) -> None:
    found = checked(tmp_path, *people(*"abcdefghi"[:number]), definition=LIVE, more=RAMP).timing
    assert sum(wait.seconds for wait in found.waits) == waits
    assert found.total == found.seconds + waits


def test_a_rehearsal_does_not_wait_for_the_ramp(tmp_path: Path) -> None:
    assert checked(tmp_path, *people(*"abcd"), more=RAMP).timing.waits == []


def test_of_a_ramp_that_has_begun_what_is_left_of_it_counts(tmp_path: Path) -> None:
    more = "ramp: {steps: [{send: 2, wait: 1ms}, {send: 2, wait: 30m}]}\n"
    with SandboxServer() as server:
        spring = one(tmp_path, server, "spring", range(6), more)
        spring.run(limit=2)
        (wait,) = spring.plan().timing.waits
    assert wait == Wait("between the steps of `ramp`", 1800)


def test_a_tier_takes_days_and_counts_whom_others_messaged_today(tmp_path: Path) -> None:
    tier = "rate: {limit: 100000/s, concurrency: 16, tier: 4}\n"
    with SandboxServer() as server:
        chat = Channel.WHATSAPP
        found = one(tmp_path, server, "summer", range(8), channel=chat, rate=tier).plan()
        assert found.timing.days == [
            Days("at tier 4", 2, "8 people at tier 4 = 2 days"),
        ]
        one(tmp_path, server, "spring", range(6, 10), channel=chat).run()
        found = one(tmp_path, server, "summer", range(8), channel=chat, rate=tier).plan()
    # Two of the four are on this list too, and may be messaged again today.
    why = "10 people at tier 4 = 3 days, with the 4 who were messaged in the last 24 hours"
    assert found.timing.days == [Days("at tier 4", 3, why)]
    assert "and 3 days at tier 4." in found.headline


NIGHT = OutsideQuietHours(QuietCalendar([spans("21:00-08:00")] * 7))
BERLIN = ZoneInfo("Europe/Berlin")
ABROAD = "+12125550110"
ANY_TIME = Hours(None)


def of_quiet_hours(
    folder: Path, rule: OutsideQuietHours, now: datetime, schedule: Hours = ANY_TIME
) -> Awake:
    quiet = 'quiet_hours: "21:00-08:00"\n'
    rows = [*people("Ana", "Bo", "Cem"), (ABROAD, "Ida")]
    plan = plan_of(folder, SMS + LIST + quiet, HEADER, *rows)
    found = awake(still_to_send(plan, None), [rule], now, schedule)
    assert found is not None
    return found


def test_quiet_hours_say_how_many_wait_and_until_when_the_last_ones(tmp_path: Path) -> None:
    found = of_quiet_hours(tmp_path, NIGHT, datetime(2026, 3, 10, 7, 30, tzinfo=BERLIN))
    # Half past two in New York, where they may be messaged from eight on: 13:00 in Berlin.
    assert (found.waiting, found.until) == (4, datetime(2026, 3, 10, 13, tzinfo=BERLIN))
    assert found.sentence() == (
        "4 of them have quiet hours now, the last ones until 2026-03-10 13:00 CET."
    )
    noon = of_quiet_hours(tmp_path, NIGHT, datetime(2026, 3, 10, 12, tzinfo=BERLIN))
    assert noon.sentence() == "1 of them has quiet hours now, until 2026-03-10 13:00 CET."
    evening = of_quiet_hours(tmp_path, NIGHT, datetime(2026, 3, 10, 18, tzinfo=BERLIN))
    assert (evening.waiting, evening.sentence()) == (0, None)


def test_quiet_hours_leave_so_many_hours_a_day_and_take_days(tmp_path: Path) -> None:
    now = datetime(2026, 3, 10, 7, 30, tzinfo=BERLIN)
    found = of_quiet_hours(tmp_path, NIGHT, now)
    # From 8 in Berlin to 21 in New York, five hours later that week; 13 h for each of them.
    assert (found.hours, found.groups) == (18, [(1, 13), (3, 13)])
    assert found.days(rate=1.0) == 1
    assert found.days(rate=3 / (20 * HOUR)) == 2  # the three in Berlin alone need 20 hours
    assert found.days(rate=4 / (40 * HOUR)) == 3


def test_the_hours_are_told_of_whoever_has_the_fewest(tmp_path: Path) -> None:
    found = of_quiet_hours(tmp_path, NIGHT, NOW)
    assert found.room() == "13 h a day"  # not the 19 from morning in Berlin to night in New York
    assert replace(found, groups=[(3, 13.0), (1, 9.5)]).room() == "at least 9.5 h a day"


def test_whom_schedule_and_quiet_hours_leave_no_time_is_warned_of(tmp_path: Path) -> None:
    noon = datetime(2026, 3, 12, 12, tzinfo=BERLIN)
    # Nine to ten in Berlin is the middle of the night in New York, in that week too.
    (told,) = of_quiet_hours(tmp_path, NIGHT, noon, hours(9, 10)).warnings()
    assert told == (
        "1 person can never be reached between 09:00 and 10:00 Europe/Berlin, the hours of "
        "`schedule`: it is quiet where they are. Change `schedule` or `quiet_hours`."
    )
    assert of_quiet_hours(tmp_path, NIGHT, noon, hours(9, 14)).warnings() == []
    assert of_quiet_hours(tmp_path, NIGHT, noon, hours(22, 6)).never == 3
    assert of_quiet_hours(tmp_path, NIGHT, noon, hours(9, None)).warnings() == []


def test_moments_that_leave_somebody_no_time_are_warned_of(tmp_path: Path) -> None:
    begin, end = (datetime(2026, 3, 12, hour, tzinfo=BERLIN) for hour in (9, 10))
    early = datetime(2026, 3, 1, tzinfo=BERLIN)
    (told,) = of_quiet_hours(tmp_path, NIGHT, early, hours(begin, end)).warnings()
    assert told.startswith("1 person can never be reached between 2026-03-12 09:00 CET and")


def test_a_check_warns_of_people_without_any_time(tmp_path: Path) -> None:
    more = SCHEDULE + 'quiet_hours: "08:00-12:00"\n'
    found = checked(tmp_path, *people("Ana", "Bo"), definition=LIVE, more=more)
    assert any("2 people can never be reached between 09:00" in one for one in found.warnings)


def test_a_quiet_sunday_is_in_the_hours_on_any_day(tmp_path: Path) -> None:
    week = [spans("21:00-08:00")] * 6 + [spans("all day")]
    rule = OutsideQuietHours(QuietCalendar(week))
    found = {
        of_quiet_hours(tmp_path, rule, datetime(2026, 3, day, 10, tzinfo=BERLIN)).groups[1]
        for day in range(9, 16)
    }
    assert found == {(3, 6 * 13 / 7)}


def test_quiet_hours_are_told_where_the_run_keeps_them(tmp_path: Path) -> None:
    quiet = 'quiet_hours: "21:00-08:00"\nrate: 1/h\n'
    job = Job.load(write(tmp_path, LIVE + LIST + quiet, HEADER, *people(*"abcdefghijklmn")))
    plan = plan_of(tmp_path, LIVE + LIST + quiet, HEADER, *people(*"abcdefghijklmn"))
    rules = job.moment_rules(pl.Series("identity", [], dtype=pl.String))
    found = timing(job, still_to_send(plan, None), rules, None, NOW)
    assert found.days == [Days("outside the quiet hours", 2)]
    assert found.as_dict()["quiet_hours"]["hours_a_day"] == 13


@pytest.mark.parametrize(
    ("caps", "rate", "waits", "days"),
    [
        ("[1/min]", "100/s", [("for the cap of 1/min", 2 * (60 - 0.01))], []),
        ("[1/min, 1/h]", "1/s", [("for the cap of 1/h", 2 * (3600 - 1))], []),
        ("[2/h]", "1/s", [("for the cap of 2/h", 3600 - 2)], []),
        ("[2/min]", "1/min", [], []),
        ("[3/min]", "1/s", [], []),
        ("[2/d]", "1/s", [], [("at 2/d", 2)]),
    ],
)
def test_a_cap_of_the_account_is_in_the_time(
    tmp_path: Path,
    caps: str,
    rate: str,
    waits: list[tuple[str, float]],
    days: list[tuple[str, int]],
) -> None:
    more = f"rate: {{limit: {rate}, at_most: {caps}}}\n"
    found = checked(tmp_path, *people("Ana", "Bo", "Cem"), more=more).timing
    assert [(wait.what, wait.seconds) for wait in found.waits] == [
        (what, pytest.approx(seconds)) for what, seconds in waits
    ]
    assert [(one.what, one.days) for one in found.days] == days
