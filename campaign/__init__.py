"""Bulk campaigns that start conversations: everyone exactly once, or a written reason why not.

>>> import campaign
>>> c = campaign.load("campaign.yaml")  # doctest: +SKIP
>>> c.plan().counts  # doctest: +SKIP
>>> c.run().exit_code  # doctest: +SKIP
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from campaign.api import Campaign, load
    from campaign.preflight.answer import Forecast
    from campaign.reporting.summary import Summary

__all__ = ["Campaign", "Forecast", "Summary", "load"]

_HOMES = {
    "Campaign": "campaign.api",
    "Forecast": "campaign.preflight.answer",
    "Summary": "campaign.reporting.summary",
    "load": "campaign.api",
}


def __getattr__(name: str) -> Any:
    # Looked up when first used: the command line answers --help without loading any of it.
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)
