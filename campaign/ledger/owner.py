"""Who holds a run, and whether that process is still alive.

Invariant: a process is called dead only when that is certain (same machine, no such process) or
when it has given no sign of life for :data:`TIME_TO_LIVE`.
"""

from __future__ import annotations

import os
import platform
import uuid
from dataclasses import dataclass
from pathlib import Path

TIME_TO_LIVE = 30.0
"""Seconds without a heartbeat after which a run may be taken over."""

HEARTBEAT = 5.0
"""Seconds between two heartbeats."""


@dataclass(frozen=True, slots=True)
class Owner:
    """A process that may hold a run: unique token, machine, process id."""

    token: str
    host: str
    pid: int


def this_process() -> Owner:
    """Return a new owner for the process that calls."""
    return Owner(uuid.uuid4().hex, machine(), os.getpid())


def machine() -> str:
    """Name this machine so that a process id from another one is never taken for a local one.

    Where the system tells them, the boot and the process namespace are part of the name: two
    containers may share a host name and both call their process 1.
    """
    parts = [platform.node() or "unknown host"]
    try:
        parts.append(Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii")[:8])
        parts.append(Path("/proc/self/ns/pid").readlink().name.strip("pid:[]"))
    except OSError:
        pass
    return "/".join(parts)


def is_abandoned(heartbeat_at: int, now: int, host: str, pid: int) -> bool:
    """Return whether a run may be taken over; the times are milliseconds since 1970 UTC."""
    # A sign of life from the future was given before the clock was set back; whoever lives gives
    # the next one by the new clock.
    silent = abs(now - heartbeat_at) / 1000
    return silent > TIME_TO_LIVE or is_dead(host, pid)


def is_dead(host: str, pid: int) -> bool:
    """Return whether the process certainly no longer runs; ``False`` when it cannot be told."""
    if host != machine() or os.name != "posix":
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    except OSError:
        return False
    return False
