"""Sendbird AI agent (Delight): proactive chat on messenger and SMS.

Source: Platform API, "Proactive chat". Documented limits of writing endpoints start at 5/s on the
trial plan; ask for your plan's figure and set ``rate``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import Field, model_validator

from campaign.channel import Channel
from campaign.definition.values import Secret
from campaign.providers import http
from campaign.providers.base import JsonProvider, secret_or_sandbox
from campaign.providers.heard import Poll, Webhook
from campaign.providers.look_up import LookUp
from campaign.providers.online import (
    OnlineCheck,
    Questions,
    Reader,
    Subject,
    cannot_be_asked,
    wrong,
)
from campaign.providers.protocol import (
    Auth,
    Capabilities,
    Kind,
    Message,
    Outcome,
    ProviderSettings,
    Refused,
)

if TYPE_CHECKING:
    import httpx

# What the conversation resource says that a later question may need.
_KEPT = (
    "channel_url",
    "user_id",
    "status",
    "responded",
    "started_at",
    "auto_close_at",
    "resolution_time",
    "closed_at",
    "closed_reason",
)

_NO_SUCH_USER = "400301"
# Codes are the HTTP status they stand for and three digits more.
_SERVER_ERROR = re.compile(r"5\d{5}")


class SendbirdSettings(ProviderSettings):
    """Settings of Sendbird's AI agent."""

    only_to_listen: ClassVar[frozenset[str]] = frozenset({"webhook_secret"})
    name: Literal["sendbird"] = "sendbird"
    app_id: str = Field(
        pattern=r"^[A-Za-z0-9-]+$", description="Application id, from the dashboard."
    )
    ai_agent_id: str = Field(
        pattern=r"^[A-Za-z0-9_.-]+$", description="The AI agent's id (its bot_userid)."
    )
    api_token: Secret | None = Field(default=None, description="Master or secondary API token.")
    webhook_secret: Secret | None = Field(
        default=None,
        description="What proves that an event is Sendbird's, for `campaign listen`: the token "
        "that the webhook's address carries, or the master API token, with which events are "
        "signed. Default: `api_token`, for the signature.",
    )

    @model_validator(mode="after")
    def _has_a_key(self) -> SendbirdSettings:
        secret_or_sandbox(self, "api_token", "SENDBIRD_API_TOKEN")
        return self


