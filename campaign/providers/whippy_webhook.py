"""What Whippy posts by itself: messages in both directions, and changes of conversations.

Source: Whippy's page "Webhooks" (``{data, event, request_id}``), its help article "How to Add
Webhook Endpoint" ("the API key selected for a webhook is used to sign webhook requests"), and its
connector for Activepieces for the members of ``data``. How it is signed is on no page; a commented
out check in a public integration has ``x-whippy-signature: t=…,…=…`` with the HMAC-SHA256 of the
time, a dot and the body, in base64. That form is taken, and the plain one of the body, each in
hexadecimal or base64; the header's name is a setting, and the address may carry a token instead.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from campaign.providers.asking import first_text, moment
from campaign.providers.heard import Happening, Heard, Received, Unheard
from campaign.providers.http import word
from campaign.providers.posted import (
    has_token,
    hmac_sha256,
    object_in,
    part,
    same,
)
from campaign.providers.whippy_lists import direction_of
from campaign.providers.whippy_told import (
    channel_of,
    closed_at,
    delivery_of,
    replied,
    told_of,
)

_VENDOR = "Whippy"
_MESSAGES = frozenset({"message.created", "message.updated"})
_CONVERSATIONS = frozenset({"conversation.updated", "conversation.closed"})
# A note is the staff's own, a call is no message.
_NO_MESSAGE = frozenset({"note", "call"})
# One for each key that signs at the same time.
_MOST_PROOFS = 8


class WhippyEvents:
    """``{data, event, request_id}``; other events say nothing here."""

    name = "whippy"
    title = "Whippy's webhook"

    def __init__(self, secret: str, *, takes_token: bool, header: str | None = None) -> None:
        """``secret`` is the field of the settings; ``takes_token``: the address may carry it."""
        self.secret = secret
        self.takes_token = takes_token
        self.header = (header or "x-whippy-signature").lower()

    def is_authentic(self, request: Received, secret: str) -> bool:
        """Return whether Whippy posted it: by its signature, or by the address's token."""
        signed = _is_signed(request.headers.get(self.header, ""), request.body, secret)
        return signed or (self.takes_token and has_token(request, secret))

    def heard(self, request: Received) -> Sequence[Heard]:
        """Return what the event says.

        Raises:
            Unheard: it is not what Whippy documents.
        """
        event = object_in(request, _VENDOR)
        kind = event.get("event")
        if not isinstance(kind, str):
            raise Unheard("an event of Whippy cannot be understood (it does not say which)")
        if kind in _MESSAGES:
            return _of_message(part(event.get("data"), _VENDOR, "data"), request.at)
        if kind in _CONVERSATIONS:
            return _of_conversation(part(event.get("data"), _VENDOR, "data"), kind)
        return ()


def _of_message(message: Mapping[str, Any], received: datetime) -> Sequence[Heard]:
    way = direction_of(message)
    if told_of(message, "type") in _NO_MESSAGE or way not in ("inbound", "outbound"):
        return ()
    at, name = moment(message.get("created_at")), word(message.get("id"))
    if at is None or name is None:
        raise Unheard("an event of Whippy cannot be understood (a message without time or id)")
    if way == "inbound":
        names = (name, word(message.get("conversation_id")))
        address = first_text(message, "from")
        return (replied(message, at, tuple(filter(None, names)), address, channel_of(message)),)
    # Not the conversation's id: what the agent says later is not what we sent.
    return tuple(delivery_of(message, (name,), at, channel_of(message), str, by=received))


def _of_conversation(conversation: Mapping[str, Any], kind: str) -> Sequence[Heard]:
    is_closed = kind == "conversation.closed" or told_of(conversation, "status") == "closed"
    at, name = closed_at(conversation), word(conversation.get("id"))
    if not is_closed:
        return ()
    if at is None or name is None:
        raise Unheard("an event of Whippy cannot be understood (a close without time or id)")
    return (Heard(Happening.CLOSED, at, (name,), channel=channel_of(conversation)),)


def _is_signed(header: str, body: bytes, secret: str) -> bool:
    """Say whether a header is the body's keyed hash, with or without one time before it.

    The header is anybody's, and must not make a long body be hashed more than once.
    """
    if not secret or not header or len(header) > 1024:
        return False
    moments, proofs = [], []
    for piece in header.split(","):
        name, equals, value = piece.strip().partition("=")
        if equals and name == "t":
            moments.append(value)
        elif equals and len(name) <= 9 and value.strip("="):
            proofs.append(value)
        else:
            proofs.append(piece.strip())
    if len(moments) > 1 or len(proofs) > _MOST_PROOFS:
        return False
    before = [f"{at}.".encode("utf-8", "replace") for at in moments]
    hashed = hmac_sha256(secret, *before, body)
    encoded = b64encode(hashed).decode()
    forms = (hashed.hex(), encoded, encoded[:-1])
    found = False
    for proof in proofs:
        for form in forms:
            found |= same(proof, form)
    return found
