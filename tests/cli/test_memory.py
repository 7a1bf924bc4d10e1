"""The allocator is told to give memory back while it still listens."""

from __future__ import annotations

import os
import subprocess
import sys

from campaign.cli.memory import SETTING

_OURS = f"False dirty_decay_ms:50,muzzy_decay_ms:0,narenas:{os.cpu_count()}"

_MAIN = """
import os, sys
from campaign.cli import app, memory
loaded = "polars" in sys.modules
app.app = lambda: print(loaded, os.environ.get(memory.SETTING))
app.main()
"""


def said(**environment: str) -> str:
    kept = {name: value for name, value in os.environ.items() if name != SETTING}
    command = [sys.executable, "-c", _MAIN]
    return subprocess.run(
        command, env=kept | environment, capture_output=True, check=True, encoding="utf-8"
    ).stdout.strip()


def test_the_allocator_is_told_before_polars_is_loaded() -> None:
    assert said() == _OURS


def test_what_polars_left_to_a_program_that_starts_another_is_nobodys_word() -> None:
    loaded = "import os, polars; print(os.environ['_RJEM_MALLOC_CONF'])"
    left = subprocess.run(
        [sys.executable, "-c", loaded],
        env={name: value for name, value in os.environ.items() if name != SETTING},
        capture_output=True,
        check=True,
        encoding="utf-8",
    ).stdout.strip()
    assert left
    assert said(**{SETTING: left}) == _OURS


def test_who_has_told_the_allocator_something_else_is_left_alone() -> None:
    assert said(**{SETTING: "narenas:2"}) == "False narenas:2"
