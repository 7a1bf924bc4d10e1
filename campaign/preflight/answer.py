"""What a run would do, in figures and in the few sentences that matter most.

Invariant: planned = sendable + the sum of all refusals, in every form in which it is shown.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from campaign.ledger.records import Counts
from campaign.preflight.cost import Cost
from campaign.preflight.lengths import Lengths
from campaign.preflight.rejected import Rejected
from campaign.preflight.samples import Sample
from campaign.preflight.timing import Timing
from campaign.reasons import reasons
from campaign.reporting import words

_NAMED = 3
"""So many reasons are named in the headline; the others are counted."""


@dataclass(frozen=True, slots=True)
class Forecast:
    """What would happen, judged ``at`` a moment.

    ``planned`` rows in the list, of which ``sendable`` would be sent to. ``refusals`` counts the
    others by (verdict, reason), most first, and ``examples`` names up to five rows of each: file,
    row, column, value. ``waiting`` counts those whom a rule would stop if the run began now, by
    reason. ``already`` says where a run of this name stands, when there is one. ``timing`` says how
    long it takes; ``cost`` what it costs, where the definition names rates; ``lengths`` into how
    many parts text messages are cut. ``rejects`` and ``page`` are the files that stay. ``warnings``
    are sentences about what would stop a real run, or is odd in the list.
    """

    at: datetime
    name: str
    run: str
    provider: str
    channel: str
    sandbox: bool
    planned: int
    sendable: int
    refusals: Mapping[tuple[str, str], int]
    examples: Mapping[str, list[dict[str, Any]]]
    samples: list[Sample]
    waiting: Mapping[str, int]
    already: Counts | None
    timing: Timing
    cost: Cost | None
    lengths: Lengths | None
    rejected: Rejected
    rejects: Path
    page: Path
    warnings: list[str]

    @property
    def rate(self) -> float:
        """The asked rate, in messages a second."""
        return self.timing.rate

    @property
    def seconds(self) -> float:
        """How long sending takes at the asked rate."""
        return self.timing.seconds

    @property
    def refused(self) -> bool:
        """Whether more rows are refused than the definition allows, so that no run would begin."""
        return self.rejected.passed

    @property
    def counts(self) -> dict[str, int]:
        """How many rows there are, would be sent to, and are refused, by verdict."""
        found = {"planned": self.planned, "sendable": self.sendable}
        for (verdict, _), rows in self.refusals.items():
            found[verdict] = found.get(verdict, 0) + rows
        return found

    @property
    def headline(self) -> str:
        """Who gets it, who does not and why, how long it takes and what it costs."""
        people = f"{words.number(self.sendable)} of {words.number(self.planned)}"
        said = [f"{people} on the list will get it."]
        if self.refusals:
            said.append(f"{words.number(self.planned - self.sendable)} will not: {_why(self)}.")
        if self.sendable:
            said.append(_how_long(self.timing))
            if self.cost is not None:
                said.append(_how_much(self.cost))
        return " ".join(said)

    def as_dict(self) -> dict[str, Any]:
        """Return the forecast as plain data, for machines."""
        return {
            "at": self.at.isoformat(timespec="seconds"),
            "name": self.name,
            "run": self.run,
            "provider": self.provider,
            "channel": self.channel,
            "sandbox": self.sandbox,
            "headline": self.headline,
            "counts": self.counts,
            "reasons": [
                {
                    "verdict": verdict,
                    "reason": reason,
                    "sentence": reasons()[reason].sentence if reason in reasons() else reason,
                    "rows": rows,
                    "examples": self.examples[reason],
                }
                for (verdict, reason), rows in self.refusals.items()
            ],
            "waiting": dict(self.waiting),
            "samples": [
                {
                    "place": sample.place,
                    "row": sample.row,
                    "address": sample.address,
                    "form": sample.form,
                    "kinds": list(sample.kinds),
                    "texts": dict(sample.texts),
                }
                for sample in self.samples
            ],
            "segments": None if self.lengths is None else self.lengths.as_dict(),
            "already": None if self.already is None else self.already.as_dict(),
            "rate": self.rate,
            "seconds": round(self.seconds, 1),
            "timing": self.timing.as_dict(),
            "cost": None if self.cost is None else self.cost.as_dict(),
            "max_rejects": self.rejected.as_dict(),
            "rejects": str(self.rejects),
            "page": str(self.page),
            "warnings": self.warnings,
        }


def _why(found: Forecast) -> str:
    """Return the commonest reasons in words; a single other one is named too."""
    parts = [
        f"{_clause(code)} ({words.number(rows)})" for (_, code), rows in found.refusals.items()
    ]
    if len(parts) > _NAMED + 1:
        rest = sum(list(found.refusals.values())[_NAMED:])
        others = f"{words.number(rest)} for {len(parts) - _NAMED} other reasons"
        parts = [*parts[:_NAMED], others]
    return "; ".join(parts)


def _clause(code: str) -> str:
    """Return a reason's sentence as it stands within another."""
    known = reasons().get(code)
    if known is None:
        return code
    text = known.sentence.removesuffix(".").partition(":")[0].partition(",")[0]
    first = text.split(" ", 1)[0]
    return text[0].lower() + text[1:] if first in ("The", "This", "A", "An", "No") else text


def _how_long(timing: Timing) -> str:
    said = f"It takes about {words.duration(timing.total)} at {words.speed(timing.rate)}"
    if timing.total < 1:
        said = f"It takes less than a second at {words.speed(timing.rate)}"
    waits = [f"{words.duration(wait.seconds)} {wait.what}" for wait in timing.waits]
    if waits:
        said += f", of which {_and(waits)}"
    days = [f"{found.days:,} days {found.what}" for found in timing.days if found.days > 1]
    if days:
        said += f", and {_and(days)}"
    return said + "."


def _how_much(cost: Cost) -> str:
    said = f"It costs about {words.money(cost.total)} {cost.currency}"
    if cost.without_rate:
        said += f", without {words.people(cost.without_rate)} in countries without a rate"
    return said + "."


def _and(parts: Sequence[str]) -> str:
    if len(parts) <= 1:
        return "".join(parts)
    return f"{', '.join(parts[:-1])} and {parts[-1]}"
