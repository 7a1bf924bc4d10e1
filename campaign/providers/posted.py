"""What the built-in webhooks share: how a body is read, and what proves where it is from.

Invariants: a body is somebody else's until it is proved to be the vendor's, so proofs are compared
in constant time and nothing about them raises; what is odd in a body that is the vendor's is
:class:`~campaign.providers.heard.Unheard`, in a sentence without its texts.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from campaign.providers import http
from campaign.providers.asking import moment
from campaign.providers.heard import Received, Unheard

_LONGEST_TIME = 64

# To the second, and perhaps a zone; Sendbird's samples have something else in between.
_NEARLY = re.compile(
    r"(\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d)[.,]?[0-9A-Za-z]*?(Z|[+-]\d\d:?\d\d)?", re.ASCII
)


def object_in(request: Received, vendor: str) -> Mapping[str, Any]:
    """Return the JSON object that a body is.

    Raises:
        Unheard: it is none.
    """
    try:
        found = json.loads(request.body)
    except (ValueError, RecursionError):  # the second: nested deeper than Python can read
        raise Unheard(f"an event of {vendor} is no JSON") from None
    return part(found, vendor, "the body")


def part(value: object, vendor: str, what: str) -> Mapping[str, Any]:
    """Return a part of an event that must be an object.

    Raises:
        Unheard: it is none.
    """
    if not isinstance(value, Mapping):
        raise Unheard(f"an event of {vendor} cannot be understood ({what} is no object)")
    return value


def text_of(value: object) -> str | None:
    """Return a text that says something."""
    return http.storable(value) if isinstance(value, str) and value.strip() else None


def nearly_moment(value: object) -> datetime | None:
    """Read a time, also one whose fraction is none: ``2025-07-30T08:30:32.d25Z``."""
    if isinstance(value, str) and len(value) > _LONGEST_TIME:
        return None
    if (at := moment(value)) is not None:
        return at
    if not isinstance(value, str):
        return None
    found = _NEARLY.fullmatch(value.strip())
    return moment(f"{found[1]}{found[2] or 'Z'}") if found else None


def same(one: str | None, other: str | None) -> bool:
    """Compare two proofs in constant time; what is missing or empty proves nothing."""
    if not one or not other:
        return False
    return hmac.compare_digest(one.encode("utf-8", "replace"), other.encode("utf-8", "replace"))


def has_token(request: Received, secret: str) -> bool:
    """Say whether the address that was called carries the secret."""
    return same(request.token, secret)


def hmac_sha256(secret: str, *parts: bytes) -> bytes:
    """Return the keyed hash of these parts in a row, with which most vendors sign."""
    hashed = hmac.new(secret.encode("utf-8", "replace"), digestmod=hashlib.sha256)
    for one in parts:
        hashed.update(one)
    return hashed.digest()
