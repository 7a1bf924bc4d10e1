"""Whether a request may still leave: asked right before its first byte does.

Invariant: a request leaves only while its claim is fresh. A process that was stopped, or a machine
that slept, may have lost its run meanwhile: its claims are ``unknown`` by then, and a person may
have said that they were not sent. What is left of that danger is the instant between this question
and the first byte.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable

import httpx

OLDEST = 10.0
"""Seconds from asking for a claim until its request must have begun to leave: well within the time
that an owner may be silent before its run is taken over."""

_MAY_LEAVE = "campaign.may_leave"
_TURN = "campaign.turn"


class NotLeft(Exception):
    """A request was held back before its first byte: certainly nobody was messaged by it."""


def clock() -> float:
    """Return seconds that pass while a process is stopped, and while the machine sleeps."""
    if hasattr(time, "CLOCK_BOOTTIME"):
        return time.clock_gettime(time.CLOCK_BOOTTIME)
    return time.monotonic()


def ask_before(
    request: httpx.Request,
    may_leave: Callable[[], bool],
    turn: Callable[[], Awaitable[bool]] | None = None,
) -> None:
    """Have ``turn`` awaited and then ``may_leave`` asked before the request leaves."""
    request.extensions = {**request.extensions, _MAY_LEAVE: may_leave, _TURN: turn}


async def turn(request: httpx.Request) -> bool:
    """Wait for the request's turn, when everything stands that it needs to leave.

    Return whether there was anything to wait for.
    """
    wait = request.extensions.get(_TURN)
    return wait is not None and await wait()


def check(request: httpx.Request) -> None:
    """Ask.

    Raises:
        NotLeft: it may not leave any more.
    """
    may_leave = request.extensions.get(_MAY_LEAVE)
    if may_leave is not None and not may_leave():
        raise NotLeft
