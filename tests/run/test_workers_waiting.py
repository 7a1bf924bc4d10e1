"""A run of several workers waits between two passes, and what happens to them meanwhile."""

from __future__ import annotations

import os
import signal
import time
from datetime import datetime, timedelta
from pathlib import Path

import anyio
import pytest

from campaign.execution import Execution, Options
from campaign.job import Job, local_now
from campaign.sandbox import SandboxServer
from campaign.sending.ending import Ending
from tests.crash.campaign_of_crashes import workers_of
from tests.run.campaigns import ENVIRONMENT, Recipe
from tests.run.days import deadline
from tests.run.lists import number
from tests.run.sent_by_workers import Told

PEOPLE = [number(person) for person in range(12)]
CAPPED = PEOPLE[::2]


class Capping(Told):
    """A run whose vendor wants some left alone for a day, and whose workers are killed meanwhile.

    The day is over as soon as they are gone.
    """

    def __init__(self, server: SandboxServer, killed: slice) -> None:
        super().__init__()
        self.server = server
        self.killed = killed
        self.later = timedelta()
        server.set_faults({"invalid_recipients": CAPPED})

    def job(self, folder: Path) -> Job:
        (folder / "list.csv").write_text("\n".join(["Phone", *PEOPLE]), encoding="utf-8")
        recipe = Recipe(
            message="message: Hi\n",
            settings="  codes: {'400': {outcome: rejected, reason: capped_for_now, hold: 24h}}\n",
            more="workers: 2\n" + deadline("2100-01-01T00:00Z"),
        )
        return Job.load(recipe.write(folder, "list.csv", self.server.url_for("synthflow")))

    def told(self, text: str) -> None:
        super().told(text)
        if text.startswith("Waiting until"):
            workers = [pid for pid in workers_of(os.getpid()) if "campaign.workers" in command(pid)]
            killed = workers[self.killed]
            for worker in killed:
                os.kill(worker, signal.SIGKILL)
            until_waited_for(killed)
            self.server.set_faults({})
            self.later = timedelta(hours=25)

    def now(self) -> datetime:
        return local_now() + self.later


def command(pid: int) -> str:
    return Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace")


def until_waited_for(pids: list[int]) -> None:
    """Wait until the run has seen the end of these processes, whose last thread takes a moment."""
    until = time.monotonic() + 60
    while any(Path(f"/proc/{pid}").exists() for pid in pids):
        assert time.monotonic() < until, "nobody listens to a worker that was killed"
        time.sleep(0.01)


@pytest.mark.parametrize("killed", [slice(1), slice(2)], ids=["one of two", "both"])
def test_workers_that_are_killed_while_the_run_waits_are_replaced_and_nobody_is_left_out(
    tmp_path: Path, killed: slice
) -> None:
    with SandboxServer() as server:
        run = Capping(server, killed)
        execution = Execution(run.job(tmp_path), ENVIRONMENT, run, Options(now=run.now))
        summary = anyio.run(execution.run)
        sent = server.journal.addresses()
    assert (summary.ending, summary.why) == (Ending.FINISHED, None)
    assert sent == dict.fromkeys(PEOPLE, 1)
    replaced = [said for said in run.sentences if "another one takes its place" in said]
    assert len(replaced) == len(range(2)[killed])
    assert all("was ended by SIGKILL while it sent to nobody" in said for said in replaced)
