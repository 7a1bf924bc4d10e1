"""The sandbox that a run brings along, for a campaign that says ``sandbox: true``."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from campaign.errors import InvalidInput
from campaign.sandbox.config import SandboxConfig
from campaign.sandbox.vendors import NAMES


@contextmanager
def embedded_sandbox(vendor: str, journal: Path | None) -> Iterator[str]:
    """Run a sandbox without faults while the block lasts; yield the base URL for ``vendor``.

    What it accepts is appended to ``journal``, where one is named, one JSON object a line.

    Raises:
        InvalidInput: the sandbox does not speak that vendor's API.
    """
    if vendor not in NAMES:
        raise InvalidInput(
            f"The sandbox does not speak the API of {vendor}; it speaks {', '.join(NAMES)}."
        )
    # The server and what it needs are heavy, and a live campaign never loads them.
    from campaign.sandbox.server import SandboxServer

    if journal is not None:
        journal.parent.mkdir(parents=True, exist_ok=True)
    with SandboxServer(SandboxConfig(journal=journal)) as server:
        yield server.url_for(vendor)
