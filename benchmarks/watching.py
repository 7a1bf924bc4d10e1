"""How fast a process sends, and what that costs: looked at from outside, alike for every side.

The rate is counted where requests arrive. Processor time is what Linux says of the process, all its
threads together. Both begin when as many have arrived as are to be in flight; what came before
(starting, planning, opening connections) is in neither. A side that does not finish in its time is
measured over that time.
"""

from __future__ import annotations

import os
import subprocess
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from benchmarks.vendor import Asked

_LOOK_EVERY = 0.01
_TICKS = os.sysconf("SC_CLK_TCK")


class NothingSent(Exception):
    """A process ended, or took too long, before there was anything to watch."""


@dataclass(frozen=True, slots=True)
class Watched:
    """What was seen: ``arrivals`` in seconds since the first one.

    ``answered`` messages in so many ``seconds``; while ``watched`` of them were, the process took
    ``cpu`` seconds of the processor.
    """

    arrivals: list[float]
    seconds: float
    answered: int
    watched: int
    cpu: float

    @property
    def rate(self) -> float:
        """Answered messages a second."""
        return self.answered / self.seconds if self.seconds > 0 else 0.0

    @property
    def cpu_each(self) -> float:
        """Microseconds of the processor for each message."""
        return self.cpu / self.watched * 1e6 if self.watched else 0.0


def watch(
    process: subprocess.Popen[bytes],
    url: str,
    *,
    messages: int,
    seconds: float,
    in_flight: int = 1,
    patience: float = 60.0,
) -> Watched:
    """Look until so many have arrived, or so many seconds long.

    It begins when ``in_flight`` have arrived, so that opening connections is not in it. From then
    on, whenever one more arrives, one was answered.

    Raises:
        NothingSent: fewer arrived within ``patience`` seconds, or before the process ended.
    """
    asked_at = time.monotonic()
    began: tuple[float, int, float] | None = None
    with closing(Asked(url)) as vendor:
        while True:
            count, cpu, now = vendor.count(), _cpu_of(process.pid), time.monotonic()
            over = process.poll() is not None or count >= messages
            if began is None and count >= in_flight:
                began = now, count, cpu
            if began is None and (over or now - asked_at > patience):
                raise NothingSent(
                    f"{count} requests in {now - asked_at:.0f} s, exit code {process.poll()}"
                )
            if began is not None and (over or now - began[0] >= seconds):
                arrivals = vendor.arrivals()
                lasted = arrivals[-1] - arrivals[in_flight - 1]
                return Watched(
                    arrivals=arrivals,
                    # A side that stands still is measured over the time in which it did.
                    seconds=lasted if over else max(lasted, now - began[0]),
                    answered=len(arrivals) - in_flight,
                    watched=count - began[1],
                    cpu=cpu - began[2],
                )
            time.sleep(_LOOK_EVERY)


def _cpu_of(pid: int) -> float:
    """Return the processor's seconds of a process that was not waited for yet."""
    # The name, in parentheses, may hold blanks.
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def fullest(arrivals: list[float], seconds: float = 1.0) -> int:
    """Return how many arrived in the fullest window of so many seconds, wherever it begins."""
    most = first = 0
    for place, at in enumerate(arrivals):
        while at - arrivals[first] >= seconds:
            first += 1
        most = max(most, place - first + 1)
    return most
