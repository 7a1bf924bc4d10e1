"""Taking a run that has begun, to decide about its recipients while nobody sends for it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from campaign import trace
from campaign.job import Job
from campaign.ledger.holding import held
from campaign.ledger.protocol import Ledger
from campaign.ledger.records import Lease, Run
from campaign.status import run_named


@dataclass(frozen=True, slots=True)
class Taken:
    """A run that is held; ``plans_from`` is the folder that its plan's path starts from."""

    ledger: Ledger
    run: Run
    lease: Lease
    plans_from: Path


@contextmanager
def taken(job: Job, environment: Mapping[str, str], name: str | None) -> Iterator[Taken]:
    """Hold a run, by default the newest, while the block lasts; open claims became unknown.

    Raises:
        InvalidInput: there is no such run, or the ledger is older than the run's folder.
        RunHeld: the run is being sent.
        LedgerError: the ledger cannot be read or written.
    """
    location = job.ledger(environment)
    with closing(location.open(create=False)) as ledger:
        run = run_named(job.loaded, ledger, name)
        trace.check(ledger, run, job.folder / run.run, location)
        with held(ledger, run.id) as lease:
            ledger.recover(lease)
            yield Taken(ledger, run, lease, job.plans_from(location))
