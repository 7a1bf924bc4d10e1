"""Rules that depend on the moment: on the time, or on what other runs have done meanwhile.

Invariant: each is judged by the same module twice, over whole columns when the plan is made, which
is the forecast, and for one recipient right before the message leaves, which decides. A rule that
objects only for now says until when: the recipient is held, and not skipped.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import polars as pl

FORESEEN = "foreseen:"
"""How the column begins in which a rule writes what it would say now: then its name."""


@dataclass(frozen=True, slots=True)
class Hold:
    """Not now: the reason code, and when to ask again (seconds since 1970 UTC).

    ``why`` says in a sentence what keeps back everybody else like them too. Nobody is written down
    as held then: they stay pending, and the execution ends with the sentence.
    """

    reason: str
    until: float
    why: str | None = None


class Who(Protocol):
    """What a rule may know of a recipient who is about to be sent to."""

    @property
    def identity(self) -> str:
        """The normalised address, in one form where a number has several."""
        ...

    @property
    def address(self) -> str:
        """The normalised address in the form that is sent to."""
        ...

    @property
    def region(self) -> str | None:
        """The country of the number, as ISO 3166 has it; ``001`` for none."""
        ...

    @property
    def zones(self) -> str | None:
        """The time zones in which they may be, joined by commas."""
        ...

    @property
    def last_inbound(self) -> int | None:
        """When they last wrote to us, in microseconds since 1970 UTC."""
        ...

    @property
    def initiated(self) -> bool | None:
        """Whether no window is known to be open; ``None`` where the channel has none."""
        ...


class MomentRule(Protocol):
    """One rule of this kind."""

    @property
    def name(self) -> str:
        """What the rule is called, in the name of its column."""
        ...

    def objection(self, who: Who, now: float) -> str | Hold | None:
        """Return the reason code not to send at ``now`` (seconds since 1970 UTC), if any."""
        ...

    def foreseen(self, rows: pl.LazyFrame, now: float) -> pl.LazyFrame:
        """Add to the rows of a plan the reason code that it would give at ``now``, or null."""
        ...
