"""A day that passes with the messages of a run, and jumps over its waits."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import anyio

from campaign.execution import Execution, Options
from campaign.job import Job
from campaign.reporting.reporter import Silent
from campaign.reporting.summary import Summary
from campaign.sandbox import SandboxServer
from tests.run.campaigns import ENVIRONMENT, Recipe

BERLIN, NEW_YORK, LOS_ANGELES = "Europe/Berlin", "America/New_York", "America/Los_Angeles"
QUIET = "quiet_hours: {hours: 21:00-08:00, days: {sun: all day}}\n"
STEP = 600.0
"""Seconds that pass with each message that the vendor takes."""

# By the number, or by the list; the last one may be in any zone of its country.
PEOPLE = {
    "+491713920010": [BERLIN],
    "+12125550110": [NEW_YORK],
    "+13105550110": [LOS_ANGELES],
    "+77012345678": ["Asia/Almaty", "Asia/Aqtobe"],
    "+447911123456": ["Pacific/Auckland"],
    "+61412345678": ["Australia/Perth", "Australia/Sydney", "Australia/Lord_Howe"],
}


class Day(Silent):
    """A clock that goes on with each message, and jumps over each wait as it is told of."""

    def __init__(self, folder: Path, server: SandboxServer, begins: str) -> None:
        self.folder = folder
        self.server = server
        self.begins = datetime.fromisoformat(begins).timestamp()
        self.jumps: list[tuple[int, float]] = []
        self.said: list[str] = []
        self.when_waiting: Callable[[], None] = self.jump

    def at(self, messages: int) -> float:
        """The time at which so many messages have been taken."""
        jumped = sum(seconds for after, seconds in self.jumps if after <= messages)
        return self.begins + messages * STEP + jumped

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.at(len(self.server.journal)), UTC)

    def told(self, text: str) -> None:
        self.said.append(text)
        if text.startswith("Waiting until"):
            self.when_waiting()

    def jump(self) -> None:
        due = held_until(self.folder)
        assert due is not None
        self.jumps.append((len(self.server.journal), due - self.now().timestamp()))

    def job(self, more: str, people: list[str] | None = None, rate: str = "") -> Job:
        """A campaign that sends one message after the other."""
        rows = [
            f"{number},{'Pacific/Auckland' if number.startswith('+44') else ''}\n"
            for number in (PEOPLE if people is None else people)
        ]
        (self.folder / "list.csv").write_text(f"Phone,Zone\n{''.join(rows)}", encoding="utf-8")
        recipe = Recipe(
            message="message: Hi\n",
            rate=rate or "rate: {limit: 100000/s, concurrency: 1}\n",
            more=more,
            recipients={"timezone": "Zone"},
        )
        url = self.server.url_for("synthflow")
        return Job.load(recipe.write(self.folder, "list.csv", url))

    def run(self, job: Job, **options: object) -> Summary:
        asked = Options(now=self.now, **options)  # type: ignore[arg-type]
        self.execution = Execution(job, ENVIRONMENT, self, asked)

        async def within_a_minute() -> Summary:
            with anyio.fail_after(60):
                return await self.execution.run()
            raise AssertionError("it did not come to an end")

        return anyio.run(within_a_minute)

    @property
    def sent(self) -> list[tuple[str, float]]:
        """To whom, and when by this clock."""
        entries = self.server.journal.entries()
        return [(entry.to, self.at(place)) for place, entry in enumerate(entries)]


def held_until(folder: Path) -> float | None:
    with closing(sqlite3.connect(folder / "campaign-ledger.db")) as db:
        (due,) = db.execute("SELECT min(not_before) FROM recipient WHERE state = 'held'").fetchone()
    return None if due is None else due / 1000


def states(folder: Path) -> list[str]:
    with closing(sqlite3.connect(folder / "campaign-ledger.db")) as db:
        return [state for (state,) in db.execute("SELECT state FROM recipient ORDER BY state")]


def deadline(text: str) -> str:
    return f"schedule: {{deadline: {text}}}\n"
