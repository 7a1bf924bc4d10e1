"""What Sendbird (Delight) posts by itself: a person's messages, and the close of a conversation.

Source: dashboard guide, "Webhook" (events and payloads), and Chat Platform API, "Webhooks", for
``x-sendbird-signature``: HMAC-SHA256 of the body with the API token, in hexadecimal. The guide does
not say that its webhooks are signed, so the address may carry a token instead. The samples have
times such as ``2025-07-30T08:30:32.d25Z``, which are read to the second.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from campaign.channel import Channel
from campaign.providers.heard import Happening, Heard, Received, Unheard
from campaign.providers.http import word
from campaign.providers.polling import first_of
from campaign.providers.posted import (
    has_token,
    hmac_sha256,
    nearly_moment,
    object_in,
    part,
    same,
    text_of,
)

_VENDOR = "Sendbird"
_CHANNELS = {channel.value: channel for channel in Channel}
_SAID, _CLOSED = "message:user_sent", "conversation:closed"


class SendbirdEvents:
    """``{id, app_id, category, created_at, data}``; other categories say nothing here."""

    name = "sendbird"
    title = "Sendbird's AI agent webhook"
    header = "x-sendbird-signature"

    def __init__(self, secret: str, *, takes_token: bool) -> None:
        """``secret`` is the field of the settings; ``takes_token``: the address may carry it."""
        self.secret = secret
        self.takes_token = takes_token

    def is_authentic(self, request: Received, secret: str) -> bool:
        """Return whether Sendbird posted it: by its signature, or by the address's token."""
        signed = same(request.headers.get(self.header), hmac_sha256(secret, request.body).hex())
        return (signed and bool(secret)) or (self.takes_token and has_token(request, secret))

    def heard(self, request: Received) -> Sequence[Heard]:
        """Return what the event says.

        Raises:
            Unheard: it is not what Sendbird documents.
        """
        event = object_in(request, _VENDOR)
        category = event.get("category")
        if not isinstance(category, str):
            raise Unheard("an event of Sendbird cannot be understood (it has no category)")
        if category not in (_SAID, _CLOSED):
            return ()
        data = part(event.get("data"), _VENDOR, "data")
        conversation = part(data.get("conversation"), _VENDOR, "data.conversation")
        names = (word(conversation.get("id")), word(conversation.get("channel_url")))
        ids = tuple(filter(None, names))
        kind = conversation.get("channel_type")
        channel = _CHANNELS.get(kind) if isinstance(kind, str) else None
        own = data.get("sent_at") if category == _SAID else conversation.get("closed_at")
        at = first_of(nearly_moment(own), nearly_moment(event.get("created_at")))
        if at is None or not ids:
            raise Unheard("an event of Sendbird cannot be understood (no time, or no id)")
        message = data.get("message")
        said = message.get("content") if isinstance(message, Mapping) else None
        return (
            Heard(
                Happening.REPLIED if category == _SAID else Happening.CLOSED,
                at,
                ids,
                address=_address(conversation, channel),
                channel=channel,
                began=nearly_moment(conversation.get("started_at")),
                text=text_of(said) if category == _SAID else None,
            ),
        )


def _address(conversation: Mapping[str, Any], channel: Channel | None) -> str | None:
    """Return whose conversation it is: on SMS the ``user_id`` is made up by the server."""
    if channel is Channel.MESSENGER:
        return word(conversation.get("user_id"))
    context = conversation.get("ai_agent_context")
    inner = context.get("context") if isinstance(context, Mapping) else None
    return text_of(inner.get("phone_number")) if isinstance(inner, Mapping) else None
