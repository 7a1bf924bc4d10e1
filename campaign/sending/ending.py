"""How an execution came to an end, and the moments that end one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

import anyio


class Ending(StrEnum):
    """Why the engine came to an end."""

    FINISHED = "finished"
    LIMIT = "limit"
    INTERRUPTED = "interrupted"
    STOPPED = "stopped"
    DEADLINE = "deadline"
    FULL = "full"


@dataclass(slots=True)
class Result:
    """How the engine ended, and why in a sentence where there is something to say."""

    ending: Ending = Ending.FINISHED
    why: str | None = None


@dataclass(frozen=True, slots=True)
class TooLate:
    """A moment from which on nobody may be claimed: whether it has come, and how that ends."""

    has_come: Callable[[], bool]
    ending: Ending
    why: str


Stop = Callable[[Ending, str | None], None]
"""What stops the sending: how it ended, and why."""

_LOOK_AGAIN = 1.0
"""Seconds; the clock of the day may be set, so no wait is computed from it."""


async def stop_at_deadline(moments: Sequence[TooLate], stop: Stop) -> None:
    """Stop when the deadline has come, however long a vendor asked to wait."""
    for moment in moments:
        if moment.ending is Ending.DEADLINE:
            while not moment.has_come():  # noqa: ASYNC110 - a clock tells nobody
                await anyio.sleep(_LOOK_AGAIN)
            stop(moment.ending, moment.why)
