"""The command as a process of its own, a little changed (see ``changed.py``), and its end."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from campaign.sandbox import SandboxServer
from tests.processes import ROOT, python
from tests.run.campaigns import ENVIRONMENT

HELD = 11
STARTED: list[subprocess.Popen[str]] = []
"""All that were started; what is still there after a test is killed."""


@dataclass(frozen=True)
class Ended:
    """A process that has ended: its exit code and all it printed."""

    code: int
    said: str


def started(*words: object, **changes: Any) -> subprocess.Popen[str]:
    """Start the command and return at once."""
    process = python("-m", "tests.crash.changed", json.dumps(changes), *words)
    STARTED.append(process)
    return process


def ended(process: subprocess.Popen[str]) -> Ended:
    """Wait for a process."""
    said, _ = process.communicate(timeout=120)
    return Ended(process.returncode, said)


def command(*words: object, **changes: Any) -> Ended:
    """Run the command to its end."""
    return ended(started(*words, **changes))


def run(definition: Path, **changes: Any) -> Ended:
    """Run the campaign to its end."""
    return command("run", definition, **changes)


def run_when_free(definition: Path, **changes: Any) -> Ended:
    """Run the campaign as soon as whoever holds it may be pushed aside."""
    until = time.monotonic() + 60
    while (end := run(definition, **changes)).code == HELD:
        assert time.monotonic() < until, "nobody may ever take it over"
    return end


def wait_for(server: SandboxServer, people: int, process: subprocess.Popen[str]) -> None:
    """Wait until so many were sent to, while the process lives."""
    while len(server.journal) < people:
        assert process.poll() is None, ended(process).said
        time.sleep(0.002)


def wait_until_stopped(process: subprocess.Popen[str]) -> None:
    """Wait until a process is stopped: alive, and doing nothing."""
    _, status = os.waitpid(process.pid, os.WUNTRACED)
    assert os.WIFSTOPPED(status), "it ended instead"


def crowd(definition: Path, processes: int) -> list[dict[str, Any]]:
    """Run the campaign in so many processes at once; return what each came to."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.crash.crowd", str(definition), str(processes)],
        cwd=ROOT,
        env=os.environ | ENVIRONMENT,
        capture_output=True,
        encoding="utf-8",
        timeout=300,
        check=True,
    )
    return [json.loads(line) for line in done.stdout.splitlines()]
