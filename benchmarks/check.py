"""Memory and time of ``campaign check``: ten times the rows, no more but their columns.

Each list is checked by a process of its own, whose peak of resident memory is what Linux says of it
at its end (``VmHWM``: ``ru_maxrss`` begins with the peak of the process that started it, which has
read the list); what the imports take is measured by a list of one row and taken off. *Columns* is
what the list's own columns take in memory as Arrow strings: a view of 16 bytes for each cell, and
its text where that has more than twelve bytes. From one list to the next, the peak may grow by as
much as they do. *Keys* are the two of them by which duplicates are found.

The lists are mixed: a cell in twelve is damaged in one of six ways, one in twenty-five is somebody
else's number, a third is written as at home in one of eight countries, which stands beside it.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import random
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import polars as pl

from benchmarks.bars import Bar, shown

ROWS = "100000,1000000"
DEFINITION = """\
name: check
channel: sms
provider: {name: synthflow, sandbox: true, agent_id: 2a886b7d-d52d-4f8b-8ea0-19d3edc79214}
sender: "+12025550100"
recipients: {files: list.csv, key: customer, country: country}
message: "Hi {{ first_name }}, your {{ plan }} plan ends soon. Shall we renew it?"
max_rejects: 50%
"""
_NAMES = ("Ana", "Zoë", "Łukasz", "Bo", "Kim", "Jørgen", "Mary-Jane", "李")
_ABROAD = (
    ("DE", "0151 1{:07}"), ("GB", "074{:08}"), ("BR", "(11) 96{:07}"), ("FR", "06 1{:07}"),
    ("MX", "+52 222 1{:06}"), ("AR", "+54 9 11 2{:07}"), ("IN", "81{:08}"), ("IT", "320 {:07}"),
)  # fmt: skip
"""Countries, and how somebody writes a number there."""
_DAMAGED = ("", "4.91714E+11", "491713920099.0", "'+491713920001", "+49 171 392 ext 5", "hello")

# What a process of its own does: check once, and say how long each stage took.
_CHECK = """
import json, sys, time
from pathlib import Path
from campaign.cli.memory import give_back
give_back()
from campaign.job import Job
from campaign.plan import making
from campaign.preflight import forecast as stage

times, make = {}, making.make
def timed(*given):
    began = time.monotonic()
    made = make(*given)
    times["plan"] = time.monotonic() - began
    return made
making.make = timed
began = time.monotonic()
found = stage.forecast(Job.load(Path(sys.argv[1])), {})
times["all"] = time.monotonic() - began
status = Path("/proc/self/status").read_text()
peak = int(status.split("VmHWM:")[1].split()[0])
print(json.dumps({"peak": peak, "times": times, "counts": found.counts}))
"""


def write_list(path: Path, rows: int) -> None:
    """Write a mixed list."""
    chance = random.Random(1)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["phone", "country", "customer", "first_name", "plan", "city"])
        for place in range(rows):
            draw = chance.random()
            phone, country = f"+1{2_022_000_000 + place}", "US"
            if draw < 0.08:
                phone = chance.choice(_DAMAGED)
            elif draw < 0.12:
                phone = f"+1{2_022_000_000 + chance.randrange(max(place, 1))}"
            elif draw < 0.45:
                country, written = chance.choice(_ABROAD)
                phone = written.format(place % 10**6)
            name = "" if chance.random() < 0.03 else chance.choice(_NAMES)
            plan = chance.choice(("Basic", "Plus", "Premium"))
            customer = f"C{place:09d}"
            writer.writerow([phone, country, customer, name, plan, f"City {place % 1000}"])


def columns_of(path: Path) -> tuple[float, float]:
    """Return how many megabytes all columns of a list take in memory, and the two keys.

    A text takes a view of 16 bytes, and its own bytes where it has more than twelve.
    """
    lengths = pl.read_csv(path, infer_schema=False).select(pl.all().str.len_bytes().fill_null(0))
    sizes = lengths.select(pl.all() * (pl.all() > 12) + 16).sum()
    found = {name: size / 2**20 for name, size in sizes.to_dicts()[0].items()}
    return sum(found.values()), found["phone"] + found["customer"]


def measured(folder: Path, rows: int) -> dict[str, object]:
    """Check a list of so many rows in a process of its own."""
    write_list(folder / "list.csv", rows)
    columns, keys = columns_of(folder / "list.csv")
    definition = folder / "campaign.yaml"
    definition.write_text(DEFINITION, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-c", _CHECK, str(definition)],
        capture_output=True,
        encoding="utf-8",
        check=True,
        env=os.environ.copy(),
    )
    found: dict[str, object] = json.loads(done.stdout)
    return found | {"columns": columns, "keys": keys}


def main(arguments: Sequence[str]) -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks check", description=__doc__)
    parser.add_argument("--rows", default=ROWS, help="how many, separated by commas")
    sizes = [int(rows) for rows in parser.parse_args(arguments).rows.split(",")]
    print("| rows | peak MB | above one MB | columns MB | keys MB | plan s | checks s | rows/s |")
    print("|---:|---:|---:|---:|---:|---:|---:|---:|")
    bare = 0
    found_at: list[tuple[float, float]] = []
    for rows in [1, *sizes]:
        with tempfile.TemporaryDirectory() as name:
            found = measured(Path(name), rows)
        peak, times = found["peak"], found["times"]
        assert isinstance(peak, int)
        assert isinstance(times, dict)
        bare = bare or peak
        print(
            f"| {rows:,} | {peak / 1024:,.0f} | {(peak - bare) / 1024:,.0f} "
            f"| {found['columns']:,.0f} | {found['keys']:,.0f} | {times['plan']:.1f} "
            f"| {times['all'] - times['plan']:.1f} | {rows / times['all']:,.0f} |",
            flush=True,
        )
        found_at.append((peak / 1024, float(str(found["columns"]))))
    (fewer, few_columns), (more, many_columns) = found_at[-2:]
    grown, allowed = more - fewer, many_columns - few_columns
    bar = Bar(
        "memory of `campaign check`, from one list to the next larger",
        f"≤ the columns' own, {allowed:,.0f} MB",
        f"{grown:,.0f} MB more",
        grown <= allowed,
    )
    print(f"\n{shown([bar])}")
