"""The long crash proof: ``python -m tests.crash.proof [--kills 500]``.

Campaigns of thousands, each killed with SIGKILL at named points and at any instant until it is
finished, with faults on at the vendor; then judged by the sandbox's journal. Goes on with another
campaign until there were enough kills. Prints a Markdown table; fails at the first thing that is
not as it should be.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from collections import Counter
from pathlib import Path

from campaign.sandbox import SandboxConfig, SandboxServer
from tests.crash.campaign_of_crashes import (
    CONCURRENCY,
    FAULTS,
    crash_until,
    finish_and_judge,
    write_campaign,
)

PEOPLE = 3_000


def main() -> None:
    """Kill until there were enough kills, and print what came of it."""
    parser = argparse.ArgumentParser(description="The long crash proof.")
    parser.add_argument("--kills", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    wanted = parser.parse_args()
    chance = random.Random(wanted.seed)
    kills: Counter[str] = Counter()
    states: Counter[str] = Counter()
    cut_off: list[int] = []
    campaigns, started = 0, time.monotonic()
    while sum(kills.values()) < wanted.kills:
        config = SandboxConfig.model_validate({"faults": FAULTS, "seed": campaigns})
        with tempfile.TemporaryDirectory() as name, SandboxServer(config) as server:
            definition = write_campaign(Path(name), PEOPLE, server.url_for("synthflow"))
            left = wanted.kills - sum(kills.values())
            story = crash_until(definition, server, left, chance)
            summary = finish_and_judge(definition, server, PEOPLE)
        campaigns += 1
        kills += story.kills
        cut_off += story.unknown_per_kill
        states += Counter({state: rows for state, rows in summary.counts.as_dict().items() if rows})
    assert max(cut_off) <= CONCURRENCY, max(cut_off)
    minutes = (time.monotonic() - started) / 60
    print("| killed | kills |\n|---|---:|")
    for point, times in sorted(kills.items()):
        print(f"| {point.replace('_', ' ')} | {times} |")
    print(
        f"\n{sum(kills.values())} kills in {campaigns} campaigns of {PEOPLE:,}, {minutes:.0f} min."
    )
    print(f"Sent twice: 0. Forgotten: 0. In the end: {dict(states)}.")
    print(
        f"Cut off by one kill: at most {max(cut_off)} of {CONCURRENCY} under way, "
        f"{sum(cut_off) / len(cut_off):.1f} on average."
    )


if __name__ == "__main__":
    main()
