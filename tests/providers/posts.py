"""Requests as the vendors post them, and how each of them is signed."""

from __future__ import annotations

import hashlib
import hmac
import json
from base64 import b64encode
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from campaign.providers.heard import Received, Webhook, webhooks_of
from tests.providers.look_ups import TWILIO
from tests.providers.vendors import provider

SECRET = "webhook-secret-91cc-do-not-print"
URL = "https://hooks.example.com/webhooks/x"
AT = datetime(2026, 11, 21, 12, tzinfo=UTC)
"""When a request was received."""


def webhook(name: str, at: int = 0, *, own_secret: bool = True, **settings: Any) -> Webhook:
    """One of a vendor's webhooks, by its place; with a secret of its own or without."""
    if own_secret and name != "synthflow":
        settings["webhook_secret"] = "${WEBHOOK_SECRET}"
    return webhooks_of(provider(name, **settings))[at]


def twilio_webhook() -> Webhook:
    """Twilio's, as a vendor that sends over it has it."""
    return webhook("synthflow", twilio=TWILIO)


def posted(
    body: object, headers: Mapping[str, str] | None = None, token: str | None = None, url: str = URL
) -> Received:
    """A request; anything but bytes becomes JSON."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Received(url, headers or {}, content, token, AT)


def form(parameters: Mapping[str, str], **changes: Any) -> Received:
    """A form, as Twilio posts it."""
    return posted(
        urlencode(parameters).encode(),
        {"content-type": "application/x-www-form-urlencoded; charset=UTF-8"}
        | changes.pop("headers", {}),
        **changes,
    )


def hexadecimal(body: bytes, secret: str = SECRET) -> str:
    """The HMAC-SHA256 of a body in hexadecimal, as Sendbird's documents have it."""
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def in_base64(body: bytes, secret: str = SECRET) -> str:
    """The same in base64."""
    return b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()


def twilio_signature(url: str, parameters: Mapping[str, str], secret: str = SECRET) -> str:
    """As "Webhooks security" has it: the address, then each name and value, sorted."""
    text = url + "".join(f"{name}{parameters[name]}" for name in sorted(parameters))
    return b64encode(hmac.new(secret.encode(), text.encode(), hashlib.sha1).digest()).decode()
