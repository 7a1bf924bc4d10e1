"""Where the vendors post to: the part ``webhooks`` of a configuration. Loopback addresses alone."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field

from campaign.sandbox.loopback import is_loopback
from campaign.sandbox.strict import Share, Strict


def _local(url: str) -> str:
    try:
        parts = urlsplit(url)
        is_fit = parts.scheme == "http" and parts.port is not None and is_loopback(parts.hostname)
    except ValueError:
        is_fit = False
    if not is_fit or not url.isascii():
        # The value may hold a token and is not repeated.
        raise ValueError("a webhook goes to this machine alone: http://127.0.0.1:PORT/...")
    return url


LocalUrl = Annotated[str, AfterValidator(_local)]
"""An address on this machine, with a port."""


class Webhook(Strict):
    """Where one vendor posts, and what it signs with. An empty secret signs nothing."""

    url: LocalUrl
    secret: str = ""


class TwilioWebhook(Webhook):
    """The address of status callbacks and of messages that come in; ``secret`` is the token."""

    account: str = "AC" + "0" * 32


class Webhooks(Strict):
    """Who posts where. ``repeat`` of the events come twice; ``shuffle`` puts them out of order."""

    sendbird: Webhook | None = None
    zild: Webhook | None = None
    whippy: Webhook | None = None
    twilio: TwilioWebhook | None = None
    repeat: Share = 0.0
    shuffle: bool = Field(default=False, strict=True)
