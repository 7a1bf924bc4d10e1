"""What a run came to: counts, reasons, speed, files and the exit code."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from campaign.ledger.location import Location
from campaign.ledger.records import Counts
from campaign.sending.ending import Ending

if TYPE_CHECKING:
    from campaign.sending.waited import Waited

EXIT_CODES: Mapping[int, str] = {
    0: "everything settled well, or there was nothing to do",
    1: "something else went wrong",
    2: "the definition or the list is invalid, more of it is refused than `max_rejects` allows, or "
    "it is the wrong hour; nothing was sent",
    3: "finished, with some failed or unknown",
    4: "stopped by trouble that concerns the whole campaign, or by `stop_when`",
    5: "ended with recipients pending or held: a limit, the tier or the deadline",
    11: "another process holds the run",
    130: "interrupted; the same command resumes",
}
"""What the exit codes of the commands mean."""


@dataclass(frozen=True, slots=True)
class Summary:
    """The end of a run.

    ``rate`` is the asked messages a second. Of this execution alone: ``settled`` recipients got an
    outcome, ``sent`` of them were accepted or scheduled, in ``seconds``; ``waited`` is for what.
    ``held_until`` is when the first of those who wait for their time may be sent to, in
    milliseconds UTC. ``reasons`` counts rows by (state, reason). ``why`` says what stopped the
    run, if anything did.
    """

    name: str
    run: str
    counts: Counts
    held_until: int | None
    reasons: Mapping[tuple[str, str], int]
    ending: Ending
    why: str | None
    rate: float
    settled: int
    sent: int
    seconds: float
    waited: Waited
    ledger: Location
    results: Path
    rejects: Path | None

    @property
    def exit_code(self) -> int:
        """What the command exits with; see :data:`EXIT_CODES`."""
        if self.ending is Ending.INTERRUPTED:
            return 130
        if self.ending is Ending.STOPPED:
            return 4
        if self.counts.pending or self.counts.held:
            return 5
        if self.counts.failed or self.counts.unknown:
            return 3
        return 0

    @property
    def achieved(self) -> float:
        """Outcomes a second of this execution."""
        return self.settled / self.seconds if self.seconds > 0 else 0.0

    def as_dict(self) -> dict[str, Any]:
        """Return the summary as plain data, for machines."""
        return {
            "name": self.name,
            "run": self.run,
            "ending": self.ending.value,
            "why": self.why,
            "exit_code": self.exit_code,
            "counts": self.counts.as_dict(),
            "held_until": self.held_until,
            "reasons": [
                {"state": state, "reason": reason, "rows": rows}
                for (state, reason), rows in sorted(self.reasons.items(), key=lambda item: -item[1])
            ],
            "rate": {
                "asked": self.rate,
                "achieved": round(self.achieved, 2),
                "slowed_to": self.waited.slowed_to and round(self.waited.slowed_to, 2),
                "waited_seconds": {
                    "in_flight": round(self.waited.in_flight, 3),
                    "paused": round(self.waited.paused, 3),
                    "capped": round(self.waited.capped, 3),
                },
            },
            "settled": self.settled,
            "sent": self.sent,
            "seconds": round(self.seconds, 3),
            "ledger": str(self.ledger),
            "results": str(self.results),
            "rejects": None if self.rejects is None else str(self.rejects),
        }
