"""What the rest of the project knows of a vendor: one message in, one request out, outcomes back.

A provider is stateless and opens no socket: it turns messages into an ``httpx.Request`` and the
vendor's answer into outcomes. Who sends the request, how fast, and what is written down, is not
its business. Invariant: an outcome says *not sent* or *rejected* only where the vendor's answer
makes that certain; everything else that is not a success is *unknown*.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Protocol

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from campaign.channel import Channel
from campaign.definition.values import Duration
from campaign.providers.look_up import LookUp

if TYPE_CHECKING:
    import httpx

_NAMES_SOMEBODY = re.compile(r"https?://[^/?#]*@")


class Kind(StrEnum):
    """What one attempt meant for one recipient."""

    ACCEPTED = "accepted"
    """The vendor took the message."""
    SCHEDULED = "scheduled"
    """The vendor promised to send it later."""
    THROTTLED = "throttled"
    """The vendor was too busy and did not process it; the sender waits, the recipient is kept."""
    REJECTED = "rejected"
    """The vendor refused it; nothing was sent."""
    NOT_SENT = "not_sent"
    """It certainly never reached the vendor."""
    UNKNOWN = "unknown"
    """It may or may not have gone out; never sent again by itself."""


class Scope(StrEnum):
    """Whom a rejection concerns."""

    RECIPIENT = "recipient"
    CAMPAIGN = "campaign"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an attempt meant for one recipient.

    ``reason`` is a stable code of ``campaign.reasons``; ``code`` is the vendor's own, as printed.
    ``detail`` is the vendor's text, without secrets, shortened. ``wait`` is what the vendor asked
    us to wait, in seconds. ``evidence`` is what the vendor's answer says about the conversation.

    Of a rejection: ``retry`` says that it is worth trying again by itself, soon; ``hold`` that it
    is, but not before so many seconds have passed; ``resend`` that sending again after a person
    has mended the cause is worth it (``None``: as the reason has it). Three different things: a
    handset that was off, a cap that lasts a day, and a template that has to be approved first.
    """

    kind: Kind
    reason: str | None = None
    scope: Scope = Scope.RECIPIENT
    code: str | None = None
    detail: str | None = None
    provider_id: str | None = None
    wait: float | None = None
    http_status: int | None = None
    evidence: Mapping[str, Any] = field(default_factory=dict)
    retry: bool = False
    resend: bool | None = None
    hold: float | None = None


@dataclass(frozen=True, slots=True)
class TemplateUse:
    """A template with its values filled in, in the order of the definition."""

    id: str
    language: str | None
    variables: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Message:
    """One message to one recipient, everything rendered; ``address`` is already normalised."""

    recipient: int
    address: str
    channel: Channel
    sender: str | None = None
    text: str | None = None
    template: TemplateUse | None = None
    suggested_replies: Sequence[str] = ()
    variables: Mapping[str, str] = field(default_factory=dict)
    schedule_at: datetime | None = None


class Refused(BaseModel):
    """What a vendor's error code means; also how a definition overrides one (``codes:``)."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    outcome: Literal["throttled", "rejected", "not_sent", "unknown"] = Field(
        description="What the attempt meant."
    )
    scope: Scope = Field(
        default=Scope.RECIPIENT,
        description="campaign: stop the whole run at the first one.",
    )
    reason: str = Field(default="refused", description="The reason code to report.")
    text: str = Field(default="", description="What the code means, for people.")
    retry: bool = Field(
        default=False,
        description="Of rejected: worth trying again by itself, as often as `retry.attempts` says.",
    )
    resend: bool | None = Field(
        default=None,
        description="Of rejected: `campaign retry` sends again. Default: as the reason has it.",
    )
    hold: Duration | None = Field(
        default=None,
        gt=timedelta(0),
        description="Of rejected: tried again by itself, but not before this time; it doubles with "
        "each attempt.",
    )

    @model_validator(mode="after")
    def _tries_again_only_what_was_refused(self) -> Refused:
        again = self.retry or self.hold is not None
        if again and (self.outcome != "rejected" or self.scope is not Scope.RECIPIENT):
            raise ValueError("retry and hold go with outcome: rejected and scope: recipient only")
        if self.retry and self.hold is not None:
            raise ValueError("retry is soon and hold is later; give one of them")
        return self


class Auth(BaseModel):
    """The header that carries the key, where it differs from the vendor's documented one."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    header: str = Field(pattern=r"^[A-Za-z0-9-]+$", description="Header name.")
    scheme: str = Field(default="", description="Word before the key, for example Bearer.")


