"""Campaigns that are sent by several workers, and the processes that send them."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path

import campaign
from campaign.errors import CampaignError
from campaign.reporting.reporter import Silent
from campaign.sandbox import SandboxServer
from tests.crash.campaign_of_crashes import workers_of
from tests.crash.processes import Ended, ended
from tests.run.campaigns import ENVIRONMENT, Recipe
from tests.run.lists import number

FAST = "{limit: 100000/s, concurrency: 16}"


class Told(Silent):
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.sentences: list[str] = []

    def told(self, text: str) -> None:
        self.sentences.append(text)


def write(
    folder: Path, url: str | None, people: int, more: str = "", rate: str = FAST, workers: int = 2
) -> Path:
    """Write a list of good numbers and a definition with so many workers."""
    rows = "".join(f"{number(place)},Ana,Plus\n" for place in range(people))
    (folder / "list.csv").write_text("Phone,First Name,Plan\n" + rows, encoding="utf-8")
    recipe = Recipe(rate=f"rate: {rate}\n", more=f"workers: {workers}\n{more}")
    return recipe.write(folder, "list.csv", url)


def with_workers(definition: Path, workers: int) -> None:
    """Let the next execution have another number of workers."""
    lines = definition.read_text(encoding="utf-8").splitlines(keepends=True)
    kept = [line for line in lines if not line.startswith("workers:")]
    definition.write_text("".join([*kept, f"workers: {workers}\n"]), encoding="utf-8")


def load(definition: Path) -> campaign.Campaign:
    return campaign.load(definition, environment=ENVIRONMENT)


def lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2][1] != "Z"
    except OSError:
        return False


def until_gone(*pids: int) -> None:
    """Wait until none of these processes lives any more."""
    until = time.monotonic() + 60
    while any(lives(pid) for pid in pids):
        assert time.monotonic() < until, "a worker outlives the run"
        time.sleep(0.01)


def until_sent(server: SandboxServer, people: int, process: subprocess.Popen[str]) -> list[int]:
    """Wait until so many were sent to; return the workers."""
    until = time.monotonic() + 120
    while len(server.journal) < people:
        assert process.poll() is None, ended(process).said
        assert time.monotonic() < until, "it does not send"
        time.sleep(0.002)
    return workers_of(process.pid)


def until_under_way(definition: Path, people: int, process: subprocess.Popen[str]) -> list[int]:
    """Wait until so many are claimed and wait for an answer; return the workers."""
    until, found = time.monotonic() + 120, 0
    while found < people:
        assert process.poll() is None, ended(process).said
        assert time.monotonic() < until, "it does not send"
        time.sleep(0.05)
        with suppress(CampaignError), load(definition).view() as view:
            found = view.counts.sending
    return workers_of(process.pid)


def asked_to_stop(process: subprocess.Popen[str], times: int = 1) -> Ended:
    """Press Ctrl-C so many times, which every process of the terminal gets."""
    for pressed in range(times):
        for pid in (process.pid, *workers_of(process.pid)):
            os.kill(pid, signal.SIGINT)
        if pressed + 1 < times:
            time.sleep(0.5)  # a signal that is not yet taken swallows the same one
    return ended(process)
