from __future__ import annotations

from datetime import UTC, datetime, time
from pathlib import Path

import pytest

from campaign.definition.limits import Schedule, StopWhen

from .fakes import FIRST, load_text, problems_of

OR = "must be a time of day from 00:00 to 23:59, or a date and time with its UTC offset"
HOW = '(write it like "09:00", or like 2026-12-01T09:00:00+01:00)'


def test_without_a_word_a_run_may_be_sent_at_any_time_and_stops_after_twenty(
    tmp_path: Path,
) -> None:
    definition = load_text(FIRST, tmp_path).definition
    assert definition.schedule is None
    assert definition.stop_when == StopWhen(in_a_row=20, unknown=None, failed_rate=None)


@pytest.mark.parametrize("written", ['"09:00"', "09:00", "9:00", "' 9:00 '"])
def test_a_time_of_day_may_be_written_as_people_do(tmp_path: Path, written: str) -> None:
    schedule = load_text(f"{FIRST}schedule: {{start: {written}}}\n", tmp_path).definition.schedule
    assert schedule == Schedule(start=time(9))


def test_a_whole_schedule_is_read(tmp_path: Path) -> None:
    text = 'schedule: {start: "22:00", not_after: 02:00, deadline: 6:30, timezone: Europe/Berlin}\n'
    schedule = load_text(FIRST + text, tmp_path).definition.schedule
    assert schedule is not None
    assert (schedule.start, schedule.not_after, schedule.deadline, schedule.timezone) == (
        time(22),
        time(2),
        time(6, 30),
        "Europe/Berlin",
    )


def test_a_schedule_may_name_moments(tmp_path: Path) -> None:
    text = "schedule: {start: 2026-12-01T09:00:00+01:00, deadline: 2026-12-02 17:00Z}\n"
    schedule = load_text(FIRST + text, tmp_path).definition.schedule
    assert schedule is not None
    assert schedule.start == datetime(2026, 12, 1, 8, tzinfo=UTC)
    assert schedule.deadline == datetime(2026, 12, 2, 17, tzinfo=UTC)


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("schedule: {start: 25:00}", f"11:19 `schedule.start` {OR} {HOW}"),
        ("schedule: {start: 9am}", f"11:19 `schedule.start` {OR} {HOW}"),
        ("schedule: {start: 9}", f"11:19 `schedule.start` {OR} {HOW}"),
        ("schedule: {start: 09:60}", f"11:19 `schedule.start` {OR} {HOW}"),
        ("schedule: {start: 09:00:30}", f"11:19 `schedule.start` {OR} {HOW}"),
        ("schedule: {deadline: 24:00}", f"11:22 `schedule.deadline` {OR} (midnight is 00:00)"),
        (
            "schedule: {start: 2026-12-01T09:00:00}",
            (
                "11:19 `schedule.start` has no UTC offset, so it would mean another moment on "
                "another machine (add the offset, for example 2026-12-01T09:00:00+01:00, or Z for "
                "UTC)"
            ),
        ),
        (
            "schedule: {timezone: Europe/Berlim}",
            "11:22 `schedule.timezone` is not a time zone (did you mean Europe/Berlin?)",
        ),
        (
            "schedule: {start: 09:00, not_after: 09:00}",
            "11:11 `schedule` has the same `start` and `not_after`, which leaves no time to send",
        ),
        (
            "schedule: {deadline: 00:00}",
            (
                "11:11 `schedule` has the same `start` and `deadline`, which leaves no time to "
                "send (`start` is midnight where it is not given)"
            ),
        ),
        (
            "schedule: {start: 09:00, not_after: 18:00, deadline: 12:00}",
            (
                "11:11 `schedule` has a `deadline` that comes before its `not_after` (a run that "
                "begins between the two could send to nobody)"
            ),
        ),
        (
            "schedule: {start: 2026-12-02T09:00:00Z, not_after: 2026-12-01T09:00:00Z}",
            "11:11 `schedule` has a `not_after` that comes before its `start`",
        ),
        (
            "schedule: {start: 09:00, deadline: 2026-12-01T09:00:00Z}",
            (
                "11:11 `schedule` mixes times of day with moments (write all of start, not_after "
                "and deadline as 09:00, or all with date and offset)"
            ),
        ),
        ("schedule: 09:00", "11:11 `schedule` must be a mapping of keys to values"),
        (
            "schedule: {not_befor: 09:00}",
            ("11:12 `not_befor` is not a key of `schedule` (did you mean 'not_after'?)"),
        ),
        *(
            (
                f"stop_when: {{failed_rate: {written}}}",
                (
                    "11:26 `stop_when.failed_rate`: a share is a percentage above 0% and up to "
                    f"100%: {hint}"
                ),
            )
            for written, hint in (
                ("5", "write 5%"),
                ("0.05", "write 5%, or 0.05% if you mean that"),
                *((other, "5% or 0.5%") for other in ("0%", "101%", "-5%", "five%")),
            )
        ),
        ("stop_when: {unknown: 0}", "11:22 `stop_when.unknown` must be at least 1"),
        ("stop_when: {in_a_row: none}", "11:23 `stop_when.in_a_row` must be a whole number"),
    ],
)
def test_what_is_wrong_with_a_limit_is_said_where_it_stands(
    tmp_path: Path, line: str, problem: str
) -> None:
    assert problems_of(f"{FIRST}{line}\n", tmp_path) == [problem]


@pytest.mark.parametrize("not_after", ["23:00", "02:00"])
def test_the_order_of_times_is_that_of_the_campaigns_day(tmp_path: Path, not_after: str) -> None:
    line = f"schedule: {{start: 22:00, not_after: {not_after}, deadline: 06:00}}\n"
    assert problems_of(FIRST + line, tmp_path) == []


@pytest.mark.parametrize(("written", "hundredths"), [("5%", 5), ("0.5 %", 0.5), ("100%", 100)])
def test_a_share_is_written_in_per_cent(tmp_path: Path, written: str, hundredths: float) -> None:
    text = f"{FIRST}stop_when: {{failed_rate: {written}, unknown: 7, in_a_row: 3}}\n"
    found = load_text(text, tmp_path).definition.stop_when
    assert found == StopWhen.model_construct(failed_rate=hundredths, unknown=7, in_a_row=3)
