"""Nobody is messaged in their quiet hours, and a run with a deadline waits until they are over."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from campaign.errors import InvalidInput
from campaign.preflight.forecast import forecast
from campaign.reporting.reporter import Progress
from campaign.sandbox import SandboxServer
from campaign.sending.ending import Ending
from tests.run.campaigns import ENVIRONMENT
from tests.run.days import (
    BERLIN,
    PEOPLE,
    QUIET,
    Day,
    deadline,
)


@pytest.fixture
def server() -> Iterator[SandboxServer]:
    with SandboxServer() as one:
        yield one


def many(each: int) -> list[str]:
    """Numbers of each kind in turn."""
    return [
        f"{number[:-2]}{int(number[-2:]) + place:02}" for place in range(each) for number in PEOPLE
    ]


def is_quiet(zone: str, moment: float) -> bool:
    local = datetime.fromtimestamp(moment, ZoneInfo(zone))
    return local.weekday() == 6 or not 8 <= local.hour < 21


@pytest.mark.parametrize(
    "begins",
    [
        "2026-03-27T22:00:00+01:00",  # a Friday; on Sunday the clocks change in Berlin
        "2026-03-05T12:00:00+00:00",  # and on the 8th in New York
        "2026-10-30T00:00:00-04:00",
    ],
)
def test_no_message_leaves_at_a_time_that_is_quiet_in_any_zone_of_the_recipient(
    tmp_path: Path, server: SandboxServer, begins: str
) -> None:
    day = Day(tmp_path, server, begins)
    people = many(8)
    summary = day.run(day.job(QUIET + deadline("2026-12-01T00:00Z"), people))
    assert (summary.exit_code, summary.counts.accepted) == (0, len(people))
    assert server.journal.addresses() == dict.fromkeys(people, 1)
    assert len(day.jumps) >= 2
    for number, moment in day.sent:
        zones = next(zones for known, zones in PEOPLE.items() if known[:-2] == number[:-2])
        assert not any(is_quiet(zone, moment) for zone in zones), (number, moment)


def test_a_run_with_a_deadline_waits_and_tells_until_when(
    tmp_path: Path, server: SandboxServer
) -> None:
    day = Day(tmp_path, server, "2026-03-10T22:00:00+01:00")
    summary = day.run(day.job(QUIET + deadline("2026-03-11T12:00+01:00"), ["+491713920010"]))
    assert summary.exit_code == 0
    (wait,) = day.said
    assert wait.startswith("Waiting until 2026-03-1")
    assert "for the first of 1 recipient who is held" in wait
    assert day.sent == [
        ("+491713920010", datetime.fromisoformat("2026-03-11T08:00+01:00").timestamp())
    ]


def test_what_is_left_of_a_wait_is_part_of_the_time_that_is_left(
    tmp_path: Path, server: SandboxServer
) -> None:
    day = Day(tmp_path, server, "2026-03-10T22:00:00+01:00")
    left: list[float] = []

    def progress(progress: Progress) -> None:
        if day.said and not day.jumps and progress.eta is not None:
            left.append(progress.eta)
            day.jump()

    day.when_waiting = lambda: None
    day.progress = progress  # type: ignore[method-assign]
    people = ["+491713920010", "+12125550110"]
    summary = day.run(day.job(QUIET + deadline("2026-03-12T00:00Z"), people))
    assert summary.exit_code == 0
    # The clock stands at 22:10, after one message: nine hours and fifty minutes, and one to send.
    assert left[0] == pytest.approx(9 * 3600 + 50 * 60, abs=30)


def test_without_a_deadline_the_run_ends_and_says_until_when_they_are_held(
    tmp_path: Path, server: SandboxServer
) -> None:
    day = Day(tmp_path, server, "2026-03-10T22:00:00+01:00")
    job = day.job(QUIET, ["+491713920010", "+12125550110"])
    summary = day.run(job)
    assert (summary.exit_code, summary.counts.accepted, summary.counts.held) == (5, 1, 1)
    assert summary.reasons["held", "quiet_hours"] == 1
    eight = datetime.fromisoformat("2026-03-11T08:00+01:00").timestamp()
    assert summary.held_until == eight * 1000
    assert day.said == []
    day.begins = eight
    again = day.run(job)
    assert (again.exit_code, again.counts.accepted) == (0, 2)


def test_nobody_is_waited_for_whose_time_comes_only_after_the_deadline(
    tmp_path: Path, server: SandboxServer
) -> None:
    day = Day(tmp_path, server, "2026-03-10T22:00:00+01:00")
    job = day.job(QUIET + deadline("2026-03-11T08:00+01:00"), ["+491713920010"])
    summary = day.run(job)
    assert (summary.exit_code, summary.counts.held, day.said) == (5, 1, [])


@pytest.mark.parametrize("options", [{"limit": 5}, {"only": "+491713920010"}])
def test_who_asks_for_a_few_only_does_not_wait(
    tmp_path: Path, server: SandboxServer, options: dict[str, object]
) -> None:
    day = Day(tmp_path, server, "2026-03-10T22:00:00+01:00")
    job = day.job(QUIET + deadline("2026-03-12T00:00Z"), ["+491713920010"])
    summary = day.run(job, **options)
    assert (summary.exit_code, summary.counts.held, day.said) == (5, 1, [])


def test_an_interrupt_ends_the_wait_at_once_and_the_run_can_be_resumed(
    tmp_path: Path, server: SandboxServer
) -> None:
    day = Day(tmp_path, server, "2026-03-10T22:00:00+01:00")
    day.when_waiting = lambda: day.execution.interrupt()
    job = day.job(QUIET + deadline("2026-03-12T00:00Z"), ["+491713920010", "+12125550110"])
    summary = day.run(job)
    assert (summary.ending, summary.exit_code) == (Ending.INTERRUPTED, 130)
    assert (summary.counts.accepted, summary.counts.held) == (1, 1)
    day.when_waiting = day.jump
    assert day.run(job).counts.accepted == 2
    assert set(server.journal.addresses().values()) == {1}


def test_a_deadline_that_comes_while_it_waits_ends_the_run(
    tmp_path: Path, server: SandboxServer
) -> None:
    day = Day(tmp_path, server, "2026-03-10T22:00:00+01:00")
    day.when_waiting = lambda: day.jumps.append((0, 24 * 3600))  # the machine slept
    summary = day.run(day.job(QUIET + deadline("2026-03-11T09:00+01:00"), ["+491713920010"]))
    assert (summary.exit_code, len(server.journal)) == (5, 0)
    assert summary.counts.held + summary.counts.pending == 1


def test_hours_that_were_changed_hold_for_those_who_are_held_already(
    tmp_path: Path, server: SandboxServer
) -> None:
    day = Day(tmp_path, server, "2026-03-10T22:00:00+01:00")
    assert day.run(day.job(QUIET, ["+491713920010"])).counts.held == 1
    later = day.job("quiet_hours: 23:00-08:00\n", ["+491713920010"])
    assert day.run(later).counts.accepted == 1


def test_who_has_no_time_zone_is_held_and_named(tmp_path: Path, server: SandboxServer) -> None:
    day = Day(tmp_path, server, "2026-03-10T12:00:00+01:00")
    job = day.job(QUIET + deadline("2026-03-12T00:00Z"), ["+491713920010", "+15005550006"])
    foreseen = forecast(job, ENVIRONMENT)
    assert foreseen.counts == {"planned": 2, "sendable": 1, "held": 1}
    summary = day.run(job)
    assert (summary.exit_code, summary.counts.accepted, summary.counts.held) == (5, 1, 1)
    assert summary.reasons["held", "unknown_timezone"] == 1
    results = (tmp_path / "output" / "test-campaign" / "once" / "results.csv").read_text()
    assert "held,unknown_timezone" in results


def test_a_file_that_cannot_be_read_stops_the_run_before_anybody_is_sent_to(
    tmp_path: Path, server: SandboxServer
) -> None:
    day = Day(tmp_path, server, "2026-03-10T12:00:00+01:00")
    (tmp_path / "days.csv").write_text("date\nChristmas\n", encoding="utf-8")
    job = day.job("quiet_hours: {hours: 21:00-08:00, holidays: days.csv}\n")
    with pytest.raises(InvalidInput, match="'Christmas' is not a date"):
        day.run(job)
    assert len(server.journal) == 0


def test_a_ramp_and_quiet_hours_hold_together(tmp_path: Path, server: SandboxServer) -> None:
    day = Day(tmp_path, server, "2026-03-10T20:30:00+01:00")
    waits: list[str] = []

    def told(text: str) -> None:
        waits.append(text)
        if text.startswith("The ramp"):
            day.jumps.append((len(server.journal), 3600.0))
        else:
            day.jump()

    day.told = told  # type: ignore[method-assign]
    people = [f"+4917139200{place}" for place in range(20, 24)]
    ramp = "ramp: first 2, wait 1 h, then all\n"
    summary = day.run(day.job(QUIET + ramp + deadline("2026-03-12T00:00Z"), people))
    assert (summary.exit_code, summary.counts.accepted) == (0, 4)
    assert [wait.split(" until ")[0].split(" recipients")[0] for wait in waits] == [
        "The ramp has reached 2",
        "Waiting",
    ]
    hours = [f"{datetime.fromtimestamp(at, ZoneInfo(BERLIN)):%d %H:%M}" for _, at in day.sent]
    assert hours == ["10 20:30", "10 20:40", "11 08:00", "11 08:10"]
