"""How Twilio's words for what became of a message are read, in its list and in a callback alike.

Source: Messages resource, "Message status values", and "Outbound Message Status in Status
Callbacks". ``queued``, ``accepted``, ``scheduled`` and ``sending`` say that nothing happened yet.
``canceled`` will not be sent any more, which for the person is the same as not delivered.
"""

from __future__ import annotations

from campaign.channel import Channel
from campaign.providers import http
from campaign.providers.heard import Happening

HAPPENINGS = {
    "sent": Happening.SENT,
    "delivered": Happening.DELIVERED,
    "read": Happening.READ,
    "undelivered": Happening.UNDELIVERED,
    "failed": Happening.UNDELIVERED,
    "canceled": Happening.UNDELIVERED,
}

_CHANNELS = {"": Channel.SMS, "whatsapp": Channel.WHATSAPP}


def without_scheme(address: str) -> tuple[str | None, Channel | None]:
    """Return an address as the network knows it, and its channel: ``whatsapp:+49…`` has both."""
    scheme, colon, rest = http.storable(address).partition(":")
    bare = rest if colon else scheme
    return bare.strip() or None, _CHANNELS.get(scheme.casefold() if colon else "")
