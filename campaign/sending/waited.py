"""What a run waited for beside its rate, so that its summary can say what bound it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Waited:
    """Seconds in which nobody could be let go although the rate allowed it.

    ``in_flight``: every place for a request was taken, so an answer was waited for; ``paused``: the
    vendor had asked to wait, or could not be reached; ``capped``: a cap of ``rate.at_most`` was
    reached. ``slowed_to`` is the rate at the end where the vendor made it slower, in messages a
    second.
    """

    in_flight: float = 0.0
    paused: float = 0.0
    capped: float = 0.0
    slowed_to: float | None = None

    @property
    def for_the_vendor(self) -> float:
        """Seconds that were the vendor's."""
        return self.in_flight + self.paused
