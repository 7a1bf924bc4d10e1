"""What a run waited for beside its rate, so that its summary can say what bound it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(slots=True)
class Waited:
    """Seconds in which nobody could be let go although the rate allowed it.

    ``in_flight``: every place for a request was taken, so an answer was waited for; ``paused``: the
    vendor had asked to wait, or could not be reached; ``capped``: a cap of ``rate.at_most`` was
    reached. In ``held`` nobody was to be sent to: a step of the ramp was reached, or all who were
    left were held. ``slowed_to`` is the rate at the end where the vendor made it slower, in
    messages a second.
    """

    in_flight: float = 0.0
    paused: float = 0.0
    capped: float = 0.0
    held: float = 0.0
    slowed_to: float | None = None

    @property
    def for_the_vendor(self) -> float:
        """Seconds that were the vendor's."""
        return self.in_flight + self.paused

    def then(self, later: Waited) -> Waited:
        """Return what was waited for in both, where the other came later."""
        return Waited(
            in_flight=self.in_flight + later.in_flight,
            paused=self.paused + later.paused,
            capped=self.capped + later.capped,
            held=self.held + later.held,
            slowed_to=later.slowed_to,
        )


def at_once(parts: Sequence[Waited], rate: float) -> Waited:
    """Return what was waited for by several who sent at the same time, each at a ``rate``.

    A second in which half of them waited is half a second. Slowed to what all have together:
    whoever was not slowed has its rate.
    """
    if not parts:
        return Waited()
    slowed = [one.slowed_to for one in parts if one.slowed_to is not None]
    return Waited(
        in_flight=sum(one.in_flight for one in parts) / len(parts),
        paused=sum(one.paused for one in parts) / len(parts),
        capped=sum(one.capped for one in parts) / len(parts),
        held=sum(one.held for one in parts) / len(parts),
        slowed_to=sum(slowed) + rate * (len(parts) - len(slowed)) if slowed else None,
    )
