"""How a vendor is asked what became of a message whose answer was lost.

A look-up opens no socket: it is a generator that yields requests and is sent the answers.
Invariant: ``FOUND`` and ``FAILED`` are said only of what the vendor's answer names (this recipient,
since this attempt); an answer that is missing, or cannot be read, is ``UNDECIDED`` and never
``ABSENT``.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from campaign.channel import Channel

if TYPE_CHECKING:
    import httpx


@dataclass(frozen=True, slots=True)
class Known:
    """A recipient to whom this very run has sent: the vendor took the message.

    ``sent_at`` is when the attempt began (UTC, aware), by the clock of the machine that sent.
    """

    address: str
    sender: str | None
    channel: Channel
    sent_at: datetime


@dataclass(frozen=True, slots=True)
class Sought:
    """A recipient of whom nobody knows whether the message went out.

    ``attempted_at`` is when the attempt began (UTC, aware), by the clock of the machine that sent,
    which need not be this one, nor right; ``text`` the free-form text that was sent, where it was
    one. ``known`` are a few to whom the same run has sent near that time, from the same sender: a
    place that shows none of their messages is not the one where this message would be.
    """

    recipient: int
    address: str
    channel: Channel
    sender: str | None
    text: str | None
    attempted_at: datetime
    known: tuple[Known, ...] = ()


class Verdict(StrEnum):
    """What a look-up says of one recipient."""

    FOUND = "found"
    """The vendor has the message: it went out, or will."""
    FAILED = "failed"
    """The vendor has the message, and says that it could not be delivered."""
    ABSENT = "absent"
    """The vendor answered, and has no such message."""
    UNDECIDED = "undecided"
    """The vendor gave no answer that says anything."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What a look-up says of one recipient.

    ``detail`` is a short text for people; ``evidence`` what the vendor's record says, as plain data
    without secrets. ``reason`` and ``code`` belong to ``FAILED``: a reason code of this project and
    the vendor's own.
    """

    recipient: int
    verdict: Verdict
    detail: str
    provider_id: str | None = None
    evidence: Mapping[str, Any] = field(default_factory=dict)
    reason: str | None = None
    code: str | None = None
    resend: bool | None = None


@dataclass(frozen=True, slots=True)
class Wait:
    """Yielded instead of a request: ask again after so many seconds (an export is being made)."""

    seconds: float


Questions: TypeAlias = "Generator[httpx.Request | Wait, httpx.Response | None, list[Finding]]"
"""Yields requests and is sent their answers (``None`` after a :class:`Wait`); returns findings."""


class LookUp(Protocol):
    """One way to ask. ``title`` names it for people: "Whippy's conversation search".

    ``authoritative``: a message that it does not show, ``delay`` after the attempt, was not sent.
    ``together``: one question answers for all recipients (an export), else each is asked for alone.
    ``rate`` is how many requests a second the vendor is asked at most.
    """

    title: str
    authoritative: bool
    delay: timedelta
    together: bool
    rate: float

    def ask(self, sought: Sequence[Sought]) -> Questions:
        """Ask about these recipients; return one finding for each, in their order."""
        ...
