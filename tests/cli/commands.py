"""Run the command as a user does: its own process, its own folder."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

COMMAND = (sys.executable, "-m", "campaign")


def environment(**more: str) -> dict[str, str]:
    """Return the process's environment with a key, and without colours or a terminal's width."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("COV")}
    return kept | {"KEY": "a-secret-that-must-not-be-seen", "COLUMNS": "200"} | more


def campaign(*words: object, cwd: Path, **more: str) -> subprocess.CompletedProcess[str]:
    """Run one command to its end and return what it printed."""
    return subprocess.run(
        [*COMMAND, *map(str, words)],
        cwd=cwd,
        env=environment(**more),
        capture_output=True,
        encoding="utf-8",
        timeout=120,
        check=False,
        stdin=subprocess.DEVNULL,
    )


def started(*words: object, cwd: Path) -> subprocess.Popen[str]:
    """Start one command and return at once."""
    return subprocess.Popen(
        [*COMMAND, *map(str, words)],
        cwd=cwd,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
        encoding="utf-8",
    )
