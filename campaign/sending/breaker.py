"""When to stop a run that does no good: the same trouble again and again.

A list of bad numbers must not stop a campaign, so only outcomes that say nothing about the
recipient count: unknown ones, refusals without a reason, and pauses that lead nowhere.
"""

from __future__ import annotations

from collections.abc import Sequence

from campaign.providers.protocol import Kind, Outcome

IN_A_ROW = 20
"""Answers in a row that stop a run: unknown ones, or refusals of the same kind and reason."""

PAUSES_WHEN_THROTTLED = 20
"""Pauses in a row, without one message taken between them, that stop a run."""

_ABOUT_THE_RECIPIENT = frozenset(
    {
        "invalid_recipient",
        "not_deliverable",
        "not_delivered_now",
        "opted_out",
        "content_refused",
        "window_closed",
    }
)


class Breaker:
    """Watches outcomes; says in a sentence when it is time to stop.

    ``attempts`` is how many pauses in a row a vendor that cannot be reached is given.
    """

    def __init__(self, attempts: int) -> None:
        self._attempts = attempts
        self._last: tuple[Kind, str | None, str | None] | None = None
        self._in_a_row = 0

    def note(self, outcomes: Sequence[Outcome]) -> str | None:
        """Count one answer, about however many recipients; return why to stop, or ``None``."""
        if any(_is_good_news(outcome) for outcome in outcomes):
            self._last, self._in_a_row = None, 0
            return None
        outcome = next((o for o in outcomes if o.kind in (Kind.UNKNOWN, Kind.REJECTED)), None)
        if outcome is None:
            return None
        this: tuple[Kind, str | None, str | None] = (outcome.kind, outcome.reason, outcome.code)
        if outcome.kind is Kind.UNKNOWN:
            # An outage has many faces (no answer, connection lost, 5xx), and each costs a person.
            this = (outcome.kind, None, None)
        self._in_a_row = self._in_a_row + 1 if this == self._last else 1
        self._last = this
        if self._in_a_row < IN_A_ROW:
            return None
        detail = f": {outcome.detail}" if outcome.detail else ""
        return f"{self._in_a_row} times in a row {outcome.kind.value} ({outcome.reason}){detail}"

    def paused(self, outcome: Outcome, in_a_row: int) -> str | None:
        """Count one pause; return why to stop, or ``None``."""
        if outcome.kind is Kind.NOT_SENT and in_a_row >= self._attempts:
            return f"the vendor cannot be reached after {in_a_row} tries: {outcome.detail}"
        if in_a_row >= PAUSES_WHEN_THROTTLED:
            return f"the vendor still asks to slow down after {in_a_row} pauses"
        return None


def _is_good_news(outcome: Outcome) -> bool:
    """The vendor works: it took a message, or refused one for what the recipient is."""
    if outcome.kind is Kind.REJECTED:
        return outcome.reason in _ABOUT_THE_RECIPIENT
    return outcome.kind in (Kind.ACCEPTED, Kind.SCHEDULED)
