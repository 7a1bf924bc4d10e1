"""The report of a large run: seconds, memory, and the size of the page.

A run of ``--planned`` people who all have an outcome, and of most of whom something came back:
nearly all were reached, half have read it, a third answered at some time within a day, half of
these conversations are closed, and one in twenty-five did not arrive. Outcomes and what came back
are written past the ledger, as it would have written them. Each command is a process of its own,
whose peak of resident memory is what Linux says of it (``VmHWM``).
"""

from __future__ import annotations

import argparse
import sqlite3
import sys
import tempfile
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from benchmarks.bars import Bar, shown
from benchmarks.recovery import Run
from benchmarks.vendor import vendor

PLANNED = 1_000_000
_CAME_BACK = """
INSERT INTO delivery (run_id, number, claimed_at, made, sent_at, delivered_at, read_at, replied_at,
                      closed_at, undelivered_at, code, detail)
SELECT run_id, number, claimed_at, 0, claimed_at + 1000,
       CASE WHEN number % 25 THEN claimed_at + 2000 END,
       CASE WHEN number % 2 THEN claimed_at + 60000 END,
       CASE WHEN number % 3 = 0 THEN claimed_at + 90000 + number * 7919 % 86400000 END,
       CASE WHEN number % 6 = 0 THEN claimed_at + 200000 + number * 7919 % 86400000 + number END,
       CASE WHEN number % 25 = 0 THEN claimed_at + 5000 END,
       CASE WHEN number % 25 = 0 THEN '30003' END,
       CASE WHEN number % 25 = 0 THEN 'Unreachable destination handset' END
FROM recipient
"""


def main(arguments: Sequence[str]) -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks report", description=__doc__)
    parser.add_argument("--planned", type=int, default=PLANNED, help="people on the list")
    planned: int = parser.parse_args(arguments).planned
    print("| what | seconds | processor | peak MB | page MB | lists beside it MB |")
    print("|---|---:|---:|---:|---:|---:|")
    with vendor() as url, tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        run = Run(folder, planned, "", url)
        run.command("run", "--yes", "--limit", "1")
        run.settle(planned - 1)
        with closing(sqlite3.connect(folder / "campaign-ledger.db")) as db, db:
            db.execute(_CAME_BACK)
        spent = run.command("report")
        page = next((folder / "output").rglob("report.html"))
        size = page.stat().st_size / 1e6
        beside = sum(file.stat().st_size for file in page.parent.glob("report-*.csv")) / 1e6
        print(
            f"| page of {planned:,} people | {spent.seconds:.1f} | {spent.processor:.1f} "
            f"| {spent.peak:,.0f} | {size:.2f} | {beside:,.0f} |",
            flush=True,
        )
        others = (
            ("JSON", "report", "--format", "json"),
            ("results for Excel", "results", "--excel"),
        )
        for what, *words in others:
            found = run.command(*words)
            print(
                f"| {what} | {found.seconds:.1f} | {found.processor:.1f} | {found.peak:,.0f} | | |",
                flush=True,
            )
    bars = [
        Bar(
            "peak memory of a report",
            "≤ 1,024 MB",
            f"{spent.peak:,.0f} MB ({planned:,} people)",
            spent.peak <= 1024,
        ),
        Bar("size of its page", "< 5 MB", f"{size:.2f} MB", size < 5),
    ]
    print(f"\n{shown(bars)}")


if __name__ == "__main__":
    main(sys.argv[1:])
