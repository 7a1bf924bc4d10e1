"""How quiet hours may be written, and what is said of those that mean nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from campaign.definition.quiet import QuietHours, spans, weekdays

from .fakes import FIRST, load_text, problems_of

NIGHT = ((0, 480), (1260, 1440))


def read(text: str, folder: Path) -> QuietHours:
    found = load_text(f"{FIRST}quiet_hours: {text}\n", folder).definition.quiet_hours
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("21:00-08:00", NIGHT),
        (" 21:00 - 8:00 ", NIGHT),
        ("12:30-14:00", ((750, 840),)),
        ("20:00-24:00", ((1200, 1440),)),
        ("20:00-00:00", ((1200, 1440),)),
        ("00:00-07:00", ((0, 420),)),
        ("all day", ((0, 1440),)),
        ("none", ()),
    ],
)
def test_the_hours_of_a_date_are_written_as_people_do(
    text: str, expected: tuple[tuple[int, int], ...]
) -> None:
    assert spans(text) == expected


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("sat", [5]),
        ("Saturday", [5]),
        ("mon-fri", [0, 1, 2, 3, 4]),
        ("sat, sun", [5, 6]),
        ("sat sun", [5, 6]),
        ("fri - mon", [4, 5, 6, 0]),
    ],
)
def test_days_are_named_alone_in_ranges_and_in_lists(text: str, days: list[int]) -> None:
    assert weekdays(text) == days


def test_the_short_form_holds_on_every_day(tmp_path: Path) -> None:
    assert read('"21:00-08:00"', tmp_path).week == (NIGHT,) * 7
    assert read("21:00-08:00", tmp_path) == QuietHours(hours="21:00-08:00")


def test_a_day_of_its_own_goes_before_the_hours_of_every_day(tmp_path: Path) -> None:
    days = "{hours: 21:00-08:00, days: {tue-wed: none, sun: all day}}"
    week = read(days, tmp_path).week
    assert week == (NIGHT, (), (), NIGHT, NIGHT, NIGHT, ((0, 1440),))


TIMES = "must be two times of day, `all day` or `none`"
HOW = '(write "21:00-08:00" for: from 21:00 in the evening to 08:00 in the morning)'


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("9pm-8am", f"11:14 `quiet_hours` {TIMES} {HOW}"),
        ("{hours: 21-8}", f"11:22 `quiet_hours.hours` {TIMES} {HOW}"),
        (
            "21:00-21:00",
            "11:14 `quiet_hours` begins when it ends (write `all day`, or `none`)",
        ),
        ("5", "11:14 `quiet_hours` must be a mapping of keys to values"),
        ("{}", '11:14 `quiet_hours` names no hours (write quiet_hours: "21:00-08:00")'),
        (
            "all day",
            (
                "11:14 `quiet_hours` leaves no time to send in "
                "(every day of the week is quiet all day)"
            ),
        ),
        (
            "{days: {satday: all day}}",
            (
                "11:21 `quiet_hours.days` names a day that is not one of the week "
                "(did you mean 'sat'?)"
            ),
        ),
        (
            "{days: {mon-wed: none, tue: all day}}",
            "11:21 `quiet_hours.days` names a day more than once: tue",
        ),
        (
            "{hours: 21:00-08:00, unknown_zone: Berlin}",
            "11:49 `quiet_hours.unknown_zone` is not a time zone (did you mean Europe/Berlin?)",
        ),
        (
            "{hours: 21:00-08:00, holiday: a.csv}",
            "11:35 `holiday` is not a key of `quiet_hours` (did you mean 'holidays'?)",
        ),
    ],
)
def test_what_means_nothing_is_refused_in_a_sentence(
    tmp_path: Path, text: str, problem: str
) -> None:
    assert problems_of(f"{FIRST}quiet_hours: {text}\n", tmp_path) == [problem]


def test_hours_that_countries_have_may_leave_all_others_none(tmp_path: Path) -> None:
    assert read("{hours: all day, by_country: open.csv}", tmp_path).by_country == "open.csv"
