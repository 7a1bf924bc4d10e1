"""From a path to a definition that fits an installed provider, and to where its secrets are.

Invariant: nothing heavy is loaded here. Whoever only looks at a run needs the definition and the
ledger, and neither the data frames nor the client that a run needs.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from campaign.definition import load
from campaign.definition.load import Loaded
from campaign.definition.secrets import read_env_file
from campaign.providers import registry


def definition_at(path: Path, *, past_ok: bool = False) -> Loaded:
    """Read a definition; its texts are compiled by who sends them.

    ``past_ok`` accepts a ``schedule_at`` that has passed, to look at a run that has begun.

    Raises:
        InvalidInput: with every problem of the definition at once.
    """
    return load.load(path, registry.find, registry.names(), past_ok=past_ok)


def environment_of(
    env_file: str | os.PathLike[str] | None, given: Mapping[str, str] | None = None
) -> Mapping[str, str]:
    """Return where secrets come from: ``given``, or the process's, before ``env_file``.

    Raises:
        InvalidInput: the file cannot be read.
    """
    from_file = read_env_file(Path(env_file)) if env_file is not None else {}
    return {**from_file, **(os.environ if given is None else given)}
