"""Seconds of processor time until a command has answered, of a small run that is over.

Beside the commands stand Python by itself, and what every command with options loads. Least and
median of twenty, each command in turn, so that another program's noise meets them all alike.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.bars import Bar, shown

TIMES = 20
DEFINITION = """\
name: startup
channel: sms
provider: {name: synthflow, sandbox: true, agent_id: 2a886b7d-d52d-4f8b-8ea0-19d3edc79214}
sender: "+12025550100"
recipients: list.csv
message: "Hi {{ first_name }}"
rate: 50/s
"""
FILE = "campaign.yaml"
PYTHON = (sys.executable,)
CAMPAIGN = (*PYTHON, "-m", "campaign")
COMMANDS = {
    "python -c pass": (*PYTHON, "-c", "pass"),
    'python -c "import typer"': (*PYTHON, "-c", "import typer"),
    'python -c "import typer, pydantic.main"': (*PYTHON, "-c", "import typer, pydantic.main"),
    "campaign --help": (*CAMPAIGN, "--help"),
    "campaign --version": (*CAMPAIGN, "--version"),
    "campaign status": (*CAMPAIGN, "status", FILE),
    "campaign status --json": (*CAMPAIGN, "status", FILE, "--json"),
    "campaign suppress list": (*CAMPAIGN, "suppress", "list", FILE),
    "campaign show": (*CAMPAIGN, "show", FILE, "+12025550110"),
    "campaign check": (*CAMPAIGN, "check", FILE),
}


@dataclass(slots=True)
class Times:
    """What the runs of one command took, in seconds."""

    processor: list[float] = field(default_factory=list)
    wall: list[float] = field(default_factory=list)


def used() -> float:
    """Return the processor time of all processes that have ended."""
    of_children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return of_children.ru_utime + of_children.ru_stime


def measure(command: Sequence[str], folder: Path, times: Times) -> None:
    """Run a command once."""
    before, started = used(), time.perf_counter()
    subprocess.run(
        command,
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=True,
    )
    times.wall.append(time.perf_counter() - started)
    times.processor.append(used() - before)


def main(arguments: Sequence[str]) -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks startup", description=__doc__)
    parser.add_argument("--times", type=int, default=TIMES, help="of each command")
    times = parser.parse_args(arguments).times
    # The folders' own checkout, from wherever the commands are run.
    os.environ["PYTHONPATH"] = str(Path(__file__).parents[1])
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / FILE).write_text(DEFINITION, encoding="utf-8")
        (folder / "list.csv").write_text("phone,first_name\n+12025550110,Ana\n", encoding="utf-8")
        for words in (("run", FILE), ("suppress", "add", FILE, "+12025550111")):
            measure((*CAMPAIGN, *words), folder, Times())
        found = {told: Times() for told in COMMANDS}
        for _ in range(times):
            for told, command in COMMANDS.items():
                measure(command, folder, found[told])
    print("| command | processor, least | processor, median | wall, least |")
    print("|---|---:|---:|---:|")
    for told, spent in found.items():
        least, middle = min(spent.processor), statistics.median(spent.processor)
        print(f"| `{told}` | {least:.3f} s | {middle:.3f} s | {min(spent.wall):.3f} s |")
    bars = [
        Bar(f"`{told}`, by the clock", "< 0.3 s", f"{min(found[told].wall):.2f} s", good)
        for told in ("campaign --help", "campaign status")
        for good in [min(found[told].wall) < 0.3]
    ]
    print(f"\n{shown(bars)}")


if __name__ == "__main__":
    main(sys.argv[1:])
