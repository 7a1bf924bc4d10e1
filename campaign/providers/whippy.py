"""Whippy: start agent chat on phone (SMS), WhatsApp and e-mail.

Source: reference page "Start Agent Chat". The page prints the rules of five body fields but, apart
from ``schedule_at``, not their names; the names here are inferred from the vendor's sibling
endpoints and are one mapping (``fields``) that a definition can override.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from campaign.channel import Channel
from campaign.definition.values import Secret
from campaign.providers import http
from campaign.providers.base import JsonProvider, secret_or_sandbox
from campaign.providers.heard import Poll, Webhook
from campaign.providers.look_up import LookUp
from campaign.providers.online import OnlineCheck, Subject
from campaign.providers.protocol import (
    Auth,
    Capabilities,
    Kind,
    Message,
    Misfit,
    Outcome,
    ProviderSettings,
    Refused,
    Scope,
)

if TYPE_CHECKING:
    import httpx

_UUID = r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$"

_REFUSALS_OF_A_FIELD = frozenset({400, 422})


class WhippyFields(BaseModel):
    """The names of the body's fields, which the public page does not print."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    channel: str = Field(default="from", description="The sending channel's phone or e-mail.")
    contact: str = Field(default="to", description="The contact's phone or e-mail.")
    type: str = Field(default="type", description="The type of communication.")
    initial_message: str = Field(
        default="send_initial_message", description="Whether the agent writes first."
    )


class WhippySettings(ProviderSettings):
    """Settings of Whippy's agent chat."""

    only_to_listen: ClassVar[frozenset[str]] = frozenset({"webhook_secret"})
    name: Literal["whippy"] = "whippy"
    agent_id: str = Field(pattern=_UUID, description="The agent's id, a UUID.")
    api_key: Secret | None = Field(default=None, description="API key.")
    webhook_secret: Secret | None = Field(
        default=None,
        description="What proves that an event is Whippy's, for `campaign listen`: the token that "
        "the webhook's address carries, or the API key that was chosen to sign it. Default: "
        "`api_key`, for the signature.",
    )
    webhook_header: str | None = Field(
        default=None,
        pattern=r"^[A-Za-z0-9-]+$",
        description="The header of the signature. Default: x-whippy-signature, which Whippy's "
        "documents do not name.",
    )
    send_initial_message: bool = Field(
        default=True,
        description="The agent writes first. With false nobody is messaged: a chat session is "
        "made that waits for the contact.",
    )
    outside_window: Literal["refuse", "send"] = Field(
        default="refuse",
        description="WhatsApp only: whether the agent may write first when the 24-hour window is "
        "not known to be open. The vendor's page does not say what happens then.",
    )
    active_statuses: list[str] = Field(
        default=["active"],
        min_length=1,
        description="What the status of an active agent says, for `campaign check --online`. "
        "Whippy does not publish the words.",
    )
    fields: WhippyFields = Field(default=WhippyFields(), description="Names of the body's fields.")
    types: dict[Channel, str] = Field(
        default={Channel.PHONE: "phone", Channel.WHATSAPP: "whatsapp", Channel.EMAIL: "email"},
        description="What the type field says for each channel.",
    )

    @model_validator(mode="after")
    def _has_a_key(self) -> WhippySettings:
        secret_or_sandbox(self, "api_key", "WHIPPY_API_KEY")
        return self


