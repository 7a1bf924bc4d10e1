"""What Zild posts by itself: that a conversation has ended, and what was said in it.

Source: Zild's admin guide, "Integrations", which names the event Conversation Ended and prints no
body; it is taken to be the conversation of the API reference, as it is or in a member of an
envelope. Nothing is said of a signature, so the address must carry a token. A message says that it
was sent, delivered, read or failed and not when: it was sent when it was made, and the rest had
happened by the end of the conversation, whose time stands for it until somebody tells an earlier.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeAlias

from campaign.channel import Channel
from campaign.providers.asking import mappings, moment, same_address
from campaign.providers.heard import Happening, Heard, Received, Unheard
from campaign.providers.http import word
from campaign.providers.polling import first_of
from campaign.providers.posted import has_token, object_in, text_of
from campaign.providers.twilio_told import without_scheme

_VENDOR = "Zild"
_ENVELOPES = ("data", "conversation", "payload", "body")
_DEEPEST = 3
_KINDS = ("event", "eventType", "type", "name")
_SENT = ("sent", "delivered", "read")
_FLAGS = (("delivered", Happening.DELIVERED), ("read", Happening.READ))

_Conversation: TypeAlias = Mapping[str, Any]
_Dated: TypeAlias = tuple[datetime, Mapping[str, Any]]


class ZildEvents:
    """Conversation Ended; Evaluation Result says nothing here."""

    name = "zild"
    title = "Zild's webhook Conversation Ended"
    secret = "webhook_secret"  # noqa: S105 - a field's name
    takes_token = True
    header = None

    def is_authentic(self, request: Received, secret: str) -> bool:
        """Return whether the address carries the token."""
        return has_token(request, secret)

    def heard(self, request: Received) -> Sequence[Heard]:
        """Return what the event says.

        Raises:
            Unheard: it names no conversation.
        """
        event = object_in(request, _VENDOR)
        kinds = [event.get(name) for name in _KINDS]
        if any(isinstance(kind, str) and "evaluation" in kind.casefold() for kind in kinds):
            return ()
        conversation = _conversation_in(event)
        if conversation is None:
            raise Unheard("an event of Zild cannot be understood (it names no conversation)")
        return tuple(_heard(conversation, request.at))


def _conversation_in(event: _Conversation, depth: int = 0) -> _Conversation | None:
    names = (word(event.get("id")), word(event.get("conversationId")))
    shown = isinstance(event.get("messages"), list) or event.get("finishedAt") is not None
    if any(names) and shown:
        return event
    inner = [found for name in _ENVELOPES if isinstance(found := event.get(name), Mapping)]
    if depth == _DEEPEST:
        return None
    found_ones = (_conversation_in(one, depth + 1) for one in inner)
    return next((one for one in found_ones if one is not None), None)


def _heard(conversation: _Conversation, received: datetime) -> Iterator[Heard]:
    names = (word(conversation.get("id")), word(conversation.get("conversationId")))
    ids = tuple(filter(None, names))
    found = conversation.get("messages")
    dated = [
        (at, message)
        for message in mappings(found if isinstance(found, list) else ())
        if (at := moment(message.get("createdAt"))) is not None
    ]
    dated.sort(key=lambda one: one[0])
    finished = moment(conversation.get("finishedAt"))
    ended = finished or first_of(moment(conversation.get("lastConversationUpdateTime")), received)
    person, ours = _parties(dated)
    for at, message in ours:
        # Of several, none may be named by the conversation, which is all of theirs.
        yield from _of_ours(at, message, ids if len(ours) == 1 else (), ended or received)
    for at, message in dated:
        whose, channel = without_scheme(text_of(message.get("from")) or "")
        if person is not None and _same(person, whose):
            sender, _ = without_scheme(text_of(message.get("to")) or "")
            yield Heard(
                Happening.REPLIED,
                at,
                ids,
                address=whose,
                sender=sender,
                channel=channel if channel is not Channel.SMS else Channel.WHATSAPP,
                text=text_of(message.get("content")),
            )
    if finished is not None:
        began = ours[0][0] if ours else moment(conversation.get("createdAt"))
        yield Heard(Happening.CLOSED, finished, ids, person, None, Channel.WHATSAPP, began)


def _parties(dated: Sequence[_Dated]) -> tuple[str | None, Sequence[_Dated]]:
    """Return with whom the conversation is, and the messages of ours that began it, if any did.

    Every template is ours: campaigns come one after the other into the same conversation. Without
    one, a first message that was sent, delivered or read is. Else a person began.
    """
    if not dated:
        return None, ()
    templates = [one for one in dated if text_of(one[1].get("contentSid")) is not None]
    first = dated[0][1]
    if not templates and not any(first.get(flag) is True for flag in _SENT):
        return without_scheme(text_of(first.get("from")) or "")[0], ()
    ours = templates or dated[:1]
    return without_scheme(text_of(ours[0][1].get("to")) or "")[0], ours


def _of_ours(
    at: datetime, message: Mapping[str, Any], ids: tuple[str, ...], ended: datetime
) -> Iterator[Heard]:
    """Yield what became of a message of ours, named by itself before its conversation."""
    sid = word(message.get("messageSid"))
    names = ids if sid is None else (sid, *ids)
    to, _ = without_scheme(text_of(message.get("to")) or "")
    sender, _ = without_scheme(text_of(message.get("from")) or "")
    code = word(message.get("errorCode"))
    if code is not None and code != "0":
        yield Heard(
            Happening.UNDELIVERED,
            max(ended, at),
            names,
            to,
            sender,
            Channel.WHATSAPP,
            at,
            code=code,
            detail=text_of(message.get("errorMessage")),
        )
        return
    if any(message.get(flag) is True for flag in _SENT):
        yield Heard(Happening.SENT, at, names, to, sender, Channel.WHATSAPP, at)
    for flag, happening in _FLAGS:
        if message.get(flag) is True:
            when = max(ended, at)
            yield Heard(happening, when, names, to, sender, Channel.WHATSAPP, at)


def _same(person: str, whose: str | None) -> bool:
    """Say whether an address is the person's, with its plus sign or without."""
    if whose is None:
        return False
    return same_address(f"+{person}" if person.isdigit() else person, whose)
