"""The definitions that a new campaign starts from, one for each built-in provider.

Invariant: every starter loads as it is and sends to the sandbox, so that a first try reaches
nobody by accident.
"""

from __future__ import annotations

from importlib.resources import files

from campaign.definition.wording import near
from campaign.errors import InvalidInput, Problem


def available() -> tuple[str, ...]:
    """Return the providers that have a starter, in alphabetical order."""
    folder = files("campaign.definition").joinpath("starters")
    names = (entry.name for entry in folder.iterdir())
    return tuple(sorted(name.removesuffix(".yaml") for name in names if name.endswith(".yaml")))


def starter(provider: str) -> str:
    """Return the text of a provider's starter.

    Raises:
        InvalidInput: there is none for this provider.
    """
    names = available()
    if provider not in names:
        raise InvalidInput(
            Problem(f"there is no starter for '{provider}'", hint=near(provider, names))
        )
    path = files("campaign.definition").joinpath("starters", f"{provider}.yaml")
    return path.read_text(encoding="utf-8")
