"""Quiet hours: by the clock where the recipient is, in every zone in which they may be."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campaign.definition.quiet import spans
from campaign.rules.local_hours import FARTHEST, QuietCalendar
from campaign.rules.moment import Hold
from campaign.rules.quiet_hours import LEAD, OutsideQuietHours
from campaign.sending.leaving import OLDEST

NIGHT = QuietCalendar([spans("21:00-08:00")] * 7)
ZONES = (
    "America/New_York",
    "America/Los_Angeles",
    "Europe/Berlin",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",  # its clocks change by half an hour
    "Africa/Cairo",  # its clocks change at midnight
    "Pacific/Kiritimati",
)


@dataclass(frozen=True)
class Somebody:
    zones: str | None
    region: str | None = None
    identity: str = "i"
    address: str = "i"
    last_inbound: int | None = None


def at(text: str, zone: str = "Europe/Berlin", fold: int = 0) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold).timestamp()


def waits_until(
    calendar: QuietCalendar, zones: str | None, now: float, region: str | None = None
) -> float | None:
    """When somebody may be sent to who may not be now."""
    found = OutsideQuietHours(calendar).objection(Somebody(zones, region), now)
    assert found is None or (found.reason, found.until > now) == ("quiet_hours", True)
    return None if found is None else found.until


@pytest.mark.parametrize(
    ("now", "until"),
    [
        ("2026-03-10 08:00", None),
        ("2026-03-10 20:59", None),
        ("2026-03-10 21:00", "2026-03-11 08:00"),
        ("2026-03-10 23:59:59", "2026-03-11 08:00"),
        ("2026-03-10 00:00", "2026-03-10 08:00"),
        ("2026-03-10 07:59:59.9", "2026-03-10 08:00"),
    ],
)
def test_the_night_is_quiet_from_its_first_to_its_last_minute(now: str, until: str | None) -> None:
    expected = None if until is None else at(until)
    assert waits_until(NIGHT, "Europe/Berlin", at(now)) == expected


def test_nobody_is_let_go_so_late_that_the_message_could_leave_in_the_quiet_hours() -> None:
    nine = at("2026-03-10 21:00")
    assert waits_until(NIGHT, "Europe/Berlin", nine - LEAD - 0.001) is None
    assert waits_until(NIGHT, "Europe/Berlin", nine - LEAD) == at("2026-03-11 08:00")


def test_the_hours_begin_earlier_by_as_long_as_a_request_may_take_to_leave() -> None:
    assert LEAD >= OLDEST


def test_all_zones_of_a_number_must_be_outside_the_quiet_hours() -> None:
    both = "America/Los_Angeles,America/New_York"
    new_york_wakes = at("2026-03-10 08:00", "America/New_York")
    los_angeles_wakes = at("2026-03-10 08:00", "America/Los_Angeles")
    assert waits_until(NIGHT, both, new_york_wakes) == los_angeles_wakes
    assert waits_until(NIGHT, both, los_angeles_wakes) is None
    evening = at("2026-03-10 21:00", "America/New_York")
    assert waits_until(NIGHT, both, evening) == los_angeles_wakes + 24 * 3600


def test_every_date_is_judged_by_its_own_day_of_the_week() -> None:
    week = [spans("21:00-08:00")] * 5 + [spans("20:00-10:00"), spans("all day")]
    calendar = QuietCalendar(week)
    friday, saturday, monday = "2026-03-13", "2026-03-14", "2026-03-16"
    assert waits_until(calendar, "Europe/Berlin", at(f"{friday} 20:30")) is None
    assert waits_until(calendar, "Europe/Berlin", at(f"{friday} 21:30")) == at(f"{saturday} 10:00")
    assert waits_until(calendar, "Europe/Berlin", at(f"{saturday} 20:00")) == at(f"{monday} 08:00")


def test_a_holiday_is_quiet_all_day_for_the_country_that_has_it() -> None:
    holidays = {None: frozenset({date(2026, 12, 25)}), "FR": frozenset({date(2026, 7, 14)})}
    calendar = QuietCalendar(NIGHT.week, {}, holidays)
    for country in ("FR", "DE", None):
        christmas = at("2026-12-25 12:00")
        assert waits_until(calendar, "Europe/Berlin", christmas, country) == at("2026-12-26 08:00")
    bastille = at("2026-07-14 12:00")
    assert waits_until(calendar, "Europe/Paris", bastille, "FR") == at("2026-07-15 08:00")
    assert waits_until(calendar, "Europe/Paris", bastille, "DE") is None
    # It is already the 25th on Kiritimati.
    christmas_there = at("2026-12-25 09:00", "Pacific/Kiritimati")
    assert waits_until(calendar, "Pacific/Kiritimati", christmas_there) is not None
    assert waits_until(calendar, "America/New_York", christmas_there) is None


def test_a_country_with_hours_of_its_own_has_them_instead_of_the_general_ones() -> None:
    own = [spans("22:00-09:00"), *[None] * 5, spans("all day")]
    calendar = QuietCalendar(NIGHT.week, {"FR": own})
    monday, tuesday = "2026-03-16", "2026-03-17"
    assert waits_until(calendar, "Europe/Paris", at(f"{monday} 21:30"), "FR") is None
    assert waits_until(calendar, "Europe/Paris", at(f"{monday} 21:30"), "DE") is not None
    assert waits_until(calendar, "Europe/Paris", at(f"{tuesday} 21:30"), "FR") is not None
    sunday = at("2026-03-15 12:00")
    assert waits_until(calendar, "Europe/Paris", sunday, "FR") == at(f"{monday} 09:00")


def test_when_the_clocks_change_the_clock_on_the_wall_decides() -> None:
    early = QuietCalendar([spans("00:00-02:30")] * 7)
    zone = ZoneInfo("Europe/Berlin")
    # 2026-03-29: 02:00 to 03:00 is skipped. The wall shows 03:00 when the change is made.
    until = waits_until(early, "Europe/Berlin", at("2026-03-29 01:30"))
    assert until is not None
    assert f"{datetime.fromtimestamp(until, zone):%d %H:%M %z}" == "29 03:00 +0200"
    # 2026-10-25: 02:00 to 03:00 comes twice. The hour is quiet each time.
    first = at("2026-10-25 02:30", fold=0)
    assert waits_until(early, "Europe/Berlin", at("2026-10-25 01:00")) == first
    assert waits_until(early, "Europe/Berlin", first) is None
    again = at("2026-10-25 02:10", fold=1)
    assert waits_until(early, "Europe/Berlin", again) == at("2026-10-25 02:30", fold=1)


def test_who_has_no_zone_is_held_unless_the_definition_says_where_to_count_them() -> None:
    noon, midnight = at("2026-03-10 12:00"), at("2026-03-10 00:00")
    held = OutsideQuietHours(NIGHT).objection(Somebody(None), noon)
    assert held == Hold("unknown_timezone", noon + FARTHEST)
    counted = OutsideQuietHours(NIGHT, "Europe/Berlin")
    assert counted.objection(Somebody(None), noon) is None
    assert counted.objection(Somebody(None), midnight) == Hold(
        "quiet_hours", at("2026-03-10 08:00")
    )


def test_zones_that_are_never_open_together_are_as_good_as_no_zone() -> None:
    around_the_world = "America/Los_Angeles,Asia/Tokyo,Europe/Berlin"
    now = at("2026-03-10 12:00")
    found = OutsideQuietHours(NIGHT).objection(Somebody(around_the_world), now)
    assert found == Hold("unknown_timezone", now + FARTHEST)


def test_holidays_that_last_longer_than_is_looked_ahead_are_still_quiet_hours() -> None:
    days = frozenset(date(2026, 8, 1) + timedelta(days=ahead) for ahead in range(30))
    now = at("2026-08-01 12:00")
    calendar = QuietCalendar(NIGHT.week, {}, {None: days})
    found = OutsideQuietHours(calendar).objection(Somebody("Europe/Berlin"), now)
    assert found == Hold("quiet_hours", now + FARTHEST)


CLOCKS = st.integers(0, 24 * 4 - 1).map(lambda quarter: f"{quarter // 4:02}:{quarter % 4 * 15:02}")
QUIET = st.one_of(
    st.sampled_from(["all day", "none"]),
    st.tuples(CLOCKS, CLOCKS).filter(lambda two: two[0] != two[1]).map("-".join),
).map(spans)
WEEKS = st.lists(QUIET, min_size=7, max_size=7)
# Around both changes of the clocks, in the north and in the south.
MOMENTS = st.integers(1_772_323_200, 1_794_268_800).map(float)
SETS = st.one_of(
    st.none(),
    st.lists(st.sampled_from(ZONES), min_size=1, max_size=3, unique=True).map(",".join),
)
COUNTRIES = st.sampled_from([None, "001", "US", "DE"])
DATES = st.frozensets(st.dates(date(2026, 3, 1), date(2026, 11, 10)), max_size=3)
CALENDARS = st.builds(
    QuietCalendar,
    WEEKS,
    st.dictionaries(st.just("DE"), st.lists(st.one_of(st.none(), QUIET), min_size=7, max_size=7)),
    st.dictionaries(st.sampled_from([None, "DE"]), DATES),
)


def is_quiet(calendar: QuietCalendar, zone: str, country: str | None, moment: float) -> bool:
    local = datetime.fromtimestamp(moment, ZoneInfo(zone))
    minute = local.hour * 60 + local.minute
    return any(begins <= minute < ends for begins, ends in calendar.on(local.date(), country))


@settings(deadline=None)
@given(CALENDARS, SETS, COUNTRIES, MOMENTS)
def test_a_hold_ends_at_the_first_moment_that_is_quiet_in_none_of_the_zones(
    calendar: QuietCalendar, zones: str | None, country: str | None, now: float
) -> None:
    found = OutsideQuietHours(calendar).objection(Somebody(zones, country), now)
    names = [] if zones is None else zones.split(",")

    def nobody_sleeps(moment: float) -> bool:
        return not any(
            is_quiet(calendar, zone, country, moment + ahead)
            for zone in names
            for ahead in (0.0, LEAD)
        )

    if found is None:
        assert names
        assert nobody_sleeps(now)
        return
    if zones is not None:
        # Whole minutes of UTC are the only moments at which a quiet time can end.
        minutes = range(int(now // 60) + 1, int(found.until // 60) + 1, 7)
        assert not nobody_sleeps(now)
        assert not any(
            nobody_sleeps(minute * 60.0) for minute in minutes if minute * 60 < found.until
        )
        assert nobody_sleeps(found.until) or found.until == now + FARTHEST


@settings(deadline=None)
@given(
    CALENDARS,
    st.lists(st.tuples(SETS, COUNTRIES), min_size=1, max_size=8),
    st.sampled_from([None, "Europe/Berlin"]),
    st.lists(MOMENTS, min_size=1, max_size=3),
)
def test_the_forecast_and_the_moment_of_sending_agree(
    calendar: QuietCalendar,
    people: list[tuple[str | None, str | None]],
    instead: str | None,
    moments: list[float],
) -> None:
    rule = OutsideQuietHours(calendar, instead)
    schema = {"zones": pl.String, "region": pl.String}
    rows = pl.LazyFrame(people, schema=schema, orient="row").with_row_index("number")
    for now in moments:
        foreseen = rule.foreseen(rows, now).collect()
        assert foreseen.drop("foreseen:quiet_hours").equals(rows.collect())
        fresh = OutsideQuietHours(calendar, instead)  # which remembers nothing of other moments
        for (zones, region), reason in zip(people, foreseen["foreseen:quiet_hours"], strict=True):
            alone = rule.objection(Somebody(zones, region), now)
            assert alone == fresh.objection(Somebody(zones, region), now)
            assert (None if alone is None else alone.reason) == reason
