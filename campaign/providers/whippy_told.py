"""How Whippy's messages are read, in a poll and in a webhook alike.

Source: the payloads on Whippy's page about webhooks and in its connector for Activepieces
(``direction``, ``delivery_status``, ``created_at``, ``updated_at``), and the types of its own
client ``whippy-mcp`` (``source_type``, ``status``). The words of ``delivery_status`` are not listed
anywhere; those that were seen are here, with their usual neighbours, and any other says nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

from campaign.channel import Channel
from campaign.providers import http
from campaign.providers.asking import first_text, moment
from campaign.providers.heard import Happening, Heard
from campaign.providers.polling import first_of

# "delivery_unconfirmed" is seen beside "delivered": the network took it, and says no more.
_WORDS = {
    **dict.fromkeys(("sent", "delivery_unconfirmed"), Happening.SENT),
    "delivered": Happening.DELIVERED,
    **dict.fromkeys(("read", "opened", "seen"), Happening.READ),
    **dict.fromkeys(
        (
            "failed",
            "undelivered",
            "sending_failed",
            "delivery_failed",
            "rejected",
            "bounced",
            "expired",
        ),
        Happening.UNDELIVERED,
    ),
}
_CHANNELS = {
    **dict.fromkeys(("sms", "mms", "phone"), Channel.PHONE),
    "whatsapp": Channel.WHATSAPP,
    "email": Channel.EMAIL,
}


def told_of(message: Mapping[str, Any], *names: str) -> str:
    """Return the first of these members that is a word, in lower case; nothing where none is."""
    found = (message.get(name) for name in names)
    return next((word.casefold() for word in found if isinstance(word, str) and word), "")


def channel_of(message: Mapping[str, Any]) -> Channel | None:
    """Return the channel that a message, or a conversation, says it is on."""
    return _CHANNELS.get(told_of(message, "type", "channel_type"))


def delivery_of(
    message: Mapping[str, Any],
    ids: tuple[str, ...],
    began: datetime,
    channel: Channel | None,
    clean: Callable[[str], str],
    *,
    by: datetime,
) -> Iterator[Heard]:
    """Yield what became of an outbound message; nothing while it waits.

    Where it does not say when it changed to its status, it had ``by`` then: whoever tells the time
    tells an earlier one, and of each thing the earliest time counts.
    """
    happening = _WORDS.get(told_of(message, "delivery_status", "status"))
    if happening is None:
        return
    at = began if happening is Happening.SENT else moment(message.get("updated_at")) or by
    code = detail = None
    if happening is Happening.UNDELIVERED:
        code = http.word(message.get("error_code"), clean)
        said = first_text(message, "error_message", "error", "delivery_error")
        detail = clean(said) if said is not None else None
    yield Heard(
        happening,
        max(at, began),
        ids,
        address=first_text(message, "to"),
        sender=first_text(message, "from"),
        channel=channel,
        began=began,
        code=code,
        detail=detail,
        message=ids[-1] if ids else None,
    )


def replied(
    message: Mapping[str, Any],
    at: datetime,
    ids: tuple[str, ...],
    address: str | None,
    channel: Channel | None,
) -> Heard:
    """Return that somebody wrote to us."""
    return Heard(
        Happening.REPLIED,
        at,
        ids,
        address=address,
        sender=first_text(message, "to"),
        channel=channel,
        text=first_text(message, "body", "message"),
    )


def closed_at(conversation: Mapping[str, Any]) -> datetime | None:
    """Return when a conversation was closed; its last change stands for it, or its last message."""
    names = ("closed_at", "updated_at", "last_message_date")
    return first_of(*(moment(conversation.get(name)) for name in names))
