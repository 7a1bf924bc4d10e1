"""What people do with a message, and how soon: the part ``people`` of a configuration.

Said nothing, nobody does anything.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from importlib.resources import files
from typing import Annotated, Literal, Self, TypeVar

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, model_validator

from campaign.sandbox.strict import Share, Strict, plain

Deed = Literal[
    "failed_to_begin",
    "delivered",
    "undelivered",
    "read",
    "replied",
    "reacted",
    "opted_out",
    "closed",
]
"""What can become of a message; ``closed`` is the conversation that it began."""

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_DURATION = re.compile(r"(\d+(?:\.\d+)?) *([smhd])")
_TEN_YEARS = 3650 * 86400


def _read_seconds(value: object) -> object:
    found = _DURATION.fullmatch(value.strip()) if isinstance(value, str) else None
    return value if found is None else float(found[1]) * _UNITS[found[2]]


def _read_span(value: object) -> object:
    return value if isinstance(value, list | tuple) else (value, value)


def _in_order(span: tuple[float, float]) -> tuple[float, float]:
    if span[0] > span[1]:
        raise ValueError("a span is written as [shortest, longest]")
    return span


Seconds = Annotated[float, BeforeValidator(_read_seconds), Field(ge=0, le=_TEN_YEARS)]
"""A number of seconds, or a text such as ``30s``, ``5m``, ``2h`` or ``1d``."""

Span = Annotated[tuple[Seconds, Seconds], BeforeValidator(_read_span), AfterValidator(_in_order)]
"""The shortest and the longest delay; one alone is both."""


Code = Annotated[str, Field(pattern=r"^[0-9]{1,6}$")]
"""One of Twilio's error codes."""


_Word = TypeVar("_Word")
Several = Annotated[tuple[_Word, ...], Field(min_length=1)]
"""At least one, of which each message draws one."""


class Delivered(Strict):
    """Which part of the messages reaches a device, counted from when it was sent."""

    share: Share = 1.0
    after: Span = (1, 20)


class Undelivered(Strict):
    """Which part does not arrive, and with which of Twilio's codes.

    30003 and 30005 are unreachable and unknown handsets, 63024 is an invalid recipient and 63049
    a message that Meta chose not to deliver (Twilio's "Error and Warning Dictionary").
    """

    model_config = ConfigDict(extra="forbid", frozen=True, coerce_numbers_to_str=True)

    share: Share = 1.0
    after: Span = (2, 60)
    codes: Several[Code] = ("30003", "30005")
    whatsapp_codes: Several[Code] = ("63024", "63049")


class Read(Strict):
    """Which part of what was delivered is read, counted from then."""

    share: Share = 1.0
    after: Span = (10, 3600)


class Replied(Strict):
    """Which part of those who got it writes back, and what; counted from delivery, or reading."""

    share: Share = 1.0
    after: Span = (30, 7200)
    texts: Several[str] = ("Yes, please.",)


class Reacted(Replied):
    """Which part of those who got it at Sendbird shows a reaction; no other vendor tells of any."""

    texts: Several[str] = ("👍",)


class OptedOut(Replied):
    """Which part of those who got it writes nothing but a word that asks to be left alone."""

    texts: Several[str] = ("STOP",)


class Closing(Strict):
    """When a conversation ends, with no answer and after one. Left out: never.

    Sendbird closes by itself after 300 seconds unless something else is said here: its sample of
    a conversation has that ``auto_close_timeout``.
    """

    unanswered: Seconds | None = None
    answered: Span | None = None


class Scripted(Strict):
    """One thing that one person does, so long after the message was sent to them."""

    model_config = ConfigDict(extra="forbid", frozen=True, coerce_numbers_to_str=True)

    after: Seconds
    does: Deed
    text: str | None = None
    code: Code | None = None


class Habits(Strict):
    """What all people do, and what some do word for word.

    A plain number is a share. ``script`` is by address: such a person does what is written there
    with every message, and nothing else.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, coerce_numbers_to_str=True)

    failed_to_begin: Share = 0.0
    """The part of the scheduled sessions that never comes to be."""
    delivered: Annotated[Delivered, plain("share")] = Delivered(share=0)
    undelivered: Annotated[Undelivered, plain("share")] = Undelivered(share=0)
    read: Annotated[Read, plain("share")] = Read(share=0)
    replied: Annotated[Replied, plain("share")] = Replied(share=0)
    reacted: Annotated[Reacted, plain("share")] = Reacted(share=0)
    opted_out: Annotated[OptedOut, plain("share")] = OptedOut(share=0)
    closed: Closing = Closing()
    script: Mapping[str, tuple[Scripted, ...]] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _fits_into_one(self) -> Self:
        if self.delivered.share + self.undelivered.share > 1 + 1e-9:
            raise ValueError("delivered and undelivered are more than everybody")
        if self.replied.share + self.reacted.share + self.opted_out.share > 1 + 1e-9:
            raise ValueError("replied, reacted and opted_out are more than everybody")
        return self

    @classmethod
    def usual(cls) -> Self:
        """Return what the people of a rehearsal do, as ``usual.toml`` has it."""
        text = files(__package__).joinpath("usual.toml").read_text(encoding="utf-8")
        return cls.model_validate(tomllib.loads(text))
