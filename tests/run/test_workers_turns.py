"""Workers write one after the other, and none waits for ever for one that died or is suspended."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from campaign.workers import turns as module
from campaign.workers.turns import Turns

HOLDER = """
import sys, time
from pathlib import Path
from campaign.workers.turns import Turns
with Turns(Path(sys.argv[1])).mine():
    print("mine", flush=True)
    time.sleep(600)
"""


@pytest.fixture
def plan(tmp_path: Path) -> Path:
    path = tmp_path / "plan.parquet"
    path.write_bytes(b"a plan")
    return path


def test_no_two_have_their_turn_at_once(plan: Path) -> None:
    written = [0]

    def write() -> None:
        with closing(Turns(plan)) as turns:
            for _ in range(100):
                with turns.mine():
                    found = written[0]
                    time.sleep(0)
                    written[0] = found + 1

    writers = [threading.Thread(target=write) for _ in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert written == [400]


def test_a_worker_that_dies_in_its_turn_gives_it_back(plan: Path) -> None:
    command = [sys.executable, "-c", HOLDER, str(plan)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, encoding="utf-8") as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "mine\n"
        os.kill(holder.pid, signal.SIGKILL)
        with closing(Turns(plan)) as turns, turns.mine():
            assert holder.wait() == -signal.SIGKILL


def test_a_worker_that_is_suspended_in_its_turn_is_not_waited_for_without_end(
    plan: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_PATIENCE", 0.05)
    written: list[str] = []

    def write() -> None:
        with closing(Turns(plan)) as turns, turns.mine():
            written.append("although it was nobody's turn")

    command = [sys.executable, "-c", HOLDER, str(plan)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, encoding="utf-8") as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "mine\n"
        os.kill(holder.pid, signal.SIGSTOP)
        writer = threading.Thread(target=write)
        writer.start()
        writer.join(timeout=30)
        before_its_end = list(written)
        holder.kill()
        writer.join()
    assert before_its_end, "it waited until the other was gone"


def test_who_was_waited_for_in_vain_is_not_waited_for_again_until_it_goes_on(
    plan: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_PATIENCE", 0.02)
    asked_again: list[float] = []

    def sleep(seconds: float, sleep: Callable[[float], None] = time.sleep) -> None:
        asked_again.append(seconds)
        sleep(seconds)

    monkeypatch.setattr(module.time, "sleep", sleep)

    def times_asked_again() -> int:
        asked_again.clear()
        with turns.mine():
            return len(asked_again)

    with closing(Turns(plan)) as other, closing(Turns(plan)) as turns:
        with other.mine():
            assert times_asked_again() > 0
            assert times_asked_again() == 0
        assert times_asked_again() == 0
        with other.mine():
            assert times_asked_again() > 0, "it had gone on"


def test_the_file_that_orders_them_is_left_as_it_was(plan: Path) -> None:
    with closing(Turns(plan)) as turns, turns.mine():
        pass
    assert plan.read_bytes() == b"a plan"
