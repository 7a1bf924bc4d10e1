"""Whoever waits for a plan sees how far it is."""

from __future__ import annotations

import io
import json
import time
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console
from rich.text import Text

from campaign.job import Job
from campaign.plan import making
from campaign.plan.watching import Watched
from campaign.reporting.lines import JsonLines, Lines
from campaign.reporting.terminal import Terminal

WORK = "Judging every row"
DEFINITION = """\
name: watched
channel: sms
provider: {name: synthflow, sandbox: true, agent_id: 2a886b7d-d52d-4f8b-8ea0-19d3edc79214}
sender: "+12025550100"
recipients: list.csv
message: "Hi!"
"""


@pytest.fixture
def job(tmp_path: Path) -> Job:
    numbers = "\n".join(f"+1{2_022_000_000 + place}" for place in range(50))
    (tmp_path / "list.csv").write_text(f"phone\n{numbers}\n", encoding="utf-8")
    (tmp_path / "campaign.yaml").write_text(DEFINITION, encoding="utf-8")
    return Job.load(tmp_path / "campaign.yaml")


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Seconds of the clock that decides whether it is time to tell again."""
    clock = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    return clock


def test_every_piece_of_the_planning_is_told(job: Job, tmp_path: Path) -> None:
    told: list[str] = []
    question = replace(job.question(job.suppressed()), tell=lambda what, _: told.append(what))
    making.make(question, tmp_path / "plan.parquet")
    assert list(dict.fromkeys(told)) == [
        "Reading the list",
        "Reading the numbers",
        "Judging every row and rendering every message",
    ]


def test_rows_are_told_a_few_times_a_second_and_no_more() -> None:
    clock, told = [0.0], list[int]()
    watched = Watched(WORK, lambda _, rows: told.append(rows), lambda: clock[0])
    for moment in (0.1, 0.15, 0.3, 0.4, 0.55):
        clock[0] = moment
        watched.through(1_000)
    assert told == [0, 3_000, 5_000]


def test_a_log_says_every_ten_seconds_how_far_it_is(now: list[float]) -> None:
    out = io.StringIO()
    lines = Lines(out)
    for second in range(25):
        now[0] = float(second)
        lines.working(WORK, second * 1_000)
    assert out.getvalue().splitlines() == [
        "Judging every row: 10,000 rows so far.",
        "Judging every row: 20,000 rows so far.",
    ]


def test_a_list_that_is_read_at_once_leaves_no_line_of_it_in_a_log(now: list[float]) -> None:
    out = io.StringIO()
    Lines(out).working(WORK, 1_000)
    assert out.getvalue() == ""


def test_a_program_is_told_once_a_second_how_far_it_is(now: list[float]) -> None:
    out = io.StringIO()
    lines = JsonLines(out)
    for half_seconds in range(5):
        now[0] = half_seconds / 2
        lines.working(WORK, half_seconds * 1_000)
    events = [json.loads(line) for line in out.getvalue().splitlines()]
    assert [(event["event"], event["rows"]) for event in events] == [
        ("working", 2_000),
        ("working", 4_000),
    ]


def test_a_terminal_shows_what_is_done_how_many_rows_and_for_how_long() -> None:
    console = Console(file=io.StringIO(), force_terminal=True, width=100)
    terminal = Terminal(console)
    terminal.preparing("Reading the list")
    terminal.working(WORK, 12_000)
    terminal.close()
    assert isinstance(console.file, io.StringIO)
    shown = Text.from_ansi(console.file.getvalue().replace("\r", "\n")).plain
    assert "Judging every row … 12,000 rows 0:00:00" in shown
