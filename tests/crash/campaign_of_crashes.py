"""One campaign, killed again and again until it is finished, and then judged by the journal."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import campaign
from campaign.errors import CampaignError
from campaign.reporting.summary import Summary
from campaign.sandbox import SandboxServer
from tests.crash.sender import POINTS
from tests.run.campaigns import ENVIRONMENT, Recipe
from tests.run.lists import number
from tests.run.truth import assert_every_row_is_somewhere, assert_the_journal_agrees

CONCURRENCY = 16
FAULTS = {
    "latency": {"uniform": [0.0, 0.02]},
    "throttle": 0.02,
    "retry_after": 0.02,
    "drop_before": 0.005,
    "drop_after": 0.01,
    "error_after": 0.005,
    "slow": {"probability": 0.002, "seconds": 2},
}
"""What goes wrong at the vendor meanwhile."""

ROOT = Path(__file__).parents[2]


@dataclass
class Story:
    """What happened: kills by point, and how many were cut off by each kill."""

    kills: Counter[str] = field(default_factory=Counter)
    unknown_per_kill: list[int] = field(default_factory=list)
    ends: Counter[int] = field(default_factory=Counter)


def write_campaign(folder: Path, people: int, url: str, more: str = "") -> Path:
    """Write a list of good numbers and a definition that is quick to try again."""
    rows = "".join(f"{number(place)},Ana,Plus\n" for place in range(people))
    (folder / "list.csv").write_text("Phone,First Name,Plan\n" + rows, encoding="utf-8")
    recipe = Recipe(
        rate=f"rate: {{limit: 100000/s, concurrency: {CONCURRENCY}}}\n",
        retry="retry: {attempts: 20, first_wait: 5ms, longest_wait: 50ms}\n",
        settings="  timeout: 500ms\n",
        more=more,
    )
    return recipe.write(folder, "list.csv", url)


def crash_until(
    definition: Path,
    server: SandboxServer,
    kills: int,
    chance: random.Random,
    points: tuple[str, ...] = tuple(POINTS),
) -> Story:
    """Start the sender and have it killed, ``kills`` times or until everybody has an outcome."""
    story = Story()
    unknown = 0
    while sum(story.kills.values()) < kills:
        point = chance.choice(points)
        after = 1 if point in ("after_plan", "before_recovery", "after_recovery") else None
        sender = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "tests.crash.sender",
                str(definition),
                point,
                str(after or chance.randint(1, 40)),
            ],
            cwd=ROOT,
            env=os.environ | ENVIRONMENT,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        if point == "nowhere":
            _kill_at_any_instant(sender, server, chance)
        _, errors = sender.communicate(timeout=120)
        if sender.returncode == -9:
            story.kills[point] += 1
            now = _open_claims(definition)
            story.unknown_per_kill.append(now - unknown)
            unknown = now
            continue
        assert sender.returncode in (0, 3, 4), errors.decode()
        story.ends[sender.returncode] += 1
        if sender.returncode in (0, 3):
            break
    return story


def _kill_at_any_instant(
    sender: subprocess.Popen[bytes], server: SandboxServer, chance: random.Random
) -> None:
    """Kill while the process starts, or when it has sent to some more people."""
    if chance.random() < 0.2:
        time.sleep(chance.uniform(0.0, 1.0))
    else:
        enough = len(server.journal) + chance.randint(1, 200)
        while len(server.journal) < enough and sender.poll() is None:
            time.sleep(0.001)
    sender.kill()


def _open_claims(definition: Path) -> int:
    """Count those who were cut off: unknown by now, or as soon as the run is taken up again."""
    try:
        with campaign.load(definition, environment=ENVIRONMENT).view() as view:
            return view.counts.sending + view.reasons.get(("unknown", "interrupted"), 0)
    except CampaignError:
        return 0  # killed before there was a ledger, or a run in it


def finish_and_judge(definition: Path, server: SandboxServer, people: int) -> Summary:
    """Run to the end without faults and compare the ledger with the journal."""
    server.set_faults({})
    summary = campaign.load(definition, environment=ENVIRONMENT).run()
    assert_every_row_is_somewhere(summary, people)
    assert_the_journal_agrees(server, summary)
    return summary
