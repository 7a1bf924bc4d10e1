"""When to stop a run that does no good: the same trouble again and again.

A list of bad numbers must not stop a campaign, unless its definition says so (``failed_rate``). So
what stops a run by itself are only outcomes that say nothing about the recipient: unknown ones,
refusals without a reason, and pauses that lead nowhere.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from campaign.ledger.records import Settlement, State
from campaign.providers.protocol import Kind, Outcome

PAUSES_WHEN_THROTTLED = 20
"""Pauses in a row, without one message taken between them, that stop a run."""

LOOKS_BACK = 100
"""How many outcomes a share is taken of. A share that is sure to be exceeded when there are so many
stops at once: nothing is gained by sending the rest of them."""

_MOST_IN_TROUBLE = LOOKS_BACK // 2

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


@dataclass(frozen=True, slots=True)
class Thresholds:
    """What stops a run: ``stop_when`` of a definition.

    ``in_a_row`` is answers with the same trouble, ``unknown`` how many recipients may have become
    unknown, ``failed_rate`` how many of the last hundred may have failed.
    """

    in_a_row: int = 20
    unknown: int | None = None
    failed_rate: float | None = None


Trouble = tuple[Kind, str | None, str | None]
"""What went wrong for no fault of the recipient: outcome, reason and the vendor's code."""

T = TypeVar("T", bound=Hashable)


class Breaker:
    """Watches outcomes; says in a sentence when it is time to stop.

    ``attempts`` is how many pauses in a row a vendor that cannot be reached is given.
    """

    def __init__(self, attempts: int, thresholds: Thresholds) -> None:
        self._attempts = attempts
        self._thresholds = thresholds
        self._last: Trouble | None = None
        self._in_a_row = 0
        self._troubles = _Latest[Trouble | None]()
        self._failures = _Latest[bool]()
        self._unknown = 0

    def note(self, outcomes: Sequence[Outcome]) -> str | None:
        """Count one answer, about however many recipients; return why to stop, or ``None``."""
        said = [outcome for outcome in outcomes if _says_something(outcome)]
        for outcome in said:
            self._troubles.add(_trouble(outcome))
        if not said:
            return None
        if any(_trouble(outcome) is None for outcome in said):
            self._last, self._in_a_row = None, 0
        else:
            this = _trouble(said[0])
            self._in_a_row = self._in_a_row + 1 if this == self._last else 1
            self._last = this
            if self._in_a_row >= self._thresholds.in_a_row:
                return (
                    f"{self._in_a_row} times in a row {_told(said[0])}; "
                    f"`stop_when.in_a_row` is {self._thresholds.in_a_row}"
                )
        for outcome in said:
            trouble = _trouble(outcome)
            if trouble is not None and self._troubles.count(trouble) > _MOST_IN_TROUBLE:
                return (
                    f"{self._troubles.count(trouble)} of the last {len(self._troubles)} outcomes "
                    f"were {_told(outcome)}, more than half of {LOOKS_BACK}"
                )
        return None

    def settled(self, settlements: Sequence[Settlement]) -> str | None:
        """Count where recipients stand after an answer; return why to stop, or ``None``."""
        why = None
        for one in settlements:
            if one.state is State.PENDING:
                continue
            self._failures.add(one.state is State.FAILED)
            self._unknown += one.state is State.UNKNOWN
            why = why or self._too_many(one)
        return why

    def paused(self, outcome: Outcome, in_a_row: int) -> str | None:
        """Count one pause; return why to stop, or ``None``."""
        if outcome.kind is Kind.NOT_SENT and in_a_row >= self._attempts:
            return f"the vendor cannot be reached after {in_a_row} tries: {outcome.detail}"
        if in_a_row >= PAUSES_WHEN_THROTTLED:
            return f"the vendor still asks to slow down after {in_a_row} pauses"
        return None

    def _too_many(self, one: Settlement) -> str | None:
        most, rate = self._thresholds.unknown, self._thresholds.failed_rate
        last = f"the last one: {_reason(one.reason, one.detail)}"
        if one.state is State.UNKNOWN and most is not None and self._unknown >= most:
            return f"{self._unknown} became unknown ({last}); `stop_when.unknown` is {most}"
        failed = self._failures.count(True)
        if one.state is State.FAILED and rate is not None and failed > rate * LOOKS_BACK / 100:
            return (
                f"{failed} of the last {len(self._failures)} outcomes were failed ({last}); "
                f"`stop_when.failed_rate` is {rate:g}% of {LOOKS_BACK}"
            )
        return None


class _Latest(Generic[T]):
    """The latest outcomes, and how many there are of each."""

    def __init__(self) -> None:
        self._all: deque[T] = deque()
        self._counts: Counter[T] = Counter()

    def add(self, one: T) -> None:
        """Take one in; the oldest falls out when there are too many."""
        self._all.append(one)
        self._counts[one] += 1
        if len(self._all) > LOOKS_BACK:
            self._counts[self._all.popleft()] -= 1

    def count(self, one: T) -> int:
        """Return how many of the latest are like this."""
        return self._counts[one]

    def __len__(self) -> int:
        return len(self._all)


def _says_something(outcome: Outcome) -> bool:
    """Tell whether the vendor decided about a message; what it did not take, it says in pauses."""
    return outcome.kind not in (Kind.THROTTLED, Kind.NOT_SENT)


def _trouble(outcome: Outcome) -> Trouble | None:
    """Return what went wrong, or ``None`` where the vendor works.

    It works when it took a message, or refused one for what the recipient is, which a refusal
    for this recipient until some later time is too.
    """
    if outcome.kind is Kind.UNKNOWN:
        # An outage has many faces (no answer, connection lost, 5xx), and each costs a person.
        return (Kind.UNKNOWN, None, None)
    about_recipient = outcome.reason in _ABOUT_THE_RECIPIENT or outcome.hold is not None
    if outcome.kind is not Kind.REJECTED or about_recipient:
        return None
    return (Kind.REJECTED, outcome.reason, outcome.code)


def _told(outcome: Outcome) -> str:
    return f"{outcome.kind.value} ({_reason(outcome.reason, outcome.detail)})"


def _reason(reason: str | None, detail: str | None) -> str:
    return ": ".join(filter(None, (reason, detail)))
