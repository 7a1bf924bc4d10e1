"""On what a figure was measured: it belongs to that machine, and says little of another."""

from __future__ import annotations

import os
import platform
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version

_NAMED = ("aiohttp", "httptools", "httpx", "polars", "uvloop")
"""The libraries whose version makes a difference."""


def stated() -> str:
    """Return machine, versions and how busy the machine was, as one line."""
    known = [f"{name} {found}" for name in _NAMED if (found := _version(name)) is not None]
    return (
        f"{datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} cores {platform.machine()}, "
        f"{platform.system()} {platform.release()}, Python {platform.python_version()}, "
        f"{', '.join(known)}; load {os.getloadavg()[0]:.1f} before it began"
    )


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
