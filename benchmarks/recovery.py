"""Seconds from the command until the first request, where many are done and some are left.

A run of ``--planned`` people of whom ``--settled`` have an outcome: how long the same command
takes, from the start of its process, until it sends to the next one. Everything before is in that
time: Python, the list's and the plan's checksums, taking the run over from a process that was
killed, and finding out who is left. Beside it the same of the fresh run, whose plan stands already
while hardly anybody has an outcome.

Then everybody but the last ``--rest`` has an outcome, and the command goes on to its end: the peak
of its resident memory (``VmHWM`` of Linux) while it finds them, sends to them and writes the
results; and the same of the command that made the plan, which is the first half of a whole run.
Outcomes are written past the ledger, as it would have written them. *Processor* are the seconds of
one core that the process took, which a busy machine does not make more.
"""

from __future__ import annotations

import argparse
import json
import os
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.request import urlopen

import psycopg

import campaign
from benchmarks.bars import Bar, shown
from benchmarks.vendor import vendor
from campaign.ledger.location import FileLocation
from campaign.ledger.protocol import Ledger
from tests.postgres import PostgresForTests

PLANNED, SETTLED, REST = 1_010_000, 1_000_000, 2_000
TIMES = 3
DEFINITION = """\
name: recovery
channel: sms
provider: {{name: synthflow, base_url: "{url}", agent_id: {agent}, api_key: "${{KEY}}"}}
sender: "+12025550100"
recipients: list.csv
message: "Hi {{{{ first_name }}}}"
rate: 1000/s
{ledger}
"""
AGENT = "2a886b7d-d52d-4f8b-8ea0-19d3edc79214"
ENVIRONMENT = {"KEY": "key"}

_PLACES = """
(
    WITH RECURSIVE place(number) AS (
        SELECT {first} UNION ALL SELECT number + 1 FROM place WHERE number < {last}
    )
    SELECT number FROM place WHERE number NOT IN ({refused})
) AS place"""
_OUTCOMES = (
    """
    INSERT INTO recipient (run_id, number, key, state, provider_id, attempts, claimed_at,
                           settled_at, initiated)
    SELECT 1, number, '+1' || (2022000000 + number + number / 8000000 * 2000000), 'accepted',
           'conversation-' || number, 1, 1790000000000, 1790000000100, 1 FROM {places}
    """,
    """
    INSERT INTO attempt (run_id, number, attempt, started_at, ended_at, outcome, http_status)
    SELECT 1, number, 1, 1790000000000, 1790000000100, 'accepted', 200 FROM {places}
    """,
    """
    UPDATE tally
    SET rows = (SELECT count(*) FROM recipient WHERE run_id = 1 AND state = 'accepted')
    WHERE run_id = 1 AND state = 'accepted'
    """,
)


def write_list(path: Path, people: int) -> None:
    """Write the list; exchanges from 200 on exist in both area codes."""
    with path.open("w", encoding="utf-8") as file:
        file.write("phone,first_name\n")
        file.writelines(
            f"+1{2_022_000_000 + place + place // 8_000_000 * 2_000_000},Ana\n"
            for place in range(people)
        )


@dataclass(frozen=True, slots=True)
class Spent:
    """What a command took to its first request, or to its end: seconds, and megabytes."""

    seconds: float
    processor: float
    peak: float


