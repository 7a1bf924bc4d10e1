"""What a run came to: counts, reasons, speed, files and the exit code."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from campaign.ledger.location import Location
from campaign.ledger.records import Counts
from campaign.reporting import words
from campaign.sending.ending import Ending

if TYPE_CHECKING:
    from campaign.sending.waited import Waited

EXIT_CODES: Mapping[int, str] = {
    0: "everything settled well, or there was nothing to do",
    1: "something else went wrong",
    2: "the definition or the list is invalid, more of it is refused than `max_rejects` allows, or "
    "it is the wrong hour; nothing was sent",
    3: "finished, with some failed or unknown; of `sync`: something could not be asked",
    4: "stopped by trouble that concerns the whole campaign, or by `stop_when`",
    5: "ended with recipients pending or held: a limit, the tier or the deadline",
    11: "another process holds the run",
    130: "interrupted; the same command resumes",
}
"""What the exit codes of the commands mean."""

_SECONDS_THAT_TELL, _MESSAGES_THAT_TELL = 5.0, 20
"""Below, the first answer and the last one say more of the speed than the rate does."""


@dataclass(frozen=True, slots=True)
class Summary:
    """The end of a run.

    ``rate`` is the asked messages a second. Of this execution alone: ``settled`` recipients got an
    outcome, ``sent`` of them were accepted or scheduled, in ``seconds``; ``waited`` is for what.
    ``held_until`` is when the first of those who wait for their time may be sent to, in
    milliseconds UTC. ``reasons`` counts rows by (state, reason). ``why`` says what stopped the
    run, if anything did. ``results`` is ``None`` where the writing was interrupted, or failed.
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
    results: Path | None
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
        """Outcomes a second of this execution, while somebody might be sent to."""
        return self.settled / self._sending if self._sending > 0 else 0.0

    @property
    def _sending(self) -> float:
        return max(self.seconds - self.waited.held, 0.0)

    def how_it_went(self) -> list[str]:
        """Return how many got it, how fast, and what made it slower, in sentences."""
        if not self.settled:
            left = self.counts.pending
            return ["Nobody was sent to." if left else "Nothing was left to send."]
        of = "" if self.sent == self.settled else f" of {words.number(self.settled)}"
        tells = self._sending >= _SECONDS_THAT_TELL and self.settled >= _MESSAGES_THAT_TELL
        achieved = self.achieved if tells else None
        speed = words.speed_of(self.rate, achieved, self.waited, self._sending)
        sent = f"Sent {words.number(self.sent)}{of} in {words.duration(self.seconds)}: {speed}."
        return [sent, *words.slower(self.waited, self._sending)]

    def where_the_results_are(self) -> str:
        """Return where the results are, or how to get them."""
        if self.results is not None:
            return f"Results: {self.results}"
        was = self.ending is Ending.INTERRUPTED
        why = "Interrupted while writing the results" if was else "The results are not written"
        return f"{why}; `campaign results` writes them."

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
                    "held": round(self.waited.held, 3),
                },
            },
            "settled": self.settled,
            "sent": self.sent,
            "seconds": round(self.seconds, 3),
            "ledger": str(self.ledger),
            "results": None if self.results is None else str(self.results),
            "rejects": None if self.rejects is None else str(self.rejects),
        }
