"""All benchmarks, one after another, each in a process of its own that is bounded in time.

Invariant: nothing that a benchmark started outlives it, however it ends: it and all it starts are a
process group of their own, which is asked to end when its time is up or on Ctrl-C, and then killed.
"""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
import threading
from contextlib import suppress
from dataclasses import dataclass

from benchmarks import machine
from benchmarks.vendor import ROOT

_PATIENCE = 30.0
"""Seconds that a benchmark has to end in when it is asked to: a run drains first."""


@dataclass(frozen=True, slots=True)
class Benchmark:
    """A benchmark: ``most`` is the seconds after which it is ended.

    ``usual`` and ``quick`` are the arguments with which the suite runs it.
    """

    name: str
    most: float
    usual: tuple[str, ...] = ()
    quick: tuple[str, ...] = ()


ALL = (
    Benchmark(
        "pace",
        most=900,
        quick=(
            *("--cases", "80:0.5,1000:0.005", "--seconds", "5"),
            *("--beside", "1000", "--beside-seconds", "3"),
        ),
    ),
    Benchmark(
        "throughput",
        most=720,
        quick=("--in-flight", "16,64", "--latencies", "0", "--seconds", "1"),
    ),
    Benchmark("ledger", most=180, quick=("--rounds", "1", "--messages", "3000")),
    Benchmark("preflight", most=900, usual=("--rounds", "2"), quick=("--rows", "20000,200000")),
    Benchmark(
        "recovery",
        most=900,
        usual=("--planned", "10000000", "--settled", "5000000"),
        quick=("--planned", "20000", "--settled", "10000"),
    ),
    Benchmark("startup", most=120, quick=("--times", "5")),
    Benchmark("wire", most=240, quick=("--seconds", "0.5")),
    Benchmark("check", most=180, quick=("--rows", "20000")),
    Benchmark("report", most=400, quick=("--planned", "20000")),
    Benchmark("phones", most=240, quick=("--rows", "20000")),
)


class Failed(Exception):
    """A benchmark ended badly, or was not done in its time."""


def perform(benchmark: Benchmark, arguments: list[str]) -> str:
    """Run one benchmark, show what it prints as it does, and return it under where it was measured.

    Raises:
        Failed: it ended badly, or was not done in its time.
    """
    command = f"python -m benchmarks {shlex.join([benchmark.name, *arguments])}"
    head = f"`{command}`: {machine.stated()}."
    print(f"\n## {benchmark.name}\n\n{head}\n", flush=True)
    process = subprocess.Popen(
        [sys.executable, "-u", "-m", "benchmarks.one", benchmark.name, *arguments],
        stdout=subprocess.PIPE,
        encoding="utf-8",
        cwd=ROOT,
        start_new_session=True,
    )
    assert process.stdout is not None
    late = threading.Event()

    def stop() -> None:
        late.set()
        _signal(process, signal.SIGINT)

    # Asked first, for what a kill leaves behind: folders, and a database server.
    timers = [
        threading.Timer(benchmark.most, stop),
        threading.Timer(benchmark.most + _PATIENCE, _signal, (process, signal.SIGKILL)),
    ]
    for timer in timers:
        timer.start()
    lines = []
    try:
        for line in process.stdout:
            print(line, end="", flush=True)
            lines.append(line)
        process.wait()
    except KeyboardInterrupt:
        _signal(process, signal.SIGINT)
        with suppress(subprocess.TimeoutExpired):
            process.wait(_PATIENCE)
        raise
    finally:
        for timer in timers:
            timer.cancel()
        _signal(process, signal.SIGKILL)
        process.wait()
        process.stdout.close()
    if late.is_set():
        raise Failed(f"{benchmark.name} was not done after {benchmark.most:.0f} s.")
    if process.returncode:
        raise Failed(f"{benchmark.name} ended with {process.returncode}.")
    return f"{head}\n\n{''.join(lines)}"


def _signal(process: subprocess.Popen[str], number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, number)
