"""A provider on loopback: speaks the vendors' APIs as their documents print them.

Written from those documents alone and sharing no code with ``campaign.providers``, so that it
cannot agree with a mistake made there. Its journal is the ground truth of what was accepted.
"""

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
