"""A provider on loopback: speaks the vendors' APIs as their documents print them.

Written from those documents alone and sharing no code with ``campaign.providers``, so that it
cannot agree with a mistake made there. Its journal is the ground truth of what was accepted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from campaign.sandbox.config import FaultPlan, Faults, SandboxConfig
    from campaign.sandbox.journal import Entry, Journal
    from campaign.sandbox.server import SandboxServer, serve

__all__ = [
    "Entry",
    "FaultPlan",
    "Faults",
    "Journal",
    "SandboxConfig",
    "SandboxServer",
    "serve",
]

_HOMES = {
    "Entry": "campaign.sandbox.journal",
    "FaultPlan": "campaign.sandbox.config",
    "Faults": "campaign.sandbox.config",
    "Journal": "campaign.sandbox.journal",
    "SandboxConfig": "campaign.sandbox.config",
    "SandboxServer": "campaign.sandbox.server",
    "serve": "campaign.sandbox.server",
}


def __getattr__(name: str) -> Any:
    # Looked up when first used: a live run imports this package, and never loads a web server.
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)
