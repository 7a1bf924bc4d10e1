"""How much of the list is refused for what is wrong with it, and whether that is too much.

Invariant: a row that somebody wants left out counts neither as refused nor as a row. Its reason has
``choice`` in ``reasons.toml``: `where`, suppression, duplicates and the like. So a list of which
`where` takes one row in a hundred is judged by that one, not by the ninety-nine others.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from campaign.definition.load import Loaded
from campaign.errors import InvalidInput
from campaign.plan.frozen import SKIPPED, Plan
from campaign.reasons import reasons


@dataclass(frozen=True, slots=True)
class Rejected:
    """``rows`` refused for what is wrong with them, ``of`` those that nobody chose to leave out.

    ``limit`` is the definition's `max_rejects`, in hundredths; ``chosen`` rows are left out by
    choice.
    """

    rows: int
    of: int
    limit: float | None
    chosen: int = 0

    @classmethod
    def among(cls, plan: Plan, limit: float | None) -> Rejected:
        """Count the refused rows of a plan."""
        return cls.counted(plan.refusals, plan.planned, limit)

    @classmethod
    def counted(
        cls, refusals: Mapping[tuple[str, str], int], planned: int, limit: float | None
    ) -> Rejected:
        """Count what rules refused, given by verdict and reason, of so many planned rows."""
        chosen = sum(rows for (_, code), rows in refusals.items() if _is_choice(code))
        wrong = sum(
            rows
            for (verdict, code), rows in refusals.items()
            if verdict == SKIPPED and not _is_choice(code)
        )
        return cls(wrong, planned - chosen, limit, chosen)

    @property
    def share(self) -> float:
        """The refused share, in hundredths."""
        return 100 * self.rows / self.of if self.of else 0.0

    @property
    def passed(self) -> bool:
        """Whether it is more than the definition allows."""
        return self.limit is not None and 100 * self.rows > self.limit * self.of

    def sentence(self) -> str:
        """Return why a run does not begin with such a list."""
        chosen = f", not counting {self.chosen:,} left out by choice" if self.chosen else ""
        return (
            f"{self.rows:,} of {self.of:,} rows ({self.share:.3g}%) are refused for what is wrong "
            f"with them{chosen}, and `max_rejects` allows {self.limit:g}%"
        )

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain data, for machines."""
        return {
            "rows": self.rows,
            "of": self.of,
            "share": round(self.share, 4),
            "limit": self.limit,
            "passed": self.passed,
        }


def check_rejected(loaded: Loaded, plan: Plan) -> None:
    """Refuse to begin with a list of which too much is wrong.

    Raises:
        InvalidInput: more rows are refused than `max_rejects` allows.
    """
    found = Rejected.among(plan, loaded.definition.max_rejects)
    if found.passed:
        raise InvalidInput(
            loaded.locate(
                "max_rejects",
                message=f"{found.sentence()}; nothing was sent",
                hint="`campaign check` shows which rows and why; mend the list, or allow more",
            )
        )


def _is_choice(code: str) -> bool:
    known = reasons().get(code)
    return known is not None and known.choice
