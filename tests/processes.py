"""Python as a process of its own: with this checkout, and with the key that definitions name."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.run.campaigns import ENVIRONMENT

ROOT = Path(__file__).parents[1]


def python(*words: object) -> subprocess.Popen[str]:
    """Start Python with these words and return at once; what it says comes from one pipe."""
    return subprocess.Popen(
        [sys.executable, *map(str, words)],
        cwd=ROOT,
        env=os.environ | ENVIRONMENT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
    )
