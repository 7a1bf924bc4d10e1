"""Which providers there are: the built-in four, and any package that names one by entry point.

A provider that ships as a package of its own declares, in the group ``campaign.providers``,
``name = "package.module:Class"``.
"""

from __future__ import annotations

from functools import cache
from importlib.metadata import EntryPoint, entry_points

from campaign.errors import CampaignError
from campaign.providers.protocol import Provider

GROUP = "campaign.providers"


@cache
def _entries() -> dict[str, EntryPoint]:
    return {entry.name: entry for entry in entry_points(group=GROUP)}


def names() -> tuple[str, ...]:
    """Return the names of the installed providers, in alphabetical order."""
    return tuple(sorted(_entries()))


def find(name: str) -> type[Provider] | None:
    """Return the provider of that name, or ``None`` when none is installed.

    Raises:
        CampaignError: a package names the provider, but it cannot be imported.
    """
    entry = _entries().get(name)
    if entry is None:
        return None
    try:
        provider: type[Provider] = entry.load()
    except (ImportError, AttributeError) as error:
        raise CampaignError(
            f"The provider {name!r} is installed ({entry.value}) but cannot be loaded: {error}"
        ) from error
    return provider