class Sendbird(JsonProvider[SendbirdSettings]):
    """``POST /v3/ai_agent/ai_agents/{bot_userid}/conversations/start``."""

    name: ClassVar[str] = "sendbird"
    Settings: ClassVar[type[ProviderSettings]] = SendbirdSettings
    capabilities: ClassVar[Capabilities] = Capabilities(
        title="Sendbird AI agent, proactive chat",
        channels={Channel.MESSENGER: "user_id", Channel.SMS: "number"},
        text=frozenset({Channel.MESSENGER, Channel.SMS}),
        sender="text",
        sender_required=False,
        suggested_replies=True,
        default_rate=5.0,
        wait_header="X-RateLimit-RetryAfter",
        polls=frozenset({"Sendbird's export of conversations"}),
        webhooks=frozenset({"Sendbird's AI agent webhook"}),
    )
    default_auth: ClassVar[Auth] = Auth(header="Api-Token")
    key_field: ClassVar[str] = "api_token"
    code_table: ClassVar[str] = "sendbird"
    named_in: ClassVar[tuple[str, ...]] = ("channel_url",)

    def vendor_url(self) -> str:
        """Return the application's own host."""
        return f"https://api-{self.settings.app_id}.sendbird.com"

    def path(self) -> str:
        """Return the path of the agent's proactive chat."""
        return f"/v3/ai_agent/ai_agents/{self.settings.ai_agent_id}/conversations/start"

    def body(self, messages: Sequence[Message]) -> dict[str, Any]:
        """Return the body; the sender, where given, is the channel to send to."""
        (message,) = messages
        address = "phone_number" if message.channel is Channel.SMS else "user_id"
        body: dict[str, Any] = {
            "message": message.text or "",
            "channel_type": message.channel.value,
            address: message.address,
        }
        if message.sender is not None:
            body["channel_id"] = message.sender
        if message.suggested_replies:
            body["suggested_replies"] = list(message.suggested_replies)
        return body

    def accepted(self, response: httpx.Response, messages: Sequence[Message]) -> list[Outcome]:
        """Read the conversation resource; ids are compared as text, whatever their type."""
        found = http.json_of(response)
        number = self.word(found.get("id")) if isinstance(found, Mapping) else None
        if not isinstance(found, Mapping) or number is None or found.get("error") is True:
            return [self.unreadable(response, "no conversation in the answer")] * len(messages)
        return [
            Outcome(
                Kind.ACCEPTED,
                provider_id=number,
                http_status=response.status_code,
                evidence=self.kept(found, _KEPT),
            )
        ]

    def code_and_detail(self, response: httpx.Response) -> tuple[str | None, str]:
        """Read ``{"error": true, "code": ..., "message": ...}``; HTTP says only 400 or 500."""
        found = http.json_of(response)
        if response.status_code == HTTPStatus.TOO_MANY_REQUESTS or not isinstance(found, Mapping):
            return None, http.text_of(response)
        return self.word(found.get("code")), str(found.get("message") or http.text_of(response))

    def meaning(
        self, response: httpx.Response, code: str | None, detail: str, channel: Channel
    ) -> Refused | None:
        """Tell a missing user (this recipient) from a missing agent (everybody)."""
        meaning = super().meaning(response, code, detail, channel)
        overridden = code in self.settings.codes
        about_user = channel is Channel.MESSENGER and "user" in detail.casefold()
        about_agent = "agent" in detail.casefold() or "bot" in detail.casefold()
        if code == "400201" and about_user and not about_agent and not overridden:
            return self.row(_NO_SUCH_USER)
        if meaning is None and code is not None and _SERVER_ERROR.fullmatch(code):
            # HTTP may say 400 all the same.
            return http.by_status(HTTPStatus.INTERNAL_SERVER_ERROR)
        return meaning

    def look_ups(self) -> Sequence[LookUp]:
        """Return the export of conversations."""
        # Not above: whoever reads a definition needs no client.
        from campaign.providers.sendbird_look_up import SendbirdExport

        return (SendbirdExport(self, self.settings.ai_agent_id, self.base),)

    def polls(self) -> Sequence[Poll]:
        """Return the export of conversations."""
        # Not above: whoever reads a definition needs no client.
        from campaign.providers.sendbird_poll import SendbirdConversations

        return (SendbirdConversations(self, self.settings.ai_agent_id, self.base),)

    def webhooks(self) -> Sequence[Webhook]:
        """Return the webhook of the AI agent."""
        # Not above: only who listens needs it.
        from campaign.providers.sendbird_webhook import SendbirdEvents

        own = self.settings.webhook_secret is not None
        return (SendbirdEvents("webhook_secret" if own else self.key_field, takes_token=own),)

    def online_checks(self, subject: Subject) -> Sequence[OnlineCheck]:
        """Return the question about the key; agents and channels have no endpoint that reads."""
        why = "Sendbird documents no endpoint that reads it"
        sender = [cannot_be_asked("sender", why)] if subject.senders else []
        return (OnlineCheck("key", self._ask_key), cannot_be_asked("agent", why), *sender)

    def _ask_key(self) -> Questions:
        """``GET /v3/ai_agent/data_exports``: the list of exports, which makes none."""
        query = {"type": "conversation", "ai_agent_id": self.settings.ai_agent_id, "limit": "1"}
        response = yield self.question("GET", "/v3/ai_agent/data_exports", params=query)
        read = Reader("Sendbird", self.clean)
        code, said = self.code_and_detail(response)
        row = None if response.is_success or code is None else self.row(code)
        # HTTP says 400 for everything; the code tells.
        if row is not None and row.reason == "key_refused":
            hint = "Copy the token again from the dashboard: Settings, Application, General."
            text = http.shorten(f"Sendbird refuses it (code {code}): {self.clean(said)}")
            return [wrong("key", text, hint)]
        return [read.key(response)]
