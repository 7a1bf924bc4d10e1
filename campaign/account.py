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
    settings, secrets = loaded.settings, dict[str, str]()
    if (account := getattr(settings, "twilio", None)) is not None:
        # The sandbox takes any token.
        there = account.model_copy(update={"base_url": url_for("twilio")})
        settings = settings.model_copy(update={"twilio": there})
        secrets["twilio.auth_token"] = "sandbox"  # noqa: S105 - it opens nothing
    return loaded.provider(settings, secrets, url_for(settings.name))