class Run:
    """One run in a folder, and the two ways to get on with it: the command, and past the ledger."""

    def __init__(self, folder: Path, planned: int, ledger: str, url: str) -> None:
        self.url = url
        self.definition = folder / "campaign.yaml"
        text = DEFINITION.format(url=url, agent=AGENT, ledger=ledger)
        self.definition.write_text(text, encoding="utf-8")
        write_list(folder / "list.csv", planned)
        self.campaign = campaign.load(self.definition, environment=ENVIRONMENT)

    def command(self, *words: str, first: bool = False) -> Spent:
        """Run a command to its end, or to its ``first`` request."""
        self.arrivals()
        began, peak, processor = time.monotonic(), 0.0, 0.0
        process = subprocess.Popen(
            [sys.executable, "-m", "campaign", words[0], str(self.definition), *words[1:]],
            env=os.environ | ENVIRONMENT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        while process.poll() is None and not (first and self.arrivals()):
            peak, processor = _spent(process.pid) or (peak, processor)
            time.sleep(0.02)
        seconds = time.monotonic() - began
        assert not first or process.returncode is None, "it ended without a request"
        if first:
            process.kill()  # told politely, it would write the results, which is measured below
        process.wait()
        return Spent(seconds, processor, peak)

    def arrivals(self) -> int:
        """Return how many requests have come since somebody asked."""
        with urlopen(f"{self.url}/arrivals") as answer:
            return len(json.load(answer))

    def settle(self, last: int) -> None:
        """Let everybody up to this number have an outcome."""
        with self.campaign.view() as view:
            rows = view.plan.rows().filter(verdict="skipped").select("number").collect()
        refused = ", ".join(map(str, [-1, *rows["number"]]))
        with self.ledger() as ledger:
            first = 1 + max(ledger.columns(1, 0, last)["number"])
        places = _PLACES.format(first=first, last=last, refused=refused)
        location = self.campaign.job.ledger(ENVIRONMENT)
        if isinstance(location, FileLocation):
            db: sqlite3.Connection | psycopg.Connection = sqlite3.connect(location.path)
        else:
            db = psycopg.connect(location.address, options="-c search_path=campaign")
        with closing(db), db:
            for statement in _OUTCOMES:
                text = statement.format(places=places)
                db.execute(text if isinstance(db, sqlite3.Connection) else text.encode())

    @contextmanager
    def ledger(self) -> Iterator[Ledger]:
        """Open the ledger, to look."""
        with closing(self.campaign.job.ledger(ENVIRONMENT).open()) as ledger:
            yield ledger


def _spent(pid: int) -> tuple[float, float] | None:
    """Return a process's peak of memory in megabytes, and its processor time, unless it is gone."""
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
        times = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    except OSError:
        return None
    if "VmHWM:" not in status:
        return None
    ticks = int(times[11]) + int(times[12])
    return int(status.split("VmHWM:")[1].split()[0]) / 1024, ticks / os.sysconf("SC_CLK_TCK")


def measure(title: str, run: Run, planned: int, settled: int, rest: int) -> list[Bar]:
    """Bring a run through its stages, and print a line for each; return its bars."""
    peaks: list[float] = []

    def told(what: str, *spent: Spent) -> None:
        peaks.extend(one.peak for one in spent)
        seconds = ", ".join(f"{one.seconds:.1f}" for one in spent)
        processor = ", ".join(f"{one.processor:.1f}" for one in spent)
        peak = max(one.peak for one in spent)
        print(f"| {title} | {what} | {seconds} | {processor} | {peak:,.0f} |", flush=True)

    told("plan, one request, results", run.command("run", "--yes", "--limit", "1"))
    told("fresh: to the first request", *_first_requests(run))
    run.settle(settled)
    resumed = _first_requests(run)
    told(f"resumed after {settled:,}: to the first request", *resumed)
    run.settle(planned - rest - 1)
    with run.ledger() as ledger:
        left = ledger.counts(1).pending
        assert 0 < left <= rest, f"{left} are left"
    told(f"the last {left:,}, to the end", run.command("run", "--yes"))
    told("results.csv once more", run.command("results"))
    with run.ledger() as ledger:
        assert ledger.broken(1) == []
        assert ledger.counts(1).pending == 0
    slowest, peak = max(one.seconds for one in resumed), max(peaks)
    return [
        Bar(
            "resume, from the start of the process to the first request, the slowest",
            "≤ 10 s",
            f"{slowest:.1f} s ({planned:,} planned, {settled:,} settled)",
            slowest <= 10,
        ),
        Bar(
            "peak memory of a whole run",
            "≤ 2,048 MB",
            f"{peak:,.0f} MB ({planned:,} rows)",
            peak <= 2048,
        ),
    ]


def _first_requests(run: Run) -> list[Spent]:
    return [run.command("run", "--yes", first=True) for _ in range(TIMES)]


@contextmanager
def database() -> Iterator[str]:
    """Run a PostgreSQL server with an empty database; yield its address."""
    server = PostgresForTests()
    try:
        with server.database() as address:
            yield address
    finally:
        server.close()


def main(arguments: Sequence[str]) -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks recovery", description=__doc__)
    parser.add_argument("--planned", type=int, default=PLANNED, help="people on the list")
    parser.add_argument("--settled", type=int, default=SETTLED, help="of them with an outcome")
    parser.add_argument("--rest", type=int, default=REST, help="left for the run to its end")
    asked = parser.parse_args(arguments)
    sizes = asked.planned, asked.settled, min(asked.rest, asked.planned - asked.settled)
    print(f"{asked.planned:,} planned, {TIMES} times where there are several.\n")
    print("| ledger | what | seconds, each time | processor | peak MB |")
    print("|---|---|---:|---:|---:|")
    with vendor() as url:
        with tempfile.TemporaryDirectory() as name:
            bars = measure("SQLite", Run(Path(name), asked.planned, "", url), *sizes)
        with tempfile.TemporaryDirectory() as name, database() as address:
            run = Run(Path(name), asked.planned, f"ledger: {address}", url)
            measure("PostgreSQL", run, *sizes)
    print(f"\n{shown(bars)}")


if __name__ == "__main__":
    main(sys.argv[1:])
