"""Running benchmarks: what is missing is named, and nothing that they start outlives them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable
from pathlib import Path

import pytest

from benchmarks import __main__ as command
from benchmarks import page
from benchmarks.suite import ALL, Benchmark, Failed, perform
from benchmarks.vendor import ROOT

LONG = ["--cases", "100:0.005", "--seconds", "3600"]


def started_by(mark: str) -> list[str]:
    """Return the commands of all living processes with this mark in their environment."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if mark.encode() in (process / "environ").read_bytes():
                found.append((process / "cmdline").read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError):
            continue  # it has ended, or is another's
    return found


def until(true: Callable[[], bool]) -> None:
    """Wait for something; half a minute is more than it can take."""
    for _ in range(3_000):
        if true():
            return
        time.sleep(0.01)
    pytest.fail("it did not come true")


def test_a_benchmark_that_takes_too_long_is_ended_with_all_that_it_started(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    mark = uuid.uuid4().hex
    monkeypatch.setenv("MEASURED_FOR", mark)
    with pytest.raises(Failed, match="pace was not done after 3 s"):
        perform(Benchmark("pace", most=3.0), LONG)
    # This process is not among them: /proc shows the environment that it began with.
    until(lambda: started_by(mark) == [])


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_whoever_stops_it_stops_everything_that_was_started(stop: signal.Signals) -> None:
    mark = uuid.uuid4().hex
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks", "pace", *LONG],
        cwd=ROOT,
        env=os.environ | {"MEASURED_FOR": mark},
        stdout=subprocess.DEVNULL,
    )
    try:
        until(lambda: any("campaign.yaml" in one for one in started_by(mark)))
        process.send_signal(stop)
        assert process.wait(60) == 130
        until(lambda: started_by(mark) == [])
    finally:
        process.kill()
        process.wait()


def test_a_benchmark_that_is_missing_is_named(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(Failed, match="ended with 1"):
        perform(Benchmark("telepathy", most=60), [])
    assert "benchmarks/telepathy.py is missing" in capfd.readouterr().err


@pytest.fixture
def a_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "performance.md"
    path.write_text("<!-- reach -->\n<!-- /reach -->\n<!-- check -->\nold\n<!-- /check -->\n")
    monkeypatch.setattr(page, "PAGE", path)
    return path


def test_a_figure_is_written_only_where_that_is_asked(a_page: Path) -> None:
    assert command.main(["check", "--rows", "200"]) == 0
    assert "old" in a_page.read_text()
    assert command.main(["check", "--rows", "200", "--write"]) == 0
    assert page.blocks(a_page.read_text())["check"].startswith(
        "`python -m benchmarks check --rows 200`: "
    )


def test_a_figure_of_a_quick_run_is_never_written(a_page: Path) -> None:
    assert command.main(["check", "--quick", "--rows", "200", "--write"]) == 0
    assert "old" in a_page.read_text()


def test_what_could_not_be_measured_is_named_and_the_page_keeps_what_it_had(
    a_page: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert command.main(["check", "--rows", "many", "--write"]) == 1
    assert "Not measured: check." in capfd.readouterr().err
    assert "old" in a_page.read_text()


def test_a_word_that_names_no_benchmark_is_refused(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        command.main(["telepathy"])
    assert "telepathy is neither a benchmark" in capfd.readouterr().err


def test_help_names_every_benchmark(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        command.main(["--help"])
    shown = capfd.readouterr().out
    assert [one.name for one in ALL if one.name not in shown] == []
