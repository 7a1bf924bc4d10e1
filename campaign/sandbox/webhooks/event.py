"""One thing that a vendor posts."""

from __future__ import annotations

import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any


@dataclass(frozen=True, slots=True)
class Event:
    """A request ready to be posted: when it is due, what is in it."""

    at: datetime
    body: bytes
    media_type: str
    headers: tuple[tuple[str, str], ...] = ()


def json_event(
    at: datetime, value: Mapping[str, Any], secret: str = "", header: str | None = None
) -> Event:
    """Return an event with a JSON body, signed where there is a header for it and a secret.

    The signature is HMAC-SHA256 of the body as it is sent, in hexadecimal.
    """
    body = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    headers: tuple[tuple[str, str], ...] = ()
    if header is not None and secret:
        headers = ((header, hmac.new(secret.encode(), body, sha256).hexdigest()),)
    return Event(at, body, "application/json", headers)
