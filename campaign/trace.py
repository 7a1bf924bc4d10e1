"""What a run leaves beside its results, so that a ledger which is older than that is noticed.

A ledger that was restored from a backup, a SQLite file or a dump alike, does not know who was
messaged since. Invariant: the trace is never newer than the ledger that wrote it, so that a ledger
that is behind it lacks something.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from campaign.errors import InvalidInput
from campaign.files import replaced
from campaign.ledger.location import Location
from campaign.ledger.protocol import Ledger
from campaign.ledger.records import Run

NAME = "ledger.json"
"""The file's name, in the run's folder."""


@dataclass(frozen=True, slots=True)
class Trace:
    """How far a ledger has come with a run: both numbers only ever grow."""

    epoch: int
    events: int

    @classmethod
    def of(cls, ledger: Ledger, run: Run) -> Trace:
        """Return how far the ledger has come."""
        now = ledger.find_run(run.name, run.run) or run
        return cls(now.epoch, len(ledger.events(run.id)))

    @classmethod
    def read(cls, folder: Path) -> Trace | None:
        """Return the trace of a run's folder, if it has one that can be read."""
        try:
            return cls(**json.loads((folder / NAME).read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return None

    def write(self, folder: Path) -> None:
        """Leave the trace.

        Raises:
            OutputError: it cannot be written.
        """
        with replaced(folder / NAME) as file:
            file.write_text(json.dumps(asdict(self)), encoding="utf-8")


def check(ledger: Ledger, run: Run, folder: Path, location: Location) -> None:
    """Refuse a ledger that is older than the folder of its run.

    Raises:
        InvalidInput: it is.
    """
    known, left = Trace.of(ledger, run), Trace.read(folder)
    if left is not None and (known.epoch < left.epoch or known.events < left.events):
        raise InvalidInput(
            f"The ledger {location} is older than {folder}: it was restored from a backup, or is "
            "another one, and does not know who was messaged since. Put the newest one back. Or, "
            "if there is none, run it here with --takeover once: whoever this ledger does not know "
            "of is messaged again, so put those whom results.csv there calls accepted or unknown "
            "on a suppression list first."
        )
