"""One campaign, killed again and again until it is finished, and then judged by the journal."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import campaign
from campaign.errors import CampaignError
from campaign.ledger.sql_ledger import SqlLedger
from campaign.reporting.summary import Summary
from campaign.sandbox import SandboxServer
from tests.crash.sender import LOST_A_WORKER, NOTHING_TO_RECOVER, OF_RECOVERY, POINTS
from tests.processes import ROOT
from tests.run.campaigns import ENVIRONMENT, Recipe
from tests.run.lists import number
from tests.run.truth import assert_every_row_is_somewhere, assert_the_journal_agrees

CONCURRENCY = 16
SHORT = "500ms"
"""A time-out that a late answer of the weather below is later than."""
_ALWAYS: Mapping[str, Any] = {
    "latency": {"uniform": [0.0, 0.02]},
    "throttle": 0.02,
    "retry_after": 0.02,
    "drop_before": 0.005,
    "drop_after": 0.01,
    "error_after": 0.005,
}
WEATHER: Mapping[str, Mapping[str, Any]] = {
    "fair": _ALWAYS,
    "throttle storm": _ALWAYS | {"throttle": 0.4},
    "time-outs": _ALWAYS | {"slow": {"probability": 0.03, "seconds": 2}},
    "errors after accepting": _ALWAYS | {"error_after": 0.08, "error_status": 503},
}
"""What goes wrong at the vendor meanwhile; it changes with every process that is started."""


@dataclass
class Story:
    """What happened: kills by point and by weather, and how many were cut off by each kill."""

    kills: Counter[str] = field(default_factory=Counter)
    weather: Counter[str] = field(default_factory=Counter)
    unknown_per_kill: list[int] = field(default_factory=list)


def write_campaign(
    folder: Path,
    people: int,
    url: str,
    more: str = "",
    concurrency: int = CONCURRENCY,
    timeout: str = "30s",
) -> Path:
    """Write a list of good numbers and a definition that is quick to try again.

    Where time-outs are among the faults, ``timeout`` is to be shorter than a late answer.
    """
    rows = "".join(f"{number(place)},Ana,Plus\n" for place in range(people))
    (folder / "list.csv").write_text("Phone,First Name,Plan\n" + rows, encoding="utf-8")
    recipe = Recipe(
        rate=f"rate: {{limit: 100000/s, concurrency: {concurrency}}}\n",
        retry="retry: {attempts: 20, first_wait: 5ms, longest_wait: 50ms}\n",
        settings=f"  timeout: {timeout}\n",
        more=more,
    )
    return recipe.write(folder, "list.csv", url)


def crash_until(
    definition: Path,
    server: SandboxServer,
    kills: int,
    chance: random.Random,
    points: Iterator[str] | None = None,
    latest: int = 40,
) -> Story:
    """Start the sender and have it killed, ``kills`` times or until everybody has an outcome.

    ``points`` says where it is killed, each time; by default anywhere. It is killed when it gets
    there for the ``latest`` time at the latest.
    """
    story = Story()
    unknown = 0
    while sum(story.kills.values()) < kills:
        point = _anywhere(chance, is_planned=bool(story.kills)) if points is None else next(points)
        weather = chance.choice(list(WEATHER))
        server.set_faults(WEATHER[weather])
        after = 1 if point == "after_plan" or point in OF_RECOVERY else chance.randint(1, latest)
        sender = subprocess.Popen(
            [sys.executable, "-m", "tests.crash.sender", str(definition), point, str(after)],
            cwd=ROOT,
            env=os.environ | ENVIRONMENT,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        if point == "nowhere":
            _kill_at_any_instant(sender, server, chance)
        _, errors = sender.communicate(timeout=120)
        if sender.returncode in (-9, LOST_A_WORKER):
            alone = " (a worker alone)" * (sender.returncode == LOST_A_WORKER)
            story.kills[point + alone] += 1
            story.weather[weather] += 1
            now = _open_claims(definition)
            assert now - unknown <= CONCURRENCY, f"{point} cut off {now - unknown}"
            story.unknown_per_kill.append(now - unknown)
            unknown = now
            continue
        assert sender.returncode in (0, 3, 4, NOTHING_TO_RECOVER), errors.decode()
        if sender.returncode in (0, 3):
            break
    return story


def _anywhere(chance: random.Random, *, is_planned: bool) -> str:
    """Choose a point that can be reached: a run is planned once, and recovered after that."""
    if not is_planned:
        return chance.choice(["after_plan", "nowhere"])
    return chance.choice([point for point in POINTS if point != "after_plan"])


def _kill_at_any_instant(
    sender: subprocess.Popen[bytes], server: SandboxServer, chance: random.Random
) -> None:
    """Kill it, or a worker of it, while it starts or when it has sent to some more people."""
    if chance.random() < 0.2:
        time.sleep(chance.uniform(0.0, 1.0))
    else:
        enough = len(server.journal) + chance.randint(1, 200)
        while len(server.journal) < enough and sender.poll() is None:
            time.sleep(0.001)
    with suppress(ProcessLookupError):
        os.kill(chance.choice([sender.pid, *workers_of(sender.pid)]), signal.SIGKILL)


def workers_of(run: int) -> list[int]:
    """Return the ids of the processes that a process has started and that live."""
    found = []
    for place in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, parent = place.read_text(encoding="utf-8").rpartition(")")[2].split()[:2]
        except OSError:
            continue  # it has ended meanwhile
        if int(parent) == run and state != "Z":
            found.append(int(place.parent.name))
    return sorted(found)


def _open_claims(definition: Path) -> int:
    """Count those who were cut off: unknown by now, or as soon as the run is taken up again."""
    try:
        with campaign.load(definition, environment=ENVIRONMENT).view() as view:
            ledger = view._ledger
            assert isinstance(ledger, SqlLedger)
            # A server may still be committing what the killed process asked for last.
            ledger._db.transact(lambda: ledger._db.one("lock_run", run_id=view.run.id))
            return view.counts.sending + view.reasons.get(("unknown", "interrupted"), 0)
    except CampaignError:
        return 0  # killed before there was a ledger, or a run in it


def finish_and_judge(definition: Path, server: SandboxServer, people: int) -> Summary:
    """Run to the end without faults and compare the ledger with the journal, and with itself."""
    server.set_faults({})
    summary = campaign.load(definition, environment=ENVIRONMENT).run()
    assert_every_row_is_somewhere(summary, people)
    assert_the_journal_agrees(server, summary)
    assert_the_ledger_is_whole(definition)
    return summary


def assert_the_ledger_is_whole(definition: Path) -> None:
    """Nothing contradicts anything in the ledger, and the database finds no damage."""
    loaded = campaign.load(definition, environment=ENVIRONMENT)
    with closing(loaded.job.ledger(ENVIRONMENT).open(create=False)) as ledger:
        run = ledger.latest_run(loaded.name, sandbox=False)
        assert run is not None
        assert ledger.broken(run.id) == []
        assert ledger.damage() == []
