"""The sandbox that a run brings along, for a campaign that says ``sandbox: true``.

It ends with the run and leaves its journal behind, in which everything is that its people's doings
depend on. So a rehearsal can be gone on with at any time, as if the sandbox had never ended.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from campaign.errors import InvalidInput
from campaign.sandbox.config import SandboxConfig
from campaign.sandbox.people.habits import Habits
from campaign.sandbox.vendors import NAMES

if TYPE_CHECKING:
    from campaign.sandbox.server import SandboxServer


@contextmanager
def embedded_sandbox(vendor: str, journal: Path | None) -> Iterator[str]:
    """Run a sandbox without faults while the block lasts; yield the base URL for ``vendor``.

    What it accepts is appended to ``journal``, where one is named, one JSON object a line.

    Raises:
        InvalidInput: the sandbox does not speak that vendor's API.
    """
    if vendor not in NAMES:
        raise InvalidInput(
            f"The sandbox does not speak the API of {vendor}; it speaks {', '.join(NAMES)}."
        )
    # The server and what it needs are heavy, and a live campaign never loads them.
    from campaign.sandbox.server import SandboxServer

    if journal is not None:
        journal.parent.mkdir(parents=True, exist_ok=True)
    with SandboxServer(SandboxConfig(journal=journal, people=Habits.usual())) as server:
        yield server.url_for(vendor)


@contextmanager
def reopened(journal: Path, ahead: timedelta) -> Iterator[SandboxServer]:
    """Run the sandbox of an earlier rehearsal again, its clock ``ahead`` of the real one.

    Everything that the rehearsal had accepted by now is known to it, and its people go on where
    they were. Nothing is written to ``journal``; a rehearsal that is under way may go on writing.

    Raises:
        InvalidInput: the journal cannot be read, or is none.
        ValueError: ``ahead`` is negative.
    """
    from campaign.sandbox.clock import Clock
    from campaign.sandbox.server import SandboxServer
    from campaign.sandbox.written import read_journal

    entries = read_journal(journal)
    clock = Clock()
    clock.advance(ahead)
    with SandboxServer(SandboxConfig(people=Habits.usual()), clock=clock) as server:
        server.journal.load(entries)
        yield server
