"""Whose account is asked and listened to: how its events are read, and what stands in for it.

Invariant: a rehearsal asks the sandbox and nobody else, also where the definition names a second
account, over which the vendor sends.
"""

from __future__ import annotations

from collections.abc import Callable

from campaign.job import Job
from campaign.outcomes.matching import Account
from campaign.outcomes.people import People
from campaign.providers.heard import names_of
from campaign.providers.protocol import Provider
from campaign.providers.second_account import in_the_sandbox


def account_of(job: Job, provider: Provider, *, sandbox: bool) -> Account:
    """Return how the events of a job's account are read."""
    kinds = job.loaded.provider.capabilities.channels
    return Account(
        provider=job.loaded.settings.name,
        people=People(kinds, job.loaded.definition.channel),
        names=lambda entry: names_of(provider, entry.provider_id, entry.evidence),
        sandbox=sandbox,
    )


def rehearsed(job: Job, url_for: Callable[[str], str]) -> Provider:
    """Return the provider of a rehearsal; ``url_for`` says where the sandbox stands for whom."""
    loaded = job.loaded
    settings, secrets = in_the_sandbox(loaded.settings, url_for)
    return loaded.provider(settings, secrets, url_for(settings.name))