class ProviderSettings(BaseModel):
    """What every provider's section of a definition may say."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    only_to_listen: ClassVar[frozenset[str]] = frozenset()
    """Secrets that nothing but `campaign listen` needs: a run goes without them."""

    name: str = Field(description="The provider.")
    sandbox: bool = Field(
        default=False,
        description="Send to the embedded sandbox on this machine instead of the vendor.",
    )
    base_url: str | None = Field(
        default=None,
        pattern=r"^https?://[^\s]+$",
        description="Where the API lives, when it is not the vendor's documented address; "
        "begins with https:// (or http:// on this machine).",
    )
    auth: Auth | None = Field(default=None, description="Another header for the key.")
    timeout: Duration = Field(
        default=timedelta(seconds=30),
        description="How long to wait for an answer before the message counts as unknown.",
    )
    codes: dict[str, Refused] = Field(
        default_factory=dict,
        description="Error codes of the vendor, or HTTP statuses, to read differently than the "
        "built-in table does.",
    )

    @field_validator("base_url")
    @classmethod
    def _names_nobody(cls, value: str | None) -> str | None:
        return None if value is None else no_login(value)


def no_login(url: str) -> str:
    """Return an address that names nobody.

    Raises:
        ValueError: it holds a user name or a password, which would be printed, and sent as a
            second way to log in beside the key.
    """
    if _NAMES_SOMEBODY.match(url):
        raise ValueError("an address may hold no user name and no password")
    return url


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a vendor's API can do; static, and printed by ``campaign providers``.

    ``text`` and ``template`` list the channels on which a free-form text or a template may be
    given; ``window_channels`` those where free-form text (or the agent's own first message) needs
    an open 24-hour window. ``writes_itself``: the agent composes the first message, the caller
    gives none. ``default_rate`` is messages per second; ``sender`` says what a sender looks like.

    ``longest_text`` is how many characters a free-form text may have: on WhatsApp 4,096, Meta's
    limit; on SMS 1,600, Twilio's, and the default for a vendor that names none. A template's
    variables may have so many characters (``longest_value``), such long names, and be so many,
    where the vendor has limits of its own.

    ``polls`` are what can be asked for what came back, with all settings that allow to ask, and
    ``webhooks`` what the vendor posts by itself.
    """

    title: str
    channels: Mapping[Channel, Literal["number", "email", "user_id"]]
    text: frozenset[Channel] = frozenset()
    template: frozenset[Channel] = frozenset()
    window_channels: frozenset[Channel] = frozenset()
    writes_itself: bool = False
    template_id: Literal["content_sid", "integer", "name"] | None = None
    template_variables: Literal["numbered", "named"] = "numbered"
    sender: Literal["number", "number_or_email", "integer", "text"] = "text"
    sender_required: bool = True
    suggested_replies: bool = False
    variables: bool = False
    schedule: bool = False
    max_batch: int = 1
    default_rate: float = 1.0
    wait_header: str | None = None
    longest_text: Mapping[Channel, int] = field(
        default_factory=lambda: {Channel.WHATSAPP: 4096, Channel.SMS: 1600}
    )
    longest_value: int | None = None
    longest_variable_name: int | None = None
    most_variables: int | None = None
    polls: frozenset[str] = frozenset()
    webhooks: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Misfit:
    """Something a definition asks that the vendor's API cannot do, and where it says so."""

    path: tuple[str | int, ...]
    message: str
    hint: str | None = None


class Provider(Protocol):
    """One vendor's API.

    A class with these members, named by an entry point of the group ``campaign.providers``, is
    all that a new vendor needs. What can be asked beforehand (`campaign.providers.online`) and what
    is told afterwards (`campaign.providers.heard`) are members that it may have beside them.
    """

    name: ClassVar[str]
    Settings: ClassVar[type[ProviderSettings]]
    capabilities: ClassVar[Capabilities]

    def __init__(self, settings: Any, secrets: Mapping[str, str], base_url: str | None) -> None:
        """``secrets`` maps a secret field's name to its value; ``base_url`` overrides all else."""

    def request(self, messages: Sequence[Message]) -> httpx.Request:
        """Return the HTTP request that starts the conversation(s); opens no socket."""
        ...

    def outcomes(self, response: httpx.Response, messages: Sequence[Message]) -> list[Outcome]:
        """Return what the answer means, one outcome per message, in their order."""
        ...

    def look_ups(self) -> Sequence[LookUp]:
        """Return the ways in which these settings allow to ask what became of a message."""
        ...

    @classmethod
    def misfits(cls, settings: Any, channel: Channel, senders: Sequence[str]) -> list[Misfit]:
        """Return what only this vendor knows to be wrong with a definition."""
        ...
