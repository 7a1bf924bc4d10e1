"""A provider of each vendor, and messages that use everything it can do."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import httpx

from campaign.channel import Channel
from campaign.providers import registry
from campaign.providers.protocol import Message, Outcome, Provider, TemplateUse

KEY = "sk-live-77aa-do-not-print"
AGENT = "2a886b7d-d52d-4f8b-8ea0-19d3edc79214"
SENDER = "+12025550100"
NUMBER = "+491713920000"
LATER = datetime(2030, 4, 25, 10, tzinfo=UTC)

_SECRET = {"sendbird": "api_token", "zild": "token", "whippy": "api_key", "synthflow": "api_key"}
_SETTINGS: dict[str, dict[str, Any]] = {
    "sendbird": {"app_id": "APP-1", "ai_agent_id": "bot.1"},
    "zild": {"bot_id": 12, "base_url": "https://zild.example.com"},
    "whippy": {"agent_id": AGENT},
    "synthflow": {"agent_id": AGENT},
}
_TEMPLATE = TemplateUse("HX" + "0" * 32, "en", {"1": "Ana", "2": "12 May"})

NAMES = tuple(_SETTINGS)
WAYS = tuple(
    (name, channel)
    for name in NAMES
    for channel in registry.find(name).capabilities.channels  # type: ignore[union-attr]
)
"""Every vendor on each of its channels."""


def provider(
    name: str,
    *,
    key: str = KEY,
    url: str | None = None,
    more: Mapping[str, str] | None = None,
    **settings: Any,
) -> Provider:
    """A provider as the definition's settings make it; ``more`` are its other secrets."""
    found = registry.find(name)
    assert found is not None
    field = _SECRET[name]
    said = {"name": name, field: "${KEY}"} | _SETTINGS[name] | settings
    # The key is known by its name, wherever it stands among the secrets.
    return found(found.Settings.model_validate(said), {**(more or {}), field: key}, url)


def plain(name: str, channel: Channel) -> Message:
    """The least that a message of this vendor on this channel consists of."""
    address = {Channel.EMAIL: "ana@example.org", Channel.MESSENGER: "user-1"}.get(channel, NUMBER)
    message = Message(recipient=0, address=address, channel=channel, sender=SENDER)
    if name == "sendbird":
        return replace(message, sender=None, text="Hi Ana")
    if name == "zild":
        return replace(message, sender="7", template=TemplateUse("5", None, {}))
    if name == "whippy":
        return replace(message, sender="us@example.org" if channel is Channel.EMAIL else SENDER)
    return replace(message, text="Hi Ana")


def full(name: str, channel: Channel) -> Message:
    """A message with everything the vendor can take."""
    message = plain(name, channel)
    if name == "sendbird":
        return replace(message, sender="channel-1", suggested_replies=("Yes", "No"))
    if name == "zild":
        return replace(message, template=TemplateUse("5", None, {"name": "Ana"}))
    if name == "whippy":
        return replace(message, schedule_at=LATER)
    if channel is Channel.WHATSAPP:
        message = replace(message, text=None, template=_TEMPLATE)
    return replace(message, variables={"plan": "Basic"})


def some_message(name: str) -> Message:
    """A message of the vendor's first channel."""
    return plain(name, next(iter(dict.fromkeys(c for n, c in WAYS if n == name))))


def body_of(request: httpx.Request) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(request.content)
    return found


def answer(
    status: int, body: object = b"", headers: Mapping[str, str] | None = None
) -> httpx.Response:
    """An answer; anything but bytes becomes JSON."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return httpx.Response(status, content=content, headers=headers)


def outcome(
    name: str,
    status: int,
    body: object = b"",
    headers: Mapping[str, str] | None = None,
    *,
    channel: Channel | None = None,
    **settings: Any,
) -> Outcome:
    """What the vendor's answer means for one message."""
    message = some_message(name) if channel is None else plain(name, channel)
    (found,) = provider(name, **settings).outcomes(answer(status, body, headers), [message])
    return found
