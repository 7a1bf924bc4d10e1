"""The preflight of a list against the loop that everybody writes, and ten times the rows.

The preflight is the plan as `campaign check` and `campaign run` make it: read the list, judge every
number, find duplicates, refuse whom the suppression list names, decide by the window between text
and template, render, and write the plan with its hash. The loop does the same with ``csv``,
``phonenumbers`` (its pattern cache on), two sets, ``datetime.fromisoformat``, ``str.format`` and a
CSV file; it reads a sample, and its time is scaled. For that sample both must say the same of every
row, but for damaged cells, about which the loop knows nothing.

A preflight is a process of its own each time, loaded and warm when the clock begins; the least of
several rounds counts. Processor time is that of all threads: where other programs use the machine,
only it can be trusted. Memory is the peak of what was resident (``VmHWM``). *Checks* is what
`campaign check` does after the plan: samples, costs, warnings and the refused rows.
"""

from __future__ import annotations

import argparse
import csv
import itertools
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import phonenumbers
import polars as pl
from phonenumbers import PhoneNumberFormat, PhoneNumberType
from phonenumbers.re_util import enable_pattern_cache

from benchmarks.bars import Bar, shown

ROWS = "1000000,10000000"
SAMPLE = 50_000
ROUNDS = 3
SUPPRESSED = 20_000
"""One in fifty of the first million."""

NAMES = ("Ana", "Zoë", "Łukasz", "Bo", "Kim", "Jørgen", "Mary-Jane", "李", None, "Ana", "Bo", "Kim")
AREAS = ("202", "212", "213", "305", "312", "415", "617", "713")
ABROAD = (
    ("DE", "0151 1{}"), ("GB", "0740{}"), ("BR", "(11) 96{}"), ("FR", "06 1{}"),
    ("MX", "+52 55 1{}"), ("AR", "+54 9 11 2{}"), ("IN", "810{}"), ("IT", "320 {}"),
)  # fmt: skip
"""Countries, and how somebody writes a number of seven more digits there."""
DAMAGED = (None, "4.91714E+11", "491713920099.0", "'+491713920001", "+49 171 392 ext 5", "hello")

TEXT = "Hi {first_name}, your {plan} plan ends soon. Shall we renew it?"
DEFINITION = """\
name: preflight
channel: whatsapp
provider: {name: synthflow, sandbox: true, agent_id: 2a886b7d-d52d-4f8b-8ea0-19d3edc79214}
sender: "+12025550100"
recipients: {files: list.csv, key: customer, country: country}
suppress: optouts.csv
window: {column: last_inbound}
message:
  text: "Hi {{ first_name }}, your {{ plan }} plan ends soon. Shall we renew it?"
  template: {id: HX0123456789abcdef0123456789abcdef, variables: ["{{ first_name }}", "{{ plan }}"]}
max_rejects: 50%
"""

# What a process of its own does: plan, and say how long it took; then check.
_PREFLIGHT = """
import json, os, shutil, sys, time
from pathlib import Path
from campaign.cli.memory import give_back
give_back()
from campaign.audience.numbering.cache import table
from campaign.job import Job
from campaign.plan import making
from campaign.preflight import forecast as stage

def clocks():
    used = os.times()
    return time.monotonic(), used.user + used.system

found, make = {}, making.make
def timed(*given):
    began = clocks()
    made = make(*given)
    found["plan"] = [now - then for now, then in zip(clocks(), began)]
    shutil.copy(made[0].path, sys.argv[2])
    return made
making.make = timed
table()
job = Job.load(Path(sys.argv[1]))
began = clocks()
forecast = stage.forecast(job, {})
found["all"] = [now - then for now, then in zip(clocks(), began)]
status = Path("/proc/self/status").read_text()
found["peak"] = int(status.split("VmHWM:")[1].split()[0]) / 1024
found["sendable"] = forecast.sendable
print(json.dumps(found))
"""

_TYPES = {
    number: name.lower()
    for name, number in vars(PhoneNumberType).items()
    if isinstance(number, int)
}


@dataclass
class Least:
    """The least time of several rounds, by the clock and of the processors."""

    wall: float = float("inf")
    cpu: float = float("inf")

    def of(self, wall: float, cpu: float) -> None:
        """Take another round into account."""
        self.wall, self.cpu = min(self.wall, wall), min(self.cpu, cpu)


