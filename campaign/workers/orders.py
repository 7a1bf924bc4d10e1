"""What a run tells its workers and what they tell it: JSON, one object a line, over pipes.

Invariant: no secret and nobody's address is among it. A worker reads the definition, the ledger and
the plan itself, and its secrets come from its environment.
"""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Self

from campaign import errors
from campaign.alone import Work
from campaign.definition.load import Loaded
from campaign.errors import CampaignError, LedgerError
from campaign.job import Job
from campaign.ledger.records import Lease
from campaign.sending.ending import Ending, Result
from campaign.sending.shard import Shard
from campaign.sending.waited import Waited

Line = dict[str, Any]
"""What is said in one line."""


@dataclass(frozen=True, slots=True)
class Orders:
    """What a worker is told once, when it begins.

    ``said`` is what the definition said when the run began (:func:`said_by`), ``began`` when its
    sending did, ``parent`` the id of the process that holds the run, ``url`` where the embedded
    sandbox listens.
    """

    definition: str
    said: str
    run: str
    lease: Lease
    shard: Shard
    began: datetime
    parent: int
    url: str | None

    def written(self) -> Line:
        """Return them as they travel."""
        return asdict(self) | {"began": self.began.isoformat()}

    @classmethod
    def read(cls, line: Line) -> Self:
        """Return what :meth:`written` made a line of."""
        return cls(
            **line
            | {
                "lease": Lease(**line["lease"]),
                "shard": Shard(**line["shard"]),
                "began": datetime.fromisoformat(line["began"]),
            }
        )


def said_by(loaded: Loaded) -> str:
    """Return a SHA-256 of all that a definition says."""
    texts = (loaded.definition.model_dump_json(), loaded.settings.model_dump_json())
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()


def orders_of(work: Work, job: Job, workers: int, began: datetime, url: str | None) -> list[Orders]:
    """Return what each of so many workers is told by this process, which holds the run."""
    return [
        Orders(
            definition=str(job.loaded.path),
            said=said_by(job.loaded),
            run=work.run.run,
            lease=work.lease,
            shard=Shard(place, workers, work.lease.epoch),
            began=began,
            parent=os.getpid(),
            url=url,
        )
        for place in range(workers)
    ]


def ended(result: Result, begun: int, waited: Waited) -> Line:
    """Say that a pass has ended, in which so many were claimed, and what was waited for so far."""
    so_far = {"begun": begun, "waited": asdict(waited)}
    return {"ended": result.ending.value, "why": result.why, **so_far}


def stopping(ending: Ending, why: str | None) -> Line:
    """Say that nobody is claimed any more, while answers are still waited for."""
    return {"stopping": ending.value, "why": why}


def result_of(line: Line, word: str) -> Result:
    """Return how a worker says that it ended, or will."""
    return Result(Ending(line[word]), line["why"])


def failed(error: CampaignError) -> Line:
    """Say what a person can mend."""
    return {"failed": type(error).__name__, "text": str(error)}


def error_of(line: Line) -> CampaignError:
    """Return the error that :func:`failed` told of."""
    kind = getattr(errors, line["failed"], LedgerError)
    found: CampaignError = kind(line["text"])
    return found


def as_bytes(line: Line) -> bytes:
    """Return a line as it travels."""
    return json.dumps(line).encode() + b"\n"


def line_of(said: bytes) -> Line | None:
    """Return what :func:`as_bytes` made, and nothing for what it did not make.

    A hook of the Python that is installed may print before a worker has begun.
    """
    try:
        line = json.loads(said)
    except ValueError:
        return None
    return line if isinstance(line, dict) else None
