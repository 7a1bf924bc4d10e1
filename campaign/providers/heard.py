"""What a vendor says afterwards of a conversation that it began: when asked, or by itself.

Like look-ups, polls and webhooks open no socket: a poll is a generator that yields requests and is
sent their answers, a webhook reads a request that somebody else received. Invariant: what is heard
is only what the vendor's words say; an id or an address that they do not give is ``None`` or left
out, never guessed. So is a time, unless it is known when it had happened at the latest: a time that
is too early would stand, for of each thing the earliest is kept. Only of a close may it be: where a
vendor names no end (Synthflow, and Whippy in some answers), the last message or change stands for
it, and nobody tells a better one.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from campaign.channel import Channel
from campaign.providers.look_up import Wait

if TYPE_CHECKING:
    import httpx


class Happening(StrEnum):
    """What happened to a message or in the conversation that it began."""

    SENT = "sent"
    """The vendor handed it to the network."""
    DELIVERED = "delivered"
    """It reached the person's device."""
    READ = "read"
    """The person has seen it."""
    REPLIED = "replied"
    """The person wrote back, or reacted; said of the earliest time that is known."""
    UNDELIVERED = "undelivered"
    """It did not arrive, and will not."""
    CLOSED = "closed"
    """The conversation is over."""


@dataclass(frozen=True, slots=True)
class Heard:
    """One thing that a vendor says happened, at ``at`` (aware).

    ``ids`` are the vendor's names of the conversation or the message, each enough to tell whose it
    is. ``address`` is the person's and ``sender`` ours, as the vendor writes them but without the
    channel's name before it; an event may lack either. ``began`` is when the message that it is
    about was made, where the vendor says so: the address alone ties such an event to a recipient
    only if that was when we wrote to them. ``message`` is that one of the ``ids`` that names this
    very message, where the vendor gives it one: by it, what is said later of the same is known.
    ``once`` names the post of an event that has no time of its own, only that of its receipt: the
    same post counts once, however often and whenever it comes.
    ``text`` is what the person wrote, read for a wish to be left alone and never stored. ``code``
    and ``detail`` are the vendor's own, of ``UNDELIVERED``, without secrets. ``at_receipt``: the
    vendor names no time, and ``at`` is when the event was received.
    """

    happening: Happening
    at: datetime
    ids: tuple[str, ...] = ()
    address: str | None = None
    sender: str | None = None
    channel: Channel | None = None
    began: datetime | None = None
    text: str | None = None
    code: str | None = None
    detail: str | None = None
    message: str | None = None
    once: str | None = None
    at_receipt: bool = False


@dataclass(frozen=True, slots=True)
class Asked:
    """A recipient whose message the vendor took (or will send, where it is ``scheduled``).

    ``sent_at`` is when the attempt began (aware); ``evidence`` what the vendor's answer said then.
    """

    number: int
    address: str
    sender: str | None
    channel: Channel
    provider_id: str | None
    sent_at: datetime
    scheduled: bool = False
    evidence: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class About:
    """What a poll is asked about: one recipient, or all conversations between two moments (aware).

    ``recipient`` is ``None`` for a poll that lists; ``since`` is when the run was created,
    before its first attempt.
    """

    since: datetime
    until: datetime
    channel: Channel
    senders: Sequence[str] = ()
    recipient: Asked | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """A part of what there is to hear; ``cursor`` is where it goes on, ``None`` at the end.

    What was heard is written down before the next page is asked for, and so is the cursor: whoever
    is interrupted goes on there.
    """

    heard: Sequence[Heard]
    cursor: str | None = None


Steps: TypeAlias = "Generator[httpx.Request | Wait, httpx.Response | None, Page]"
"""Yields requests and is sent their answers (``None`` after a ``Wait``); returns a page."""


class Unheard(Exception):
    """The vendor's answer, or an event of a webhook, is not what its documents say.

    The message is a sentence for people, without secrets.
    """


class Poll(Protocol):
    """One way to ask. ``title`` names it for people: "Whippy's conversations".

    ``each``: recipients are asked about one by one; else it lists, page by page. ``rate`` is how
    many requests a second the vendor is asked at most.
    """

    title: str
    each: bool
    rate: float

    def page(self, about: About, cursor: str | None) -> Steps:
        """Ask for the page at ``cursor``, the first one for ``None``.

        Raises:
            Unheard: the answer cannot be understood; nothing of the page was heard.
        """
        ...


@dataclass(frozen=True, slots=True)
class Received:
    """A request that a webhook got. ``url`` is the one that the vendor called, as it knows it.

    The names of headers are in lower case. ``token`` is what the address carries as ``token=``.
    ``at`` is when it was received (aware): what happened has this time where the vendor says that
    it happens now, and names no time (Twilio).
    """

    url: str
    headers: Mapping[str, str]
    body: bytes
    token: str | None = None
    at: datetime = field(default_factory=lambda: datetime.now(UTC))


class Webhook(Protocol):
    """One kind of event that a vendor posts by itself.

    ``name`` is the last part of the address below ``/webhooks/``; ``title`` names it for people.
    ``secret`` is the field of the settings that holds what proves where an event is from: with
    ``takes_token`` the address may carry it as ``token=``, and ``header`` names the header, in
    lower case, that has the vendor's signature, ``None`` where it signs nothing. A key with which
    requests to the vendor are made has no place in an address, where proxies write it down. What
    has neither is refused before its body is read.
    """

    name: str
    title: str
    secret: str
    takes_token: bool

    @property
    def header(self) -> str | None:
        """The header with the vendor's signature; ``None`` where it signs nothing."""
        ...

    def is_authentic(self, request: Received, secret: str) -> bool:
        """Return whether the vendor posted it; compares in constant time, and raises nothing."""
        ...

    def heard(self, request: Received) -> Sequence[Heard]:
        """Return what the events say; none for kinds that say nothing of a conversation.

        Raises:
            Unheard: the body is not what the vendor documents.
        """
        ...


class TellsAfterwards(Protocol):
    """What a provider may have beside its contract; every member may be missing.

    It is here to be read: nothing is checked against it, for none has to have all of it. Ask with
    :func:`polls_of`, :func:`webhooks_of` and :func:`names_of`, which take a provider without them
    for one whose vendor tells nothing afterwards.
    """

    def polls(self) -> Sequence[Poll]:
        """Return the ways in which these settings allow to ask what came back."""
        ...

    def webhooks(self) -> Sequence[Webhook]:
        """Return the kinds of events that the vendor posts, with these settings."""
        ...

    def known_as(self, provider_id: str | None, evidence: Mapping[str, Any]) -> Sequence[str]:
        """Return by which ids later events name the conversation or its message.

        ``evidence`` is what the vendor said when it took the message, or when it was asked.
        """
        ...


def polls_of(provider: object) -> Sequence[Poll]:
    """Return the ways to ask that a provider offers; none where it has no such member."""
    found: Sequence[Poll] = provider.polls() if hasattr(provider, "polls") else ()
    return found


def webhooks_of(provider: object) -> Sequence[Webhook]:
    """Return the webhooks that a provider understands; none where it has no such member."""
    found: Sequence[Webhook] = provider.webhooks() if hasattr(provider, "webhooks") else ()
    return found


def names_of(
    provider: object, provider_id: str | None, evidence: Mapping[str, Any]
) -> Sequence[str]:
    """Return by which ids later events name a conversation; else its provider's id alone."""
    if hasattr(provider, "known_as"):
        names: Sequence[str] = provider.known_as(provider_id, evidence)
        return names
    return () if provider_id is None else (provider_id,)