def write_list(folder: Path, rows: int) -> None:
    """Write a mixed list, the definition and the suppression list beside it.

    Of a hundred rows eight have a damaged cell and four the number of an earlier row; 33 are
    written as at home in one of eight countries, which stands beside it, or without a blank after
    the plus. Half of the people wrote within the last day.
    """
    place = pl.col("place")
    kind = place * 37 % 100
    number = pl.when(kind.is_between(8, 11)).then(place // 2).otherwise(place)
    at_home = pl.format(
        "+1{}{}",
        _one_of(AREAS, number % len(AREAS)),
        2_000_000 + number // len(AREAS),
    )
    abroad, digits = place // 100 % len(ABROAD), (place % 10**7).cast(pl.String).str.zfill(7)
    phone = pl.when(kind < 8).then(_one_of(DAMAGED, place // 100 % len(DAMAGED)))
    country = pl.when(kind < 12).then(pl.lit("US"))
    for among, (code, written) in enumerate(ABROAD):
        here = kind.is_between(12, 44) & (abroad == among)
        phone = phone.when(here).then(pl.format(written, digits))
        country = country.when(here).then(pl.lit(code))
    wrote = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=47)
    pl.LazyFrame({"place": range(rows)}, schema={"place": pl.Int64}).select(
        phone.otherwise(at_home).alias("phone"),
        country.otherwise(pl.lit("US")).alias("country"),
        pl.format("C{}", place.cast(pl.String).str.zfill(9)).alias("customer"),
        _one_of(NAMES, place % 97 % len(NAMES)).alias("first_name"),
        _one_of(("Basic", "Plus", "Premium"), place % 3).alias("plan"),
        pl.format("City {}", place % 1000).alias("city"),
        (pl.lit(wrote) + pl.duration(seconds=place * 7 % (46 * 3600)))
        .dt.strftime("%Y-%m-%dT%H:%M:%S%:z")
        .alias("last_inbound"),
    ).sink_csv(folder / "list.csv")
    (folder / "campaign.yaml").write_text(DEFINITION, encoding="utf-8")
    optouts = [
        f"+1{AREAS[one % len(AREAS)]}{2_000_000 + one // len(AREAS)}" for one in optouts_of()
    ]
    (folder / "optouts.csv").write_text("\n".join(["phone", *optouts]), encoding="utf-8")


def optouts_of() -> range:
    """Return the places in the list of those who want no messages."""
    return range(0, 50 * SUPPRESSED, 50)


def _one_of(texts: Sequence[str | None], place: pl.Expr) -> pl.Expr:
    return pl.lit(pl.Series(texts, dtype=pl.String)).gather(place)


def loop(folder: Path, rows: int) -> list[tuple[str, str, str]]:
    """Judge the first rows one by one, and return address, reason and form of each."""
    with (folder / "optouts.csv").open(encoding="utf-8") as file:
        suppressed = {line.strip() for line in file}
    seen: set[str] = set()
    said = []
    with (
        (folder / "list.csv").open(newline="", encoding="utf-8") as source,
        (folder / "loop.csv").open("w", newline="", encoding="utf-8") as target,
    ):
        reader, writer = csv.reader(source), csv.writer(target)
        writer.writerow([*next(reader), "address", "region", "type", "reason", "form", "text"])
        now = datetime.now(UTC)
        for cells in itertools.islice(reader, rows):
            phone, country, _, first_name, plan, _, last_inbound = cells
            address = region = kind = reason = text = ""
            opened = now - datetime.fromisoformat(last_inbound) < timedelta(hours=23, minutes=50)
            form = "text" if opened else "template"
            try:
                number = phonenumbers.parse(phone, country)
            except phonenumbers.NumberParseException:
                reason = "invalid_number"
            else:
                if not phonenumbers.is_valid_number(number):
                    reason = "invalid_number"
                else:
                    address = phonenumbers.format_number(number, PhoneNumberFormat.E164)
                    region = phonenumbers.region_code_for_number(number) or ""
                    kind = _TYPES[phonenumbers.number_type(number)]
                    if address in suppressed:
                        reason = "suppressed"
                    elif not first_name:
                        reason = "missing_variable"
                    elif address in seen:
                        reason = "duplicate"
                    else:
                        seen.add(address)
                        values = {"first_name": first_name, "plan": plan}
                        text = TEXT.format(**values) if opened else json.dumps(values)
            writer.writerow([*cells, address, region, kind, reason, form, text])
            said.append((address, reason, form))
    return said


def agreed(plan: Path, said: Sequence[tuple[str, str, str]]) -> int:
    """Return of how many of the loop's rows the plan says the same, and fail where it differs.

    About damaged cells the loop knows nothing: it reads letters as digits and a decimal point as
    none. Which form is right may change between the two for whoever wrote just 24 hours ago.
    """
    damaged = pl.Series([cell for cell in DAMAGED if cell], dtype=pl.String)
    compared = 0
    rows = pl.read_parquet(plan, n_rows=len(said), columns=["address", "reason", "in:phone"])
    with_damage = rows["in:phone"].is_in(damaged.implode()).fill_null(value=True)
    for (address, reason, _), (ours, why, cell), skip in zip(
        said, rows.iter_rows(), with_damage, strict=True
    ):
        if not skip:
            assert (address, reason) == (ours or "", why or ""), (cell, address, reason, ours, why)
            compared += 1
    return compared


def measured(folder: Path, environment: dict[str, str]) -> dict[str, object]:
    """Make the preflight of the list in a folder, in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", _PREFLIGHT, folder / "campaign.yaml", folder / "plan.parquet"],
        capture_output=True,
        encoding="utf-8",
        check=True,
        env=environment,
    )
    found: dict[str, object] = json.loads(done.stdout)
    return found


def main(arguments: Sequence[str]) -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks preflight", description=__doc__)
    parser.add_argument("--rows", default=ROWS, help="how many, separated by commas")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="of which the least counts")
    given = parser.parse_args(arguments)
    enable_pattern_cache()
    print("| | rows | s | processor s | times the loop | by processor | checks s | peak MB |")
    print("|---|---:|---:|---:|---:|---:|---:|---:|")
    first: tuple[int, Least, float] | None = None
    bars: list[Bar] = []
    for rows in (int(one) for one in given.rows.split(",")):
        loops, plans, checks = Least(), Least(), Least()
        peak, compared = 0.0, 0
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            write_list(folder, rows)
            sample = min(SAMPLE, rows)
            for _ in range(given.rounds):
                wall, cpu = time.perf_counter(), time.process_time()
                said = loop(folder, sample)
                scale = rows / sample
                wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
                loops.of(wall * scale, cpu * scale)
                found = measured(folder, os.environ.copy())
                plan, whole = _clocks(found, "plan"), _clocks(found, "all")
                plans.of(*plan)
                checks.of(whole[0] - plan[0], whole[1] - plan[1])
                peak = max(peak, float(str(found["peak"])))
                compared = compared or agreed(folder / "plan.parquet", said)
        print(f"| the loop, scaled | {rows:,} | {loops.wall:.1f} | {loops.cpu:.1f} | 1 | 1 | | |")
        print(
            f"| preflight | {rows:,} | {plans.wall:.2f} | {plans.cpu:.2f} "
            f"| {loops.wall / plans.wall:.1f} | {loops.cpu / plans.cpu:.1f} "
            f"| {checks.wall:.2f} | {peak:,.0f} |",
            flush=True,
        )
        print(f"\n{compared:,} rows of the sample compared, all alike.\n", file=sys.stderr)
        if first is None:
            first = rows, plans, peak
            times = loops.wall / plans.wall
            name = "preflight, times as fast as the row loop"
            bars.append(Bar(name, "≥ 20", f"{times:.1f} ({rows:,} rows)", times >= 20))
        else:
            print(
                f"\n{rows / first[0]:.0f} times the rows: {plans.wall / first[1].wall:.1f} times "
                f"the time, {plans.cpu / first[1].cpu:.1f} times the processor time, "
                f"{peak / first[2]:.2f} times the memory."
            )
            bars += _growth(rows / first[0], plans.wall / first[1].wall, peak, peak / first[2])
    print(f"\n{shown(bars)}")


def _growth(rows: float, seconds: float, peak: float, memory: float) -> list[Bar]:
    """Return the bars of so many times the rows: for ten times, eleven times the time."""
    return [
        Bar(
            f"preflight of {rows:.0f} times the rows, times the time",
            f"≤ {1.1 * rows:.0f}",
            f"{seconds:.1f}",
            seconds <= 1.1 * rows,
        ),
        Bar("its peak memory", "≤ 2,048 MB", f"{peak:,.0f} MB", peak <= 2048),
        Bar("its peak memory, times that of the fewer rows", "≤ 2", f"{memory:.2f}", memory <= 2),
    ]


def _clocks(found: dict[str, object], stage: str) -> tuple[float, float]:
    clocks = found[stage]
    assert isinstance(clocks, list)
    return clocks[0], clocks[1]
