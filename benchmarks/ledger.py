"""What the ledger takes of a run: the same run with recipients in memory, SQLite and PostgreSQL.

*In memory* is :mod:`benchmarks.memory_ledger`: claims and outcomes are dicts in the process, with
no SQL and nothing durable. Each run is repeated in turn and the fastest of each counts, so that
what else the machine does meets all alike. PostgreSQL is there for information; its server shares
the cores.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks.bars import Bar, shown
from benchmarks.campaigns import accepted, running, write_list
from benchmarks.recovery import database
from benchmarks.vendor import arrivals, vendor
from benchmarks.watching import Watched, watch

ROUNDS = 3
MESSAGES = 20_000
IN_FLIGHT = 64
SECONDS = 6.0
MEMORY, SQLITE, POSTGRESQL = "in memory", "SQLite", "PostgreSQL"
MOST = 0.15


def measured(where: str, asked: argparse.Namespace, *, more: str = "") -> Watched:
    """Run the campaign once over one of the ledgers."""
    with tempfile.TemporaryDirectory() as made, vendor() as url:
        folder = Path(made)
        write_list(folder / "list.csv", asked.messages)
        program = ("-m", "benchmarks.memory_ledger" if where == MEMORY else "campaign")
        rate = f"{{limit: 1000000/s, concurrency: {asked.in_flight}}}"
        with running(folder, url, rate=rate, more=more, program=program) as process:
            found = watch(
                process,
                url,
                messages=asked.messages,
                seconds=asked.seconds,
                in_flight=asked.in_flight,
            )
            done = len(found.arrivals) == asked.messages
            counted = accepted(process, folder, done=done)
        assert counted == len(found.arrivals) + len(arrivals(url)), "the ledger disagrees"
        return found


def main(arguments: Sequence[str]) -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks ledger", description=__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--messages", type=int, default=MESSAGES)
    parser.add_argument("--in-flight", type=int, default=IN_FLIGHT)
    parser.add_argument("--seconds", type=float, default=SECONDS, help="of each run, at most")
    asked = parser.parse_args(arguments)
    best: dict[str, Watched] = {}
    for _ in range(asked.rounds):
        for where in (MEMORY, SQLITE, POSTGRESQL):
            if where == POSTGRESQL:
                with database() as address:
                    found = measured(where, asked, more=f"ledger: {address}")
            else:
                found = measured(where, asked)
            if where not in best or found.rate > best[where].rate:
                best[where] = found
    print(f"{asked.in_flight} in flight, answers at once; the fastest of {asked.rounds}.\n")
    print("| ledger | accepted/s | processor, µs a message | of the throughput in memory |")
    print("|---|---:|---:|---:|")
    memory = best[MEMORY].rate
    for where, found in best.items():
        share = found.rate / memory
        print(f"| {where} | {found.rate:,.0f} | {found.cpu_each:,.0f} | {share:.1%} |")
    taken = 1 - best[SQLITE].rate / memory
    what = "the SQLite ledger's share of a run's throughput"
    print(f"\n{shown([Bar(what, f'≤ {MOST:.0%}', f'{taken:.1%}', taken <= MOST)])}")
