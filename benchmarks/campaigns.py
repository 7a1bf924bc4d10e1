"""The campaign that is measured: ``campaign run`` as a process, with all that it does for a person.

Everybody in the list may be sent to, so that what is measured is sending. The vendor is
:mod:`benchmarks.vendor`; the body is that of Synthflow, whose form of an answer it speaks.
"""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.vendor import ROOT

AGENT = "2a886b7d-d52d-4f8b-8ea0-19d3edc79214"
SENDER = "+12025550100"
_DEFINITION = """\
name: measured
channel: sms
provider: {{name: synthflow, base_url: "{url}", agent_id: {agent}, api_key: "${{KEY}}"}}
sender: "{sender}"
recipients: list.csv
message: "Hi {{{{ first_name }}}}, your plan ends soon. Shall we renew it?"
rate: {rate}
{more}
"""
_PATIENCE = 20.0
_CAMPAIGN = ("-m", "campaign")


def body(phone: str, name: str) -> dict[str, str]:
    """Return what every side sends to one person."""
    return {
        "agent_id": AGENT,
        "channel": "sms",
        "to_number": phone,
        "from_number": SENDER,
        "initial_message": f"Hi {name}, your plan ends soon. Shall we renew it?",
    }


def write_list(path: Path, people: int) -> None:
    """Write the list that every side sends to."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["phone", "first_name"])
        writer.writerows([f"+1{2_022_000_000 + place}", "Ana"] for place in range(people))


def read_list(path: Path) -> list[tuple[str, str]]:
    """Return phone and name of everybody in the list."""
    with path.open(newline="", encoding="utf-8") as file:
        return [(phone, name) for phone, name in list(csv.reader(file))[1:]]


@contextmanager
def running(
    folder: Path, url: str, *, rate: str, more: str = "", program: Sequence[str] = _CAMPAIGN
) -> Iterator[subprocess.Popen[bytes]]:
    """Run the campaign over ``list.csv`` of a folder; end it politely when the block ends.

    ``rate`` and ``more`` are put into its definition. ``program`` is what stands in for
    ``python -m campaign``.
    """
    text = _DEFINITION.format(url=url, agent=AGENT, sender=SENDER, rate=rate, more=more)
    definition = folder / "campaign.yaml"
    definition.write_text(text, encoding="utf-8")
    with (folder / "out").open("wb") as out, (folder / "err").open("wb") as err:
        process = subprocess.Popen(
            [sys.executable, *program, "run", str(definition), "--json"],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=err,
            cwd=ROOT,
            env=os.environ | {"KEY": "key"},
        )
    try:
        yield process
    except Exception:  # whatever it was: what the campaign said explains it; raised again
        for said in ("out", "err"):
            sys.stderr.write((folder / said).read_text(encoding="utf-8"))
        raise
    finally:
        end(process)


def end(process: subprocess.Popen[bytes]) -> None:
    """Ask a process to end, and see to it that it does."""
    process.terminate()
    try:
        process.wait(_PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def accepted(process: subprocess.Popen[bytes], folder: Path, *, done: bool) -> int:
    """End a run, and return how many its ledger calls accepted.

    One that is ``done`` sending writes its results by itself, and is not to be disturbed.
    """
    if done:
        process.wait(_PATIENCE)
    else:
        end(process)
    found: int = summary(folder)["counts"]["accepted"]
    return found


def summary(folder: Path) -> dict[str, Any]:
    """Return what the run said of itself at its end."""
    lines = (folder / "out").read_text(encoding="utf-8").splitlines()
    told: list[dict[str, Any]] = [json.loads(line) for line in lines]
    found = [line for line in told if line["event"] == "finished"]
    assert found, (folder / "err").read_text(encoding="utf-8") or lines
    return found[-1]
