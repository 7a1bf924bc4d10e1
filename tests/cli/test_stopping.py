"""Ctrl-C once, twice, and a kill; two at once; a question on a terminal."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from campaign.sandbox import SandboxConfig, SandboxServer
from tests.cli.commands import COMMAND, campaign, environment, started
from tests.run.campaigns import Recipe
from tests.run.lists import number

PEOPLE = 200


@pytest.fixture
def slow() -> Iterator[SandboxServer]:
    config = SandboxConfig.model_validate({"faults": {"latency": {"fixed": 0.3}}})
    with SandboxServer(config) as server:
        yield server


@pytest.fixture
def folder(tmp_path: Path, slow: SandboxServer) -> Path:
    rows = "".join(f"{number(place)},Ana,Plus\n" for place in range(PEOPLE))
    (tmp_path / "list.csv").write_text("Phone,First Name,Plan\n" + rows, encoding="utf-8")
    recipe = Recipe(rate="rate: {limit: 100/s, concurrency: 16}\n")
    recipe.write(tmp_path, "list.csv", slow.url_for("synthflow"))
    return tmp_path


def until(true: Callable[[], bool]) -> None:
    """Wait for something that happens, however slow the machine; fail when it never does."""
    for _ in range(6000):
        if true():
            return
        time.sleep(0.01)
    raise AssertionError("it never happened")


def counts(folder: Path) -> dict[str, int]:
    status = campaign("status", "campaign.yaml", "--json", cwd=folder)
    found: dict[str, int] = json.loads(status.stdout)["counts"]
    return found


def test_the_first_ctrl_c_waits_for_what_is_under_way_and_the_same_command_resumes(
    folder: Path, slow: SandboxServer
) -> None:
    run = started("run", "campaign.yaml", cwd=folder)
    until(lambda: len(slow.journal) > 20)
    run.send_signal(signal.SIGINT)
    out, _ = run.communicate(timeout=60)

    assert run.returncode == 130, out
    assert "waiting for the answers" in out
    now = counts(folder)
    assert now["unknown"] == now["sending"] == 0
    assert now["accepted"] == len(slow.journal)
    assert now["pending"] > 0

    slow.set_faults({})
    again = campaign("run", "campaign.yaml", cwd=folder)
    assert again.returncode == 0, again.stdout
    assert set(slow.journal.addresses().values()) == {1}
    assert len(slow.journal) == PEOPLE


def test_the_second_ctrl_c_stops_at_once_and_what_was_under_way_is_unknown(
    folder: Path, slow: SandboxServer
) -> None:
    slow.set_faults({"slow": {"seconds": 50}})  # accepted at once, answered too late
    run = started("run", "campaign.yaml", cwd=folder)
    until(lambda: len(slow.journal) == 16)
    run.send_signal(signal.SIGINT)
    assert run.stdout is not None
    until(lambda: "waiting for the answers" in run.stdout.readline())
    run.send_signal(signal.SIGINT)
    out, _ = run.communicate(timeout=30)

    assert run.returncode == 130, out
    now = counts(folder)
    assert now["unknown"] == 16
    assert now["pending"] == PEOPLE - 16


def test_a_kill_leaves_a_ledger_that_resumes_without_sending_twice(
    folder: Path, slow: SandboxServer
) -> None:
    run = started("run", "campaign.yaml", cwd=folder)
    until(lambda: len(slow.journal) > 40)
    run.kill()
    run.communicate()

    slow.set_faults({})
    again = campaign("run", "campaign.yaml", cwd=folder)
    assert again.returncode == 3, again.stdout
    assert "cut off" in again.stdout
    sent = slow.journal.addresses()
    assert max(sent.values()) == 1
    now = counts(folder)
    assert 0 < now["unknown"] <= 16
    assert now["accepted"] + now["unknown"] == PEOPLE
    assert now["accepted"] <= len(sent)


def test_a_second_run_at_the_same_time_is_refused(folder: Path, slow: SandboxServer) -> None:
    first = started("run", "campaign.yaml", cwd=folder)
    until(lambda: len(slow.journal) > 5)
    second = campaign("run", "campaign.yaml", cwd=folder)
    first.send_signal(signal.SIGINT)
    first.communicate(timeout=60)
    assert second.returncode == 11
    assert f"process {first.pid}" in second.stderr
    assert max(slow.journal.addresses().values()) == 1


def asked_on_a_terminal(folder: Path) -> tuple[subprocess.Popen[bytes], int, bytes]:
    """Begin a live run on a terminal; return it, the terminal, and what was said when it asks."""
    master, slave = pty.openpty()
    run = subprocess.Popen(
        [*COMMAND, "run", "campaign.yaml"],
        cwd=folder,
        env=environment(TERM="xterm"),
        stdin=slave,
        stdout=slave,
        stderr=slave,
    )
    os.close(slave)
    seen = b""
    while b"[y/N]" not in seen:
        seen += os.read(master, 4096)
    return run, master, seen


def test_on_a_terminal_a_live_run_asks_first_and_no_means_no(
    folder: Path, slow: SandboxServer
) -> None:
    run, master, seen = asked_on_a_terminal(folder)
    os.write(master, b"n\n")
    run.wait(timeout=60)
    os.close(master)
    assert run.returncode == 130
    assert f"Message {PEOPLE} real people".encode() in seen
    assert len(slow.journal) == 0


def test_a_closed_terminal_is_a_polite_stop(folder: Path, slow: SandboxServer) -> None:
    run = started("run", "campaign.yaml", cwd=folder)
    until(lambda: len(slow.journal) > 20)
    run.send_signal(signal.SIGHUP)
    run.communicate(timeout=60)
    assert run.returncode == 130
    assert counts(folder)["unknown"] == 0


def test_a_reader_that_goes_away_breaks_nothing_off(folder: Path, slow: SandboxServer) -> None:
    run = started("run", "campaign.yaml", "--json", cwd=folder)
    until(lambda: len(slow.journal) > 10)
    assert run.stdout is not None
    run.stdout.close()
    run.wait(timeout=120)
    assert len(slow.journal) == PEOPLE
    assert counts(folder)["accepted"] == PEOPLE


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_a_run_that_is_stopped_while_it_judges_its_list_says_that_nothing_was_sent(
    folder: Path, slow: SandboxServer, stop: signal.Signals
) -> None:
    rows = "".join(f"+4915{place:09},Ana,Plus\n" for place in range(300_000))
    (folder / "list.csv").write_text("Phone,First Name,Plan\n" + rows, encoding="utf-8")
    run = started("run", "campaign.yaml", "--json", cwd=folder)
    assert run.stdout is not None
    until(lambda: "Judging" in run.stdout.readline())
    run.send_signal(stop)
    out, _ = run.communicate(timeout=60)

    assert run.returncode == 130, out
    assert "Interrupted; nothing was sent." in out
    assert left_over(folder) == []
    assert len(slow.journal) == 0


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_results_that_are_not_written_are_not_named(
    folder: Path, slow: SandboxServer, stop: signal.Signals
) -> None:
    slow.set_faults({})
    stopped_at_the_results = (
        "import signal, sys\n"
        "from campaign.cli.app import main\n"
        "from campaign.reporting.lines import Lines\n"
        "say = Lines.preparing\n"
        "def preparing(self, what):\n"
        "    say(self, what)\n"
        f"    if what == 'Writing the results': signal.raise_signal({int(stop)})\n"
        "Lines.preparing = preparing\n"
        "sys.argv = ['campaign', 'run', 'campaign.yaml']\n"
        "main()\n"
    )
    run = subprocess.run(
        [COMMAND[0], "-c", stopped_at_the_results],
        cwd=folder,
        env=environment(),
        capture_output=True,
        encoding="utf-8",
        check=False,
        timeout=120,
    )
    assert run.returncode == 130, run.stderr
    assert "Interrupted while writing the results; `campaign results` writes them." in run.stdout
    assert "Results:" not in run.stdout
    assert left_over(folder) == []
    assert not list(folder.rglob("results.csv"))
    assert counts(folder)["accepted"] == PEOPLE
    assert campaign("run", "campaign.yaml", cwd=folder).returncode == 0
    assert len(list(folder.rglob("results.csv"))) == 1
    assert len(slow.journal) == PEOPLE


def left_over(folder: Path) -> list[Path]:
    return list((folder / "output").rglob(".*"))


def test_what_a_dead_process_left_half_written_is_removed_by_the_next_run(
    folder: Path, slow: SandboxServer
) -> None:
    slow.set_faults({})
    assert campaign("run", "campaign.yaml", "--limit", "1", cwd=folder).returncode == 5
    (plan,) = folder.rglob("plan-*.parquet")
    dead = subprocess.Popen([COMMAND[0], "-c", ""])
    dead.wait()
    for left in (f".results.csv.{dead.pid}.tmp", f".results.parquet.{dead.pid}.3"):
        plan.with_name(left).write_text("half", encoding="utf-8")
    numbers = plan.with_name(f".plan-2.parquet.{dead.pid}.numbers")
    numbers.mkdir()
    (numbers / "shared.parquet").write_text("half", encoding="utf-8")
    of_a_living_one = plan.with_name(f".results.csv.{os.getpid()}.tmp")
    of_a_living_one.write_text("half", encoding="utf-8")
    of_somebody_else = plan.with_name(".keep")
    of_somebody_else.write_text("", encoding="utf-8")

    assert campaign("run", "campaign.yaml", "--limit", "1", cwd=folder).returncode == 5
    assert sorted(left_over(folder)) == sorted([of_a_living_one, of_somebody_else])


def test_ctrl_c_at_the_question_is_a_no(folder: Path, slow: SandboxServer) -> None:
    run, master, seen = asked_on_a_terminal(folder)
    run.send_signal(signal.SIGINT)
    while b"nothing was sent" not in seen:
        seen += os.read(master, 4096)
    run.wait(timeout=60)
    os.close(master)
    assert run.returncode == 130
    assert len(slow.journal) == 0


def test_a_notebooks_interrupt_stops_the_run(folder: Path, slow: SandboxServer) -> None:
    cell = (
        "import asyncio, campaign\n"
        "async def notebook():\n"
        "    return campaign.load('campaign.yaml').run()\n"
        "print('exit', asyncio.new_event_loop().run_until_complete(notebook()).exit_code)\n"
    )
    run = subprocess.Popen(
        [COMMAND[0], "-c", cell],
        cwd=folder,
        env=environment(),
        stdout=subprocess.PIPE,
        encoding="utf-8",
    )
    until(lambda: len(slow.journal) > 20)
    run.send_signal(signal.SIGINT)
    out, _ = run.communicate(timeout=60)
    assert "exit 130" in out
    assert len(slow.journal) < PEOPLE
    assert counts(folder)["unknown"] == 0
