"""Is it still the same list?  A hash over the bytes of its files and their order.

Invariant: the hash of an opened list and of its files on the disk are equal exactly when no byte
has changed; what the files are called does not count.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from pathlib import Path

from campaign.audience.encoding import sha256_of
from campaign.errors import InvalidInput, Problem


def fingerprint(files: Sequence[Path]) -> str:
    """Return the same as `RecipientList.fingerprint`, without reading the rows.

    Raises:
        InvalidInput: a file cannot be read.
    """
    digests: list[bytes] = []
    for path in files:
        try:
            digests.append(sha256_of(path))
        except OSError as error:
            problem = Problem(f"cannot be read: {error.strerror or error}", path)
            raise InvalidInput(problem) from error
    return combined(digests)


def combined(digests: Iterable[bytes]) -> str:
    """Return one hash, in hexadecimal, for the SHA-256 digests of several files in their order."""
    return hashlib.sha256(b"".join(digests)).hexdigest()
