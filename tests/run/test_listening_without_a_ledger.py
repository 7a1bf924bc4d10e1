"""Whoever listens in the wrong place is told: the ledger there was made just now, and is empty."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.commands import COMMAND, environment
from tests.postgres import PostgresForTests
from tests.run.listened import ENVIRONMENT, definition, in_a_log, listening

MADE = "There was no ledger at "
READY = b"Enter at the vendor:"


def on_a_terminal(path: Path) -> list[str]:
    """Return the lines that a person sees."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [*COMMAND, "listen", str(path), "--port", "0"],
        cwd=path.parent,
        env=environment(**ENVIRONMENT, TERM="xterm"),
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)
    seen, asked = b"", False
    try:
        while part := os.read(ours, 4096):
            seen += part
            if READY in seen and not asked:
                process.send_signal(signal.SIGINT)
                asked = True
    except OSError:
        pass  # the terminal goes when its last process does
    assert process.wait(timeout=60) == 0, seen
    os.close(ours)
    return seen.decode().splitlines()


def in_json(path: Path) -> list[str]:
    """Return the messages of the objects that a program reads; the first is the addresses."""
    with listening(path) as process:
        process.signal(signal.SIGTERM)
        assert process.end() == 0
        said = process.said
    assert said[0]["event"] == "listening"
    return [one["text"] for one in said if one["event"] == "message"]


@pytest.mark.parametrize("form", [in_a_log, on_a_terminal, in_json])
def test_a_ledger_that_is_made_is_named_once_and_what_to_do(
    tmp_path: Path, form: Callable[[Path], list[str]]
) -> None:
    path, ledger = definition(tmp_path), tmp_path / "campaign-ledger.db"
    (said,) = [line for line in form(path) if MADE in line]
    assert f"{MADE}{ledger}, so an empty one was made, and there is no run in it yet." in said
    assert "Start `campaign run` with the same definition; or, if its ledger is elsewhere" in said
    assert ledger.exists()
    assert not any(MADE in line for line in form(path)), "now there is one"


def test_what_a_deleted_ledger_held_is_named_too(tmp_path: Path) -> None:
    path, kept = definition(tmp_path), tmp_path / "campaign-ledger.db.rescued"
    kept.touch()
    (said,) = in_json(path)
    assert said.endswith(f"What it held when it went away is in {kept}.")


def test_a_database_without_a_ledger_is_named_as_well(
    tmp_path: Path, postgres: PostgresForTests
) -> None:
    path = definition(tmp_path)
    text = path.read_text(encoding="utf-8")
    with postgres.database() as address:
        path.write_text(f"{text}ledger: {json.dumps(address)}\n", encoding="utf-8")
        (said,) = in_json(path)
        assert said.startswith(f"{MADE}postgresql://")
        assert in_json(path) == []
