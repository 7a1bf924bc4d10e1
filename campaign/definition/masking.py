"""Keeping secrets out of what is shown.

Invariant: a value whose key sounds like a secret is never shown, unless it is the name of an
environment variable; nor is what a web address says of who logs in. This works on the bare text,
for files that are not even YAML; where the provider's settings are known, ``YamlSource.hiding``
masks by what they say.
"""

from __future__ import annotations

import re

_SECRETIVE = re.compile(
    r"""(?ix)
    ( [\w-]* (?: [a-z0-9][_-]?key | token | secret | passw(?:or)?d | passwd | credential ) [\w-]*
      ["']? \s* [:=] \s* )
    (?! ["']? \$\{ \w+ \} ["']? \s* (?: $ | [,}\]\#] ) )
    \S .* """
)
# To the last @ of the line: a password that was not escaped may hold anything.
_LOGIN = re.compile(r"(://).*@")


def masked(line: str) -> str:
    """Return the line with ``***`` in place of what looks like a secret."""
    return _LOGIN.sub(r"\1***@", _SECRETIVE.sub(r"\1***", line))
