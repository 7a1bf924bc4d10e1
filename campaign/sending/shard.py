"""One worker's part of a run: of the people, of the rate and of every bound.

Invariant: the parts of all workers together are the whole. Everybody in the plan is in exactly one
part; the rates add up to the asked one, the requests in flight and the limit to what was asked.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl

    from campaign.sending.speed import Speed


@dataclass(frozen=True, slots=True)
class Shard:
    """The part with number ``place``, from 0, of so many.

    The ``seed`` decides who is in which part. It is another one in each execution: what a worker
    left behind that was killed is shared by all of them the next time.
    """

    place: int
    of: int
    seed: int

    @property
    def worker(self) -> str:
        """Which of the workers has it, in a sentence."""
        return f"worker {self.place + 1} of {self.of}"

    def holds(self, numbers: pl.Expr) -> pl.Expr:
        """Return, for positions in the plan, whether they are in this part.

        Polars promises no stable hash between versions; the workers of a run have one.
        """
        return numbers.hash(self.seed) % self.of == self.place

    def share(self, whole: int) -> int:
        """Return this part of so many things; the first parts take what does not divide."""
        return whole // self.of + (self.place < whole % self.of)

    def speed(self, whole: Speed) -> Speed:
        """Return the pace and the bounds of this part.

        Caps of longer windows (``at_most``) have no parts: only who sends alone can keep them.
        ``unknown`` is rounded up, and the first worker that reaches its part stops all: together
        they have no more than the definition allows by then. What is asked of answers in a row, or
        of the last hundred, holds for each worker as it is written: a part of it would soon be a
        chance hit.
        """
        unknown = whole.stop_when.unknown
        return replace(
            whole,
            rate=whole.rate / self.of,
            per_sender=None if whole.per_sender is None else whole.per_sender / self.of,
            concurrency=self.share(whole.concurrency),
            limit=None if whole.limit is None else self.share(whole.limit),
            stop_when=replace(
                whole.stop_when, unknown=None if unknown is None else -(-unknown // self.of)
            ),
        )

    def first_slot(self, rate: float) -> float:
        """Return how many seconds after the others' start this worker begins.

        At so many messages a second over all workers, each one's slots lie between the others'.
        """
        return self.place / rate
