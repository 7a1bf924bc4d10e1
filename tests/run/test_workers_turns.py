"""Workers write one after the other, and nobody waits for one that has died."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import closing
from pathlib import Path

import pytest

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


def test_the_file_that_orders_them_is_left_as_it_was(plan: Path) -> None:
    with closing(Turns(plan)) as turns, turns.mine():
        pass
    assert plan.read_bytes() == b"a plan"
