"""The long crash proof: ``python -m tests.crash.proof [--kills 500] [--ledger sqlite|postgres]``.

With ``--workers 2`` by runs of two workers, of which one or the run or both are killed.

Campaigns of thousands, each killed with SIGKILL at named points and at any instant until it is
finished, with changing faults at the vendor; then judged by the sandbox's journal. Goes on with
another campaign until there were enough kills. After that, many processes that are started at once.
On each ledger in turn; prints a Markdown table for each, and fails at the first thing that is not
as it should be.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path

from campaign.sandbox import SandboxConfig, SandboxServer
from tests.crash.campaign_of_crashes import (
    CONCURRENCY,
    SHORT,
    crash_until,
    finish_and_judge,
    write_campaign,
)
from tests.crash.processes import HELD, crowd
from tests.postgres import PostgresForTests

PEOPLE = 2_000
STARTS = 200

Ledgers = Callable[[], AbstractContextManager[str]]
"""Makes an empty ledger: what a definition says of it, for as long as the block lasts."""


@contextmanager
def ledgers(kind: str) -> Iterator[Ledgers]:
    """Make ledgers of a kind."""
    if kind == "sqlite":
        yield lambda: nullcontext("")
        return
    server = PostgresForTests()

    @contextmanager
    def database() -> Iterator[str]:
        with server.database() as address:
            yield f"ledger: {address}\n"

    try:
        server.execute(f"ALTER SYSTEM SET max_connections = {STARTS + 50}")
        server.restart()
        yield database
    finally:
        server.close()


def prove_kills(make: Ledgers, wanted: int, chance: random.Random, workers: int) -> None:
    """Kill until there were enough kills, and print what came of it."""
    kills: Counter[str] = Counter()
    weather: Counter[str] = Counter()
    states: Counter[str] = Counter()
    cut_off: list[int] = []
    campaigns, started = 0, time.monotonic()
    while sum(kills.values()) < wanted:
        config = SandboxConfig.model_validate({"seed": campaigns})
        with tempfile.TemporaryDirectory() as name, SandboxServer(config) as server, make() as line:
            url, more = server.url_for("synthflow"), f"{line}workers: {workers}\n"
            definition = write_campaign(Path(name), PEOPLE, url, more, timeout=SHORT)
            left = wanted - sum(kills.values())
            story = crash_until(definition, server, left, chance)
            summary = finish_and_judge(definition, server, PEOPLE)
        campaigns += 1
        kills += story.kills
        weather += story.weather
        cut_off += story.unknown_per_kill
        states += Counter({state: rows for state, rows in summary.counts.as_dict().items() if rows})
    minutes = (time.monotonic() - started) / 60
    print("| killed | kills |\n|---|---:|")
    for point, times in sorted(kills.items()):
        print(f"| {point.replace('_', ' ').replace('nowhere', 'any instant')} | {times} |")
    faults = ", ".join(f"{name} {times}" for name, times in weather.most_common())
    print(
        f"\n{sum(kills.values())} kills in {campaigns} campaigns of {PEOPLE:,}, {minutes:.0f} min."
    )
    print(f"Meanwhile at the vendor: {faults}.")
    print(f"Sent twice: 0. Forgotten: 0. In the end: {dict(states)}.")
    print(
        f"Cut off by one kill: at most {max(cut_off)} of {CONCURRENCY} under way, "
        f"{sum(cut_off) / len(cut_off):.1f} on average."
    )


def prove_starts(make: Ledgers) -> None:
    """Start many processes at once, and print what they came to."""
    with tempfile.TemporaryDirectory() as name, SandboxServer() as server, make() as line:
        server.set_faults({"latency": 0.05})
        definition = write_campaign(Path(name), PEOPLE, server.url_for("synthflow"), line)
        ends = crowd(definition, STARTS)
        summary = finish_and_judge(definition, server, PEOPLE)
    codes = Counter(end["code"] for end in ends)
    assert [end["sent"] for end in ends if end["sent"]] == [PEOPLE], ends
    assert codes.keys() <= {0, HELD}, ends
    assert (codes.total(), summary.counts.accepted) == (STARTS, PEOPLE)
    print(
        f"{STARTS} starts at once: 1 sent to all {PEOPLE:,}, {codes[HELD]} were refused with exit "
        f"code {HELD}, {codes[0] - 1} found it finished."
    )


def main() -> None:
    """Prove what was asked for."""
    parser = argparse.ArgumentParser(description="The long crash proof.")
    parser.add_argument("--kills", type=int, default=500)
    parser.add_argument("--ledger", choices=["sqlite", "postgres"], action="append")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=1)
    wanted = parser.parse_args()
    for kind in wanted.ledger or ["sqlite", "postgres"]:
        print(f"\n### {kind}\n", flush=True)
        with ledgers(kind) as make:
            prove_kills(make, wanted.kills, random.Random(f"{kind} {wanted.seed}"), wanted.workers)
            prove_starts(make)


if __name__ == "__main__":
    main()
