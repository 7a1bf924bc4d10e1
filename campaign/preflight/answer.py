"""What a run would do, in figures.

Invariant: planned = those who will get it + those whom a rule of the moment would leave out now +
the sum of all refusals, and those who will get it are the sum of the variants, in every form in
which it is shown. ``sendable`` are the first two: what the plan says. Of the sendable, ``left``
have no outcome yet. Time, money and lengths are about those of them who will get it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from campaign.ledger.records import Counts
from campaign.plan.frozen import SKIPPED
from campaign.plan.rejected import Rejected
from campaign.preflight.cost import Cost
from campaign.preflight.headline import headline
from campaign.preflight.lengths import Lengths
from campaign.preflight.samples import Sample
from campaign.preflight.timing import Timing
from campaign.preflight.waiting import for_good
from campaign.reasons import reasons


@dataclass(frozen=True, slots=True)
class Forecast:
    """What would happen, judged ``at`` a moment.

    ``planned`` rows in the list, of which ``sendable`` would be sent to. ``refusals`` counts the
    others by (verdict, reason), most first, and ``examples`` names up to five rows of each: file,
    row, column, value. ``odd`` has the same for rows that are warned of, with how many they are.
    ``variants`` says how many of those who will get it get which message. ``already`` says where a
    run of this name stands, when there is one, and ``left`` how many have no outcome in it;
    ``waiting`` counts those of them whom a rule would stop now, by reason: some for a while, and
    some for good, who are ``left_out``. ``timing`` says how long it takes;
    ``cost`` what it costs, where the definition names rates; ``lengths`` into how many parts text
    messages are cut. ``rejects`` and ``page`` are the files that stay. ``warnings`` are sentences
    about what would stop a real run, or reads oddly.
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
    odd: Mapping[str, tuple[int, list[dict[str, Any]]]]
    variants: Mapping[str, int]
    samples: list[Sample]
    left: int
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
    def left_out(self) -> Mapping[str, int]:
        """How many a rule of the moment would leave out for good now, by reason."""
        return {code: rows for code, rows in self.waiting.items() if for_good(code)}

    @property
    def will_get(self) -> int:
        """How many get it, now, when their time has come, or already."""
        return self.sendable - sum(self.left_out.values())

    @property
    def headline(self) -> str:
        """Who gets it, who does not and why, how long it takes and what it costs."""
        return headline(self)

    @property
    def held_out(self) -> int:
        """How many people are in the holdout."""
        return self.refusals.get((SKIPPED, "holdout"), 0)

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
                    "sentence": _sentence(reason),
                    "rows": rows,
                    "examples": self.examples[reason],
                }
                for (verdict, reason), rows in self.refusals.items()
            ],
            "odd": [
                {"warning": code, "sentence": _sentence(code), "rows": rows, "examples": shown}
                for code, (rows, shown) in self.odd.items()
            ],
            "variants": dict(self.variants),
            "held_out": self.held_out,
            "will_get": self.will_get,
            "left": self.left,
            "left_out": self.left_out,
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


def _sentence(code: str) -> str:
    return reasons()[code].sentence if code in reasons() else code