class Whippy(JsonProvider[WhippySettings]):
    """``POST /v1/agents/{agent_id}/chat``."""

    name: ClassVar[str] = "whippy"
    Settings: ClassVar[type[ProviderSettings]] = WhippySettings
    capabilities: ClassVar[Capabilities] = Capabilities(
        title="Whippy, start agent chat",
        channels={
            Channel.PHONE: "number",
            Channel.WHATSAPP: "number",
            Channel.EMAIL: "email",
        },
        window_channels=frozenset({Channel.WHATSAPP}),
        writes_itself=True,
        sender="number_or_email",
        schedule=True,
        default_rate=25.0,
        polls=frozenset({"Whippy's conversations"}),
        webhooks=frozenset({"Whippy's webhook"}),
    )
    default_auth: ClassVar[Auth] = Auth(header="X-WHIPPY-KEY")
    key_field: ClassVar[str] = "api_key"
    code_table: ClassVar[str] = "whippy"
    named_in: ClassVar[tuple[str, ...]] = ("conversation_id",)

    def vendor_url(self) -> str:
        """Return the documented host."""
        return "https://api.whippy.co"

    def path(self) -> str:
        """Return the path of the agent's chat."""
        return f"/v1/agents/{self.settings.agent_id}/chat"

    def body(self, messages: Sequence[Message]) -> dict[str, Any]:
        """Return the body under the names of ``settings.fields``."""
        (message,) = messages
        names = self.settings.fields
        body: dict[str, Any] = {
            names.channel: message.sender,
            names.contact: message.address,
            names.type: self.settings.types.get(message.channel, message.channel.value),
            names.initial_message: self.settings.send_initial_message,
        }
        if message.schedule_at is not None:
            body["schedule_at"] = message.schedule_at.isoformat().replace("+00:00", "Z")
        return body

    def accepted(self, response: httpx.Response, messages: Sequence[Message]) -> list[Outcome]:
        """Read 201 as accepted and 202 as scheduled.

        A 202 is only a promise: "Acceptance does not guarantee downstream chat agent session
        creation succeeds".
        """
        found = http.json_of(response)
        data = found.get("data") if isinstance(found, Mapping) else None
        session = self.word(data.get("id")) if isinstance(data, Mapping) else None
        if response.status_code == HTTPStatus.ACCEPTED:
            kind = Kind.SCHEDULED
        elif response.status_code == HTTPStatus.CREATED:
            kind = Kind.ACCEPTED
        else:
            what = "neither 201 nor 202"
            return [self.unreadable(response, what)] * len(messages)
        evidence = self.kept(data, ("conversation_id",)) if isinstance(data, Mapping) else {}
        due = messages[0].schedule_at
        if kind is Kind.SCHEDULED and due is not None:
            # Whether it went out can be asked from then on.
            evidence["schedule_at"] = due.isoformat()
        return [
            Outcome(
                kind,
                provider_id=session,
                http_status=response.status_code,
                evidence=evidence,
            )
        ]

    def code_and_detail(self, response: httpx.Response) -> tuple[str | None, str]:
        """Read ``{"errors": [{"description": ...}], "status": ...}`` or ``{"error": ...}``."""
        found = http.json_of(response)
        if not isinstance(found, Mapping):
            return None, http.text_of(response)
        errors = found.get("errors")
        if isinstance(errors, list) and errors:
            texts = [
                str(error.get("description", error)) if isinstance(error, Mapping) else str(error)
                for error in errors
            ]
            return None, "; ".join(texts)
        return None, str(found.get("error") or http.text_of(response))

    def meaning(
        self, response: httpx.Response, code: str | None, detail: str, channel: Channel
    ) -> Refused | None:
        """Stop the run when a refusal is about a field that is the same for everybody."""
        del code, channel
        if response.status_code not in _REFUSALS_OF_A_FIELD:
            return None
        names = self.settings.fields
        first = detail.split(maxsplit=1)[0].strip("'\"`:,.").casefold() if detail.strip() else ""
        shared = {names.channel, names.type, names.initial_message, "schedule_at"}
        unknown_field = (
            "unknown field" in detail.casefold() or "unexpected field" in detail.casefold()
        )
        if unknown_field or first in {name.casefold() for name in shared}:
            return Refused(outcome="rejected", reason="request_refused", scope=Scope.CAMPAIGN)
        return None

    def look_ups(self) -> Sequence[LookUp]:
        """Return the search of conversations."""
        # Not above: whoever reads a definition needs no client.
        from campaign.providers.whippy_look_up import WhippyConversations

        return (WhippyConversations(self),)

    def polls(self) -> Sequence[Poll]:
        """Return the conversations of one contact after the other."""
        # Not above: whoever reads a definition needs no client.
        from campaign.providers.whippy_poll import WhippyDeliveries

        return (WhippyDeliveries(self),)

    def webhooks(self) -> Sequence[Webhook]:
        """Return the webhook of messages and conversations."""
        # Not above: only who listens needs it.
        from campaign.providers.whippy_webhook import WhippyEvents

        own = self.settings.webhook_secret is not None
        field, header = "webhook_secret" if own else self.key_field, self.settings.webhook_header
        return (WhippyEvents(field, takes_token=own, header=header),)

    def online_checks(self, subject: Subject) -> Sequence[OnlineCheck]:
        """Return the questions about the key, the channels and the agent."""
        # Not above: whoever reads a definition needs no client.
        from campaign.providers.whippy_online import WhippySetUp

        settings = self.settings
        return WhippySetUp(self, settings.agent_id, settings.active_statuses, subject).checks()

    @classmethod
    def misfits(
        cls, settings: WhippySettings, channel: Channel, senders: Sequence[str]
    ) -> list[Misfit]:
        """Refuse a sender of the wrong kind: an e-mail channel sends from an e-mail address."""
        del settings
        wrong = [
            (place, sender)
            for place, sender in enumerate(senders)
            if ("@" in sender) != (channel is Channel.EMAIL)
        ]
        wanted = "an e-mail address" if channel is Channel.EMAIL else "a phone number like +1555…"
        return [
            Misfit(
                ("sender", place),
                f"the sender of channel {channel.value} is {wanted}, not {sender!r}",
            )
            for place, sender in wrong
        ]
