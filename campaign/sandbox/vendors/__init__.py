"""The vendors that the sandbox speaks for, one module each."""

from __future__ import annotations

from campaign.sandbox.config import SandboxConfig
from campaign.sandbox.vendors.sendbird import AUTO_CLOSE_SECONDS, Sendbird
from campaign.sandbox.vendors.synthflow import Synthflow
from campaign.sandbox.vendors.vendor import Vendor
from campaign.sandbox.vendors.whippy import Whippy
from campaign.sandbox.vendors.zild import Zild

NAMES = (Sendbird.name, Zild.name, Whippy.name, Synthflow.name)


def vendors(config: SandboxConfig) -> tuple[Vendor, ...]:
    """Return every vendor, each with its part of the configuration."""
    return (
        Sendbird(config.sendbird, _auto_close(config)),
        Zild(config.zild),
        Whippy(config.whippy),
        Synthflow(config.synthflow),
    )


def _auto_close(config: SandboxConfig) -> float:
    """Return after how many silent seconds a conversation is said to be closed."""
    said = config.people.closed.unanswered
    return AUTO_CLOSE_SECONDS if said is None else said
