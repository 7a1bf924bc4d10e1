"""A scheduled time that passes: nobody is sent to with it, and nobody is forgotten for it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

import campaign
from campaign.channel import Channel
from campaign.cli.app import app
from campaign.errors import InvalidInput
from campaign.sandbox import SandboxServer
from tests.run.campaigns import ENVIRONMENT, Recipe
from tests.run.lists import number

LATER, PASSED, NEW = "2098-12-01T09:00:00Z", "2020-12-01T09:00:00Z", "2099-12-01T09:00:00Z"
FAST = "rate: {limit: 100000/s, concurrency: 64}\n"


def write(folder: Path, people: int, url: str | None, at: str, rate: str = FAST) -> Path:
    rows = "".join(f"{number(place)}\n" for place in range(people))
    (folder / "list.csv").write_text(f"Phone\n{rows}", encoding="utf-8")
    message = f"message: {{schedule_at: {at}}}\n"
    recipe = Recipe("whippy", Channel.PHONE, message=message, rate=rate)
    return recipe.write(folder, "list.csv", url)


def times(server: SandboxServer) -> list[str]:
    return [str(entry.request["schedule_at"]) for entry in server.journal.entries()]


def test_a_run_goes_on_with_a_new_time_after_the_first_has_passed(tmp_path: Path) -> None:
    with SandboxServer() as server:
        url = server.url_for("whippy")
        definition = write(tmp_path, 5, url, LATER)
        campaign.load(definition, environment=ENVIRONMENT).run(limit=2)

        write(tmp_path, 5, url, PASSED)
        resumed = campaign.load(definition, environment=ENVIRONMENT, past_ok=True)
        stopped = resumed.run()
        assert len(server.journal) == 2

        write(tmp_path, 5, url, NEW)
        done = campaign.load(definition, environment=ENVIRONMENT).run()
        sent = server.journal.addresses()
    assert (stopped.exit_code, stopped.counts.scheduled, stopped.counts.pending) == (4, 2, 3)
    assert stopped.why is not None
    assert "give message.schedule_at a new time and run again" in stopped.why
    assert (done.exit_code, done.counts.scheduled) == (0, 5)
    assert set(sent.values()) == {1}


def test_a_run_whose_everybody_is_scheduled_ends_well_after_the_time(tmp_path: Path) -> None:
    with SandboxServer() as server:
        url = server.url_for("whippy")
        campaign.load(write(tmp_path, 2, url, LATER), environment=ENVIRONMENT).run()
        definition = write(tmp_path, 2, url, PASSED)
        summary = campaign.load(definition, environment=ENVIRONMENT, past_ok=True).run()
        assert len(server.journal) == 2
    assert (summary.exit_code, summary.counts.scheduled) == (0, 2)


@pytest.mark.parametrize("ledger", [True, False])
def test_a_new_run_with_a_time_that_has_passed_is_refused_before_anything(
    tmp_path: Path, ledger: bool
) -> None:
    with SandboxServer() as server:
        definition = write(tmp_path, 2, server.url_for("whippy"), PASSED)
        loaded = campaign.load(definition, environment=ENVIRONMENT, past_ok=True)
        if ledger:
            Path(str(loaded.job.ledger({}))).touch()
        with pytest.raises(InvalidInput, match="schedule_at` is in the past") as caught:
            loaded.run()
        assert len(server.journal) == 0
    (problem,) = caught.value.problems
    assert (problem.file, problem.line is None, problem.column) == (definition, False, 24)
    assert not list(tmp_path.rglob("plan*.parquet"))


def test_a_time_that_passes_while_a_slow_run_sends_stops_it(tmp_path: Path) -> None:
    at = datetime.now(UTC) + timedelta(seconds=5)
    with SandboxServer() as server:
        url = server.url_for("whippy")
        definition = write(tmp_path, 60, url, at.isoformat(timespec="milliseconds"), "rate: 10/s\n")
        summary = campaign.load(definition, environment=ENVIRONMENT).run()
        before = len(server.journal)
        assert datetime.now(UTC) < at
        write(tmp_path, 60, url, NEW)
        done = campaign.load(definition, environment=ENVIRONMENT).run()
        sent = server.journal.addresses()
    assert summary.exit_code == 4
    assert summary.why is not None
    assert "the scheduled time has passed" in summary.why
    assert 0 < summary.counts.scheduled == before < 60
    assert summary.counts.pending == 60 - before
    assert summary.counts.unknown == summary.counts.skipped == 0
    assert (done.exit_code, done.counts.scheduled) == (0, 60)
    assert set(sent.values()) == {1}


def test_the_command_goes_on_with_a_run_whose_time_has_passed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KEY", ENVIRONMENT["KEY"])
    with SandboxServer() as server:
        url = server.url_for("whippy")
        campaign.load(write(tmp_path, 3, url, LATER)).run(limit=1)
        definition = write(tmp_path, 3, url, PASSED)
        result = CliRunner().invoke(app, ["run", str(definition), "--yes"])
        assert len(server.journal) == 1
    assert result.exit_code == 4
    assert "the scheduled time has passed" in " ".join(result.output.split())
