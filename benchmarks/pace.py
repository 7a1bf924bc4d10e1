"""The asked rate, measured where it arrives: held over a minute, and never more in any second.

The whole program runs, with its SQLite ledger and the concurrency that it chooses by itself,
against a vendor that answers after 5 ms to 3 s, so that up to 3,000 requests are in flight. Beside
it, for a shorter time, the ways in which scripts keep to a rate, over aiohttp.

*Achieved* is what arrived between the first and the last message, of what was asked. *Fullest
second* is the most that arrived in any window of a second, wherever it begins; no more than 101 %
of the rate and one message are allowed in one, the first included.
"""

from __future__ import annotations

import argparse
import math
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.bars import Bar, shown
from benchmarks.campaigns import end, running, write_list
from benchmarks.limiters import WAYS
from benchmarks.vendor import ROOT, vendor
from benchmarks.watching import NothingSent, fullest, watch

CASES = "10:3,80:3,200:0.005,1000:3,3000:0.005,3000:0.5"
SECONDS = 60.0
BESIDE = "80,1000,3000"
BESIDE_SECONDS = 5.0
LEAST = 0.995
WAYS_SHOWN = {
    "bucket": "`AsyncLimiter(N, 1)`",
    "single": "`AsyncLimiter(1, 1/N)`",
    "sleep": "`sleep(1/N)`",
}
OURS = "this project"


@dataclass(frozen=True, slots=True)
class Held:
    """How one rate was held."""

    who: str
    rate: float
    latency: float
    arrivals: list[float]
    seconds: float

    @property
    def achieved(self) -> float:
        """The share of the asked rate that arrived."""
        return (len(self.arrivals) - 1) / self.seconds / self.rate if self.seconds > 0 else 0.0

    @property
    def fullest(self) -> int:
        """The most arrivals in any second."""
        return fullest(self.arrivals)

    @property
    def first(self) -> int:
        """The arrivals of the first second."""
        return sum(1 for at in self.arrivals if at < 1.0)

    @property
    def over(self) -> float:
        """By how many messages the fullest second is above what is allowed in one."""
        return self.fullest - (self.rate * 1.01 + 1)

    @property
    def named(self) -> str:
        """Which one of the cases it is."""
        return f"{self.rate:,.0f}/s, {_duration(self.latency)}"

    def row(self) -> str:
        """Return its row of the table."""
        return (
            f"| {self.who} | {self.rate:,.0f}/s | {_duration(self.latency)} "
            f"| {math.ceil(self.rate * self.latency):,} | {self.achieved:.2%} | {self.fullest:,} "
            f"| {self.first:,} | {math.floor(self.rate * 1.01 + 1):,} |"
        )


def _duration(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:g} s"


def ours(rate: float, latency: float, seconds: float) -> Held:
    """Run the campaign at a rate for about so many seconds."""
    messages = max(2, round(rate * seconds))
    with tempfile.TemporaryDirectory() as made, vendor(latency) as url:
        folder = Path(made)
        write_list(folder / "list.csv", messages)
        with running(folder, url, rate=f"{rate:g}/s") as process:
            # A rate that is not held does not make it last for ever.
            found = watch(process, url, messages=messages, seconds=seconds * 1.1 + 1)
        return Held(OURS, rate, latency, found.arrivals, found.seconds)


@contextmanager
def _way(name: str, url: str, rate: float, seconds: float) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-m", "benchmarks.limiters", name, "--url", url]
    process = subprocess.Popen(
        [*command, "--rate", f"{rate:g}", "--seconds", f"{seconds:g}"], cwd=ROOT
    )
    try:
        yield process
    finally:
        end(process)


def beside(way: str, rate: float, seconds: float) -> Held:
    """Send in one of the other ways."""
    latency = 0.005
    with vendor(latency) as url, _way(way, url, rate, seconds) as process:
        found = watch(process, url, messages=sys.maxsize, seconds=seconds)
    return Held(WAYS_SHOWN[way], rate, latency, found.arrivals, found.seconds)


def bars(held: Sequence[Held]) -> list[Bar]:
    """Return which bars are met."""
    least = min(held, key=lambda one: one.achieved)
    most = max(held, key=lambda one: one.over)
    return [
        Bar(
            "rate held, the least of all",
            f"≥ {LEAST:.1%} of what was asked",
            f"{least.achieved:.2%} ({least.named})",
            least.achieved >= LEAST,
        ),
        Bar(
            "messages in the fullest second, the first included, the worst of all",
            "≤ 101 % + 1",
            f"{most.fullest:,} ({most.named})",
            most.over <= 0,
        ),
    ]


def main(arguments: Sequence[str]) -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks pace",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--cases", default=CASES, help="rate:latency in seconds, by commas")
    parser.add_argument("--seconds", type=float, default=SECONDS, help="of each case")
    parser.add_argument("--beside", default=BESIDE, help="rates of the other ways")
    parser.add_argument("--beside-seconds", type=float, default=BESIDE_SECONDS)
    asked = parser.parse_args(arguments)
    print(
        "| | asked | answer after | in flight "
        "| achieved | fullest second | first second | allowed |\n"
        "|---|---:|---:|---:|---:|---:|---:|---:|",
        flush=True,
    )
    held = []
    for case in asked.cases.split(","):
        rate, latency = map(float, case.split(":"))
        held.append(ours(rate, latency, asked.seconds))
        print(held[-1].row(), flush=True)
    for rate in map(float, filter(None, asked.beside.split(","))):
        for way in WAYS:
            try:
                print(beside(way, rate, asked.beside_seconds).row(), flush=True)
            except NothingSent as error:
                print(f"| {WAYS_SHOWN[way]} | {rate:,.0f}/s | – | – | {error} | – | – | – |")
    print(f"\n{shown(bars(held))}")
