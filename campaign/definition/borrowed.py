"""What a definition takes from elsewhere: secrets, and ``${NAME}`` from the environment.

Invariant: what may be a secret is not shown, whatever is wrong with it, and nothing else is taken
from the environment.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from campaign.definition.nodes import Keys
from campaign.definition.places import holds_password
from campaign.definition.secrets import secret_fields
from campaign.definition.wording import dotted
from campaign.providers.protocol import Provider

_REFERENCE = re.compile(r"\$\{[^}]*\}")


def hidden(data: Mapping[str, Any], provider: type[Provider] | None) -> Iterator[Keys]:
    """Yield the paths of what may be a secret: not to be shown, whatever is wrong with it."""
    if holds_password(data.get("ledger")):
        yield ("ledger",)
    section = data.get("provider")
    if not isinstance(section, dict):
        return
    public = {"name", "sandbox"}
    if provider is not None:
        public = set(provider.Settings.model_fields) - secret_fields(provider.Settings)
    for key in section:
        # An address that says who logs in is refused, and must not be shown while it is.
        if key not in public or (key == "base_url" and "@" in str(section[key])):
            yield ("provider", key)


def references(
    data: Mapping[str, Any], provider: type[Provider] | None
) -> Iterator[tuple[Keys, str]]:
    """Yield where ``${NAME}`` is written in something that is not a secret."""
    may_be_secret = set(hidden(data, provider))
    for path, text in _texts(data, ()):
        if (
            path[0] in ("message", "variants", "ledger")
            or path[:2] in may_be_secret
            or not _REFERENCE.search(text)
        ):
            continue
        yield path, f"{dotted(path)}: only secrets are taken from the environment"


def _texts(value: object, path: Keys) -> Iterator[tuple[Keys, str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from _texts(inner, (*path, key))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _texts(inner, (*path, number))
