"""What quiet hours mean for a plan: who has no zone is held, and every file is read or refused."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from campaign.errors import InvalidInput
from campaign.job import Job
from campaign.plan.frozen import Plan
from campaign.rules.moment import Hold
from campaign.sending.todo import Todo

from .planned import ANA, BO, HEADER, LIST, SMS, plan_of, refusal, verdicts, write

OF_NO_PLACE = "+15005550006"
QUIET = 'quiet_hours: "21:00-08:00"\n'
WITH_ZONE = (*HEADER, "Zone")
TIMEZONE = "recipients: {files: list.csv, timezone: Zone}\n"
LIVE = SMS.replace("sandbox: true", "api_key: '${KEY}'")


def at(text: str, zone: str = "Europe/Berlin") -> float:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp()


def todos(plan: Plan) -> list[Todo]:
    return [todo for batch in plan.todo() for todo in batch]


def test_who_has_no_zone_is_held_in_the_plan_and_everybody_else_has_theirs(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, SMS + LIST + QUIET, HEADER, (ANA, "Ana"), (OF_NO_PLACE, "Bo"))
    assert verdicts(plan) == ["send", "unknown_timezone"]
    assert plan.refusals == {("held", "unknown_timezone"): 1}
    (ana,) = todos(plan)
    assert (ana.zones, ana.region) == ("Europe/Berlin", "DE")


def test_another_zone_for_them_lets_them_through(tmp_path: Path) -> None:
    quiet = "quiet_hours: {hours: 21:00-08:00, unknown_zone: America/New_York}\n"
    plan = plan_of(tmp_path, SMS + LIST + quiet, HEADER, (OF_NO_PLACE, "Bo"))
    assert verdicts(plan) == ["send"]


def test_without_quiet_hours_nobody_needs_a_zone(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, SMS + TIMEZONE, WITH_ZONE, (OF_NO_PLACE, "Bo", "rubbish"))
    assert (verdicts(plan), plan.warnings()) == (["send"], [])


def test_a_zone_that_cannot_be_read_is_warned_of_with_its_row(tmp_path: Path) -> None:
    rows = [(ANA, "Ana", "Asia/Tokyo"), (BO, "Bo", "Berlin time")]
    plan = plan_of(tmp_path, SMS + TIMEZONE + QUIET, WITH_ZONE, *rows)
    assert verdicts(plan) == ["send", "unknown_timezone"]
    assert [todo.zones for todo in todos(plan)] == ["Asia/Tokyo"]
    (warning,) = plan.warnings()
    assert warning.startswith("1 time zone cannot be read (the first in row 3), so nobody knows")
    found = plan.rows().filter(number=1).collect().to_dicts()[0]
    assert found["reason_column"] == "zone"
    assert found["reason_detail"].startswith("the time zone cannot be read")


def test_a_refusal_for_good_is_told_before_a_missing_zone(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, SMS + LIST + QUIET, HEADER, (OF_NO_PLACE, ""))
    assert verdicts(plan) == ["missing_variable"]


def judged(job: Job, plan: Plan, now: float) -> object:
    (todo,) = todos(plan)
    return job.judge(job.suppressed())(todo, now)


def test_the_files_beside_the_definition_decide_at_the_moment_of_sending(tmp_path: Path) -> None:
    quiet = "quiet_hours: {hours: 21:00-08:00, holidays: days.csv, by_country: hours.csv}\n"
    files = {
        "days": "Date;Country;Name\n2026-12-25;;Christmas\n2026-10-03;de;Unity Day\n",
        "hours": "country,days,quiet\nFR,,22:00-08:00\nDE,,20:00-09:00\nDE,sat-sun,all day\n",
    }
    plan = plan_of(tmp_path, LIVE + LIST + quiet, HEADER, (ANA, "Ana"), **files)
    job = Job.load(tmp_path / "campaign.yaml")
    assert judged(job, plan, at("2026-12-24 12:00")) == "text"
    monday = Hold("quiet_hours", at("2026-12-28 09:00"))  # Christmas is on a Friday
    assert judged(job, plan, at("2026-12-25 12:00")) == monday
    assert judged(job, plan, at("2026-11-25 20:00")) == Hold("quiet_hours", at("2026-11-26 09:00"))
    assert judged(job, plan, at("2026-11-25 19:59")) == "text"


def test_a_rehearsal_messages_nobody_and_may_at_any_hour(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, SMS + LIST + QUIET, HEADER, (ANA, "Ana"))
    assert judged(Job.load(tmp_path / "campaign.yaml"), plan, at("2026-03-10 03:00")) == "text"


def problems(folder: Path, keys: str, **files: str) -> list[str]:
    definition = f"{SMS}{LIST}quiet_hours: {{hours: 21:00-08:00, {keys}}}\n"
    job = Job.load(write(folder, definition, HEADER, (ANA, "Ana"), **files))
    with pytest.raises(InvalidInput) as caught:
        job.judge(job.suppressed())
    return [str(problem).replace(f"{folder}/", "") for problem in caught.value.problems]


def test_every_line_of_the_holidays_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    days = "date,country\n25.12.2026,\n2026-02-30,DE\n2026-12-26,Germany\n,FR\n\n2026-12-31,\n"
    assert problems(tmp_path, "holidays: days.csv", days=days) == [
        "days.csv:2: '25.12.2026' is not a date\n        = write it like 2026-12-25",
        "days.csv:3: '2026-02-30' is not a date\n        = write it like 2026-12-25",
        "days.csv:4: 'Germany' is no two-letter country code\n        = write it like DE, US or GB",
        "days.csv:5: there is no date in this row",
    ]


def test_every_line_of_the_countries_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    hours = (
        "country,days,quiet\nUS,,9pm-8am\nUS,someday,21:00-08:00\nFR,sun,all day\nFR,sat-sun,none\n"
        ",,all day\nGB,,\nGB,,22:00-08:00\nGB,,21:00-08:00\n"
    )
    found = problems(tmp_path, "by_country: hours.csv", hours=hours)
    assert [problem.partition("\n")[0] for problem in found] == [
        "hours.csv:2: '9pm-8am' must be two times of day, `all day` or `none`",
        "hours.csv:3: 'someday' names a day that is not one of the week",
        "hours.csv:5: FR has its sun in row 4 already",
        "hours.csv:6: there is no country in this row",
        "hours.csv:7: there is no quiet in this row",
        "hours.csv:9: GB has its hours in row 8 already",
    ]


def test_missing_files_and_columns_are_told_together(tmp_path: Path) -> None:
    keys = "holidays: nothing.csv, by_country: hours.csv"
    found = problems(tmp_path, keys, hours="Land,region,quiet\nDE,BY,all day\n")
    assert [problem.partition("\n")[0] for problem in found] == [
        "campaign.yaml:8:45: there is no file nothing.csv",
        "hours.csv:1: there is no column `country`",
        "hours.csv:1: the column `Land` means nothing here",
        "hours.csv:1: the column `region` means nothing here",
    ]


def test_a_file_with_a_thousand_mistakes_shows_the_first_twenty(tmp_path: Path) -> None:
    days = "date\n" + "tomorrow\n" * 1000
    found = problems(tmp_path, "holidays: days.csv", days=days)
    assert (len(found), found[-1]) == (21, "days.csv: and 980 more lines like these")


def test_results_are_never_written_over_the_files_of_the_quiet_hours(tmp_path: Path) -> None:
    quiet = "quiet_hours: {holidays: days.csv}\n"
    path = write(tmp_path, SMS + LIST + quiet, HEADER, (ANA, "Ana"), days="date\n2026-12-25\n")
    assert Job.load(path).lives_from(tmp_path / "days.csv")


def test_the_hours_may_change_under_a_plan_but_not_whether_a_zone_is_needed(tmp_path: Path) -> None:
    def fingerprint(quiet: str) -> str:
        return Job.load(write(tmp_path, SMS + LIST + quiet, HEADER)).loaded.fingerprint

    night = fingerprint(QUIET)
    assert fingerprint("quiet_hours: {hours: 22:00-09:00, days: {sun: all day}}\n") == night
    assert fingerprint("quiet_hours: {hours: 21:00-08:00, unknown_zone: UTC}\n") != night
    assert fingerprint("") != night


def test_the_column_with_the_zone_must_be_in_the_list(tmp_path: Path) -> None:
    (problem,) = refusal(tmp_path, SMS + TIMEZONE + QUIET, HEADER, (ANA, "Ana"))
    assert "Zone" in problem.message
    assert (problem.line, problem.file) == (7, tmp_path / "campaign.yaml")
