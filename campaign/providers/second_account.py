"""An account at another vendor, over which a provider sends, and which is asked beside it.

Invariant: a rehearsal asks the sandbox and nobody else, whichever accounts the settings name; so a
provider with such an account needs no change outside this room.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import ClassVar, Self, TypeVar

from pydantic import BaseModel

from campaign.definition.secrets import secrets_of
from campaign.providers.protocol import ProviderSettings

SettingsT = TypeVar("SettingsT", bound=ProviderSettings)


class SecondAccount(BaseModel, ABC):
    """The value of a field of a provider's settings that holds such an account."""

    vendor: ClassVar[str]
    """Whose it is, by the name under which the sandbox stands in for them."""

    @abstractmethod
    def at(self, url: str) -> Self:
        """Return the same account with its vendor's API at another address."""


def in_the_sandbox(
    settings: SettingsT, url_for: Callable[[str], str]
) -> tuple[SettingsT, dict[str, str]]:
    """Return settings whose second accounts are in the sandbox, and stand-ins for their secrets.

    ``url_for`` says where the sandbox stands in for whom; it takes any secret.
    """
    fields = {name: getattr(settings, name) for name in type(settings).model_fields}
    moved = {
        name: account.at(url_for(account.vendor))
        for name, account in fields.items()
        if isinstance(account, SecondAccount)
    }
    secrets = {name: "sandbox" for name, _ in secrets_of(settings) if name.split(".")[0] in moved}
    return settings.model_copy(update=moved), secrets
