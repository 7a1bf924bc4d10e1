"""A run that waits can be ended in any way, and nobody is lost."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from campaign.sandbox import SandboxServer
from tests.cli.commands import campaign, started
from tests.run.campaigns import Recipe
from tests.run.days import deadline, states


@pytest.fixture
def server() -> Iterator[SandboxServer]:
    with SandboxServer() as one:
        yield one


def holiday(folder: Path, server: SandboxServer) -> None:
    (folder / "list.csv").write_text("Phone\n+491713920010\n+12125550110\n", encoding="utf-8")
    today = datetime.now(UTC).date()
    write_days(folder, *(today + timedelta(days=ahead) for ahead in (-1, 0, 1)))
    until = datetime.now(UTC) + timedelta(days=10)
    more = f"quiet_hours: {{holidays: days.csv}}\n{deadline(until.isoformat(timespec='seconds'))}"
    recipe = Recipe(message="message: Hi\n", more=more)
    recipe.write(folder, "list.csv", server.url_for("synthflow"))


def write_days(folder: Path, *days: date) -> None:
    rows = "".join(f"{day},US\n" for day in days)
    (folder / "days.csv").write_text(f"date,country\n{rows}", encoding="utf-8")


def waiting(folder: Path, server: SandboxServer) -> subprocess.Popen[str]:
    """Start a run and return when it waits."""
    process = started("run", "campaign.yaml", "--yes", cwd=folder)
    for _ in range(6000):
        assert process.poll() is None, process.communicate()[0]
        if len(server.journal) == 1 and states(folder) == ["accepted", "held"]:
            return process
        time.sleep(0.01)
    raise AssertionError("it never waited")


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_a_run_that_is_ended_while_it_waits_loses_nobody(
    tmp_path: Path, server: SandboxServer, how: signal.Signals
) -> None:
    holiday(tmp_path, server)
    process = waiting(tmp_path, server)
    process.send_signal(how)
    out, _ = process.communicate(timeout=60)
    assert process.returncode == (-how if how is signal.SIGKILL else 130), out
    status = campaign("status", "campaign.yaml", "--json", cwd=tmp_path)
    counts = json.loads(status.stdout)["counts"]
    assert (counts["accepted"], counts["held"], counts["unknown"]) == (1, 1, 0)

    write_days(tmp_path)  # the holiday is called off
    again = campaign("run", "campaign.yaml", "--yes", cwd=tmp_path)
    assert again.returncode == 0, again.stdout
    assert server.journal.addresses() == {"+491713920010": 1, "+12125550110": 1}
