"""Accepted messages a second with the durable ledger, and the processor's time for each of them.

Beside it, in the same run against the same vendor: the script that everybody writes, a bare loop
over aiohttp that writes nothing down, the transport of this project by itself, and wrk, which says
how much the vendor could take. Each side and the vendor are processes of their own; each sends for
so many seconds at most. How fast messages arrive and what they cost is looked at from outside, once
as many have arrived as are to be in flight. "None in time": it did not come to that, or to more.

A cell is messages a second, and the microseconds of the processor for each. With an answer after
50 ms nobody can be faster than so many in flight every 50 ms.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.bars import Bar, shown
from benchmarks.campaigns import accepted, end, running, write_list
from benchmarks.vendor import ROOT, arrivals, vendor
from benchmarks.watching import NothingSent, Watched, watch

IN_FLIGHT = (16, 64, 256, 1_000)
LATENCIES = (0.0, 0.05)
SECONDS = 4.0
MESSAGES = 40_000
OURS, SCRIPT, AIOHTTP, TRANSPORT, WRK = "this project", "script", "aiohttp", "transport", "wrk"
SIDES = {
    OURS: "this project, durable ledger",
    SCRIPT: "the script, a CSV log",
    AIOHTTP: "aiohttp, no ledger",
    TRANSPORT: "our transport alone",
    WRK: "wrk",
}
_PATIENCE = 20.0
_NONE = Watched([], 0.0, 0, 0, 0.0)
"""A side that never had as many in flight as it was to have."""


@dataclass(frozen=True, slots=True)
class Case:
    """So many in flight, and so many seconds until an answer."""

    in_flight: int
    latency: float


Figures = dict[tuple[str, Case], Watched | None]


@contextmanager
def side(name: str, folder: Path, url: str, case: Case) -> Iterator[subprocess.Popen[bytes]]:
    """Run one of the others, and end it when the block ends."""
    in_flight = str(case.in_flight)
    if name == WRK:
        command = ["wrk", "-t1", "-c", in_flight, "-d", "60s", "-s"]
        command += [str(Path(__file__).with_name("wrk.lua")), url]
    else:
        command = [sys.executable, "-m", "benchmarks.sides", name, "--url", url]
        command += ["--list", str(folder / "list.csv"), "--in-flight", in_flight]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL)
    try:
        yield process
    finally:
        end(process)


def measured(name: str, case: Case, messages: int, seconds: float) -> Watched | None:
    """Return how fast one side was, or nothing where it is not installed."""
    if name == WRK and shutil.which("wrk") is None:
        return None
    with tempfile.TemporaryDirectory() as made, vendor(case.latency) as url:
        folder = Path(made)
        write_list(folder / "list.csv", messages)
        rate = f"{{limit: 1000000/s, concurrency: {case.in_flight}}}"
        other = side(name, folder, url, case) if name != OURS else running(folder, url, rate=rate)
        with other as process:
            try:
                found = watch(
                    process,
                    url,
                    messages=messages,
                    seconds=seconds,
                    in_flight=case.in_flight,
                    patience=_PATIENCE,
                )
            except NothingSent:
                if process.poll() is not None:
                    raise  # it is broken, not slow
                return _NONE
            if name == OURS:
                # What the vendor took is what the ledger calls accepted, to the last message.
                counted = accepted(process, folder, done=len(found.arrivals) == messages)
                assert counted == len(found.arrivals) + len(arrivals(url)), "the ledger disagrees"
        return found


def bars(figures: Figures) -> list[Bar]:
    """Return which bars are met, of those that these figures can judge; the worst case counts."""
    found = []
    for case, ours, script in _pairs(figures, SCRIPT):
        if case == Case(64, 0.0):
            what, asked = "accepted/s at 64 in flight, times the script's", "≥ 5"
            if script.rate:
                times = ours.rate / script.rate
                found.append(Bar(what, asked, f"{times:.1f}", times >= 5))
            else:
                found.append(Bar(what, asked, "the script had no answer in its time", True))
    shares = [
        (ours.rate / bare.rate, _named(case))
        for case, ours, bare in _pairs(figures, AIOHTTP)
        if bare.rate
    ]
    if shares:
        share, at = min(shares)
        what = "accepted/s, share of a bare aiohttp loop's, the least of all"
        found.append(Bar(what, "≥ 0.5", f"{share:.2f} ({at})", share >= 0.5))
    first = figures.get((OURS, Case(16, 0.0)))
    if first is not None and first.rate:
        share, at = min(
            (ours.rate / first.rate, _named(case))
            for case, ours, _ in _pairs(figures, OURS)
            if case.latency == 0
        )
        what = "accepted/s, the least as a share of that at 16 in flight"
        found.append(Bar(what, "≥ 0.67", f"{share:.2f} ({at})", share >= 2 / 3))
    dear = [
        (ours.cpu_each / bare.cpu_each, _named(case))
        for case, ours, bare in _pairs(figures, TRANSPORT)
        if bare.cpu_each
    ]
    if dear:
        times, at = max(dear)
        what = "processor time of an accepted message, times the bare transport's"
        found.append(Bar(what, "≤ 2", f"{times:.1f} ({at})", times <= 2))
    return found


def _pairs(figures: Figures, other: str) -> Iterator[tuple[Case, Watched, Watched]]:
    """Yield our figure and the other side's, where there are both."""
    for (name, case), ours in figures.items():
        theirs = figures.get((other, case))
        if name == OURS and ours is not None and theirs is not None:
            yield case, ours, theirs


def _named(case: Case) -> str:
    return f"{case.in_flight:,} in flight, {case.latency * 1000:.0f} ms"


def cell(found: Watched | None) -> str:
    """Return what the table says of one side."""
    if found is None:
        return "–"
    return f"{found.rate:,.0f}/s, {found.cpu_each:,.0f} µs" if found.answered else "none in time"


def main(arguments: Sequence[str]) -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks throughput",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--in-flight", default=",".join(map(str, IN_FLIGHT)))
    parser.add_argument("--latencies", default=",".join(map(str, LATENCIES)), help="seconds")
    parser.add_argument("--seconds", type=float, default=SECONDS, help="of each side, at most")
    parser.add_argument("--messages", type=int, default=MESSAGES, help="of each side, at most")
    asked = parser.parse_args(arguments)
    cases = [
        Case(int(in_flight), float(latency))
        for latency in asked.latencies.split(",")
        for in_flight in asked.in_flight.split(",")
    ]
    figures: Figures = {}
    print(f"| answer after | in flight | {' | '.join(SIDES.values())} | of aiohttp's |")
    print(f"|---:|---:|{'---:|' * len(SIDES)}---:|", flush=True)
    for case in cases:
        for name in SIDES:
            figures[name, case] = measured(name, case, asked.messages, asked.seconds)
        after = f"{case.latency * 1000:.0f} ms"
        cells = " | ".join(cell(figures[name, case]) for name in SIDES)
        ours, bare = figures[OURS, case], figures[AIOHTTP, case]
        ratio = "–" if ours is None or bare is None else f"{ours.rate / bare.rate:.2f}"
        print(f"| {after} | {case.in_flight:,} | {cells} | {ratio} |", flush=True)
    print(f"\n{shown(bars(figures))}")
