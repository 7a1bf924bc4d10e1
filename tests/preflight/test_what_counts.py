"""What a check says of the hour it is, and of what a rehearsal leaves out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from campaign.errors import InvalidInput
from campaign.job import Job
from campaign.preflight.forecast import forecast
from campaign.preflight.page import write_page
from campaign.preflight.warnings import wrong_hour
from tests.plan.planned import HEADER, LIST, SMS, write
from tests.preflight.checked import checked, people
from tests.preflight.test_timing import LIVE, RAMP, SCHEDULE

QUIET = 'quiet_hours: "21:00-08:00"\n'
CAP = "frequency_cap: 1 in 1 day\n"


def warned(folder: Path, more: str, definition: str = SMS) -> list[str]:
    """The warnings about rehearsals."""
    found = checked(folder, *people("Ana"), definition=definition, more=more)
    return [warning for warning in found.warnings if "rehearsal" in warning]


@pytest.mark.parametrize(
    ("more", "told"),
    [
        (RAMP, "This is a rehearsal: `ramp` does not count here. A real run"),
        (QUIET + SCHEDULE, "This is a rehearsal: `quiet_hours`, `schedule` do not count here."),
        (CAP, "This is a rehearsal: `frequency_cap` counts only what other rehearsals sent."),
        (RAMP + CAP, "`ramp` does not count here; `frequency_cap` counts only what other"),
    ],
)
def test_a_rehearsal_says_what_does_not_count_in_it(tmp_path: Path, more: str, told: str) -> None:
    (warning,) = warned(tmp_path, more)
    assert told in warning


def test_what_does_not_count_in_a_rehearsal_is_on_the_page(tmp_path: Path) -> None:
    found = checked(tmp_path, *people("Ana"), more=RAMP)
    write_page(found)
    assert "`ramp` does not count here" in found.page.read_text(encoding="utf-8")


def test_nothing_is_said_where_all_of_the_definition_counts(tmp_path: Path) -> None:
    assert warned(tmp_path, "") == []
    assert warned(tmp_path, RAMP + QUIET + CAP, LIVE) == []


MOMENTS = "schedule: {deadline: 2026-03-10T12:00:00Z}\n"


def job(folder: Path, more: str) -> Job:
    return Job.load(write(folder, LIVE + LIST + more, HEADER, *people("Ana")))


def test_a_deadline_of_another_day_means_that_a_run_now_sends_nothing(tmp_path: Path) -> None:
    found = checked(tmp_path, *people("Ana"), definition=LIVE, more=MOMENTS)
    assert len([one for one in found.warnings if "deadline" in one]) == 1
    (told,) = wrong_hour(job(tmp_path, MOMENTS), datetime(2026, 3, 10, 13, tzinfo=UTC))
    assert told.startswith("A run now would send nothing: `schedule.deadline` has passed")
    assert told.endswith("Give `schedule.deadline` a new time.")


def test_a_deadline_of_the_day_says_when_to_run_it(tmp_path: Path) -> None:
    campaign = job(tmp_path, SCHEDULE)
    (told,) = wrong_hour(campaign, datetime(2026, 3, 10, 9, 30, tzinfo=UTC))
    assert told == (
        "A run now would send nothing: `schedule.deadline` has passed (2026-03-10 10:30 CET); who "
        "was not sent to stays pending. Run it from 2026-03-11 09:00 CET on, or move the deadline."
    )
    in_time = datetime(2026, 3, 10, 9, 30, tzinfo=UTC) - timedelta(seconds=1)
    assert wrong_hour(campaign, in_time) == []


def test_a_check_that_fails_leaves_no_page_of_an_earlier_one(tmp_path: Path) -> None:
    found = checked(tmp_path, *people("Ana"), ("broken", "Bo"))
    assert found.page.exists()
    assert found.rejects.exists()
    with pytest.raises(InvalidInput):
        checked(tmp_path, ("Ana",), header=("Name",))
    assert not found.page.exists()
    assert not found.rejects.exists()


def test_a_list_that_is_what_a_check_left_is_not_removed(tmp_path: Path) -> None:
    found = checked(tmp_path, *people("Ana"), ("broken", "Bo"))
    path = tmp_path / "campaign.yaml"
    listed = f"recipients: {{files: {found.rejects}, address: value}}\n"
    path.write_text(SMS.replace("{{ first_name }}", "you") + listed, encoding="utf-8")
    assert forecast(Job.load(path), {}).planned == 1
