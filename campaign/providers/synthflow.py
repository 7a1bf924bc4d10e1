"""Synthflow: outbound chat over the customer's own Twilio account, SMS and WhatsApp.

Source: API reference "Start an outbound chat conversation" (v2, bearer key). A changelog entry
names another path and header for the same feature, so both can be set. WhatsApp and SMS exist for
workspaces of the US cluster; the global cluster is documented and is to be retired.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import Field, model_validator

from campaign.channel import Channel
from campaign.definition.values import Secret
from campaign.providers import codes, http
from campaign.providers.asking import mappings, same_address
from campaign.providers.base import JsonProvider, secret_or_sandbox
from campaign.providers.heard import Poll, Webhook
from campaign.providers.look_up import LookUp
from campaign.providers.online import (
    OnlineCheck,
    Questions,
    Reader,
    Subject,
    ok,
    unknown,
)
from campaign.providers.protocol import (
    Auth,
    Capabilities,
    Kind,
    Message,
    Outcome,
    ProviderSettings,
)
from campaign.providers.twilio import twilio_look_ups
from campaign.providers.twilio_list import TwilioAccount

if TYPE_CHECKING:
    import httpx

_HOSTS = {"us": "https://api.us.synthflow.ai", "global": "https://api.synthflow.ai"}
# By itself: not a part of an id or of a longer number.
_TWILIO_CODE = re.compile(r"(?<![\w-])[236]\d{4}(?![\w-])")
_UUID = r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$"


class SynthflowSettings(ProviderSettings):
    """Settings of Synthflow's outbound chat."""

    name: Literal["synthflow"] = "synthflow"
    region: Literal["us", "global"] = Field(
        default="us", description="The workspace's cluster; the EU cluster has no SMS or WhatsApp."
    )
    agent_id: str = Field(pattern=_UUID, description="The chat agent's id, a UUID.")
    api_key: Secret | None = Field(default=None, description="API key.")
    path: str = Field(
        default="/v2/chat/outbound", pattern=r"^/\S+$", description="Path of the endpoint."
    )

    twilio: TwilioAccount | None = Field(
        default=None,
        description="The Twilio account that is connected to Synthflow, to ask it what became of "
        "the messages, for `campaign reconcile`, `campaign sync` and `check --online`.",
    )

    @model_validator(mode="after")
    def _has_a_key(self) -> SynthflowSettings:
        secret_or_sandbox(self, "api_key", "SYNTHFLOW_API_KEY")
        return self


class Synthflow(JsonProvider[SynthflowSettings]):
    """``POST /v2/chat/outbound``."""

    name: ClassVar[str] = "synthflow"
    Settings: ClassVar[type[ProviderSettings]] = SynthflowSettings
    capabilities: ClassVar[Capabilities] = Capabilities(
        title="Synthflow, outbound chat",
        channels={Channel.SMS: "number", Channel.WHATSAPP: "number"},
        text=frozenset({Channel.SMS, Channel.WHATSAPP}),
        template=frozenset({Channel.WHATSAPP}),
        window_channels=frozenset({Channel.WHATSAPP}),
        template_id="content_sid",
        template_variables="numbered",
        # Twilio's limits of content variables ("Using variables with Content API").
        longest_value=1600,
        longest_variable_name=16,
        most_variables=100,
        sender="number",
        variables=True,
        default_rate=1.0,
        polls=frozenset({"Synthflow's list of chats", "the message list of your Twilio account"}),
        webhooks=frozenset({"Twilio's status callbacks and incoming messages"}),
    )
    default_auth: ClassVar[Auth] = Auth(header="Authorization", scheme="Bearer")
    key_field: ClassVar[str] = "api_key"
    code_table: ClassVar[str] = "twilio"
    named_in: ClassVar[tuple[str, ...]] = ("conversation_id", "chat_id", "sid")

    def vendor_url(self) -> str:
        """Return the host of the workspace's cluster."""
        return _HOSTS[self.settings.region]

    def path(self) -> str:
        """Return the endpoint's path."""
        return self.settings.path

    def body(self, messages: Sequence[Message]) -> dict[str, Any]:
        """Return the body: a template outside the window, free-form text inside it."""
        (message,) = messages
        body: dict[str, Any] = {
            "agent_id": self.settings.agent_id,
            "channel": message.channel.value,
            "to_number": message.address,
            "from_number": message.sender,
        }
        if message.template is not None:
            template: dict[str, Any] = {"content_sid": message.template.id}
            # A template without variables is sent without the member: an empty object has been
            # refused downstream as invalid content variables.
            if message.template.variables:
                template["variables"] = dict(message.template.variables)
            body["template"] = template
        elif message.text is not None:
            body["initial_message"] = message.text
        if message.variables:
            body["custom_variables"] = dict(message.variables)
        return body

    def accepted(self, response: httpx.Response, messages: Sequence[Message]) -> list[Outcome]:
        """Read ``{"status": "ok", "response": {"conversation_id": ...}}``."""
        found = http.json_of(response)
        inner = found.get("response") if isinstance(found, Mapping) else None
        conversation = (
            self.word(inner.get("conversation_id")) if isinstance(inner, Mapping) else None
        )
        if conversation is None:
            return [self.unreadable(response, "no conversation_id in the answer")] * len(messages)
        return [Outcome(Kind.ACCEPTED, provider_id=conversation, http_status=response.status_code)]

    def code_and_detail(self, response: httpx.Response) -> tuple[str | None, str]:
        """Find a Twilio code in a 4xx; the schema of the body is published as empty."""
        text = "" if http.json_of(response) == {} else http.text_of(response)
        if not response.is_client_error or response.status_code == HTTPStatus.REQUEST_TIMEOUT:
            return None, text
        found = _TWILIO_CODE.findall(text)
        known = self.settings.codes.keys() | codes.table(self.code_table).keys()
        # A number that only looks like a code must not hide the code.
        return next((code for code in found if code in known), next(iter(found), None)), text

    def look_ups(self) -> Sequence[LookUp]:
        """Return Twilio's list of messages, where the account is given, and then Synthflow's."""
        # Not above: whoever reads a definition needs no client.
        from campaign.providers.synthflow_look_up import SynthflowChats

        chats = SynthflowChats(self, self.settings.agent_id)
        return (*twilio_look_ups(self.settings.twilio, self), chats)

    def polls(self) -> Sequence[Poll]:
        """Return Twilio's list of messages, where the account is given, and Synthflow's chats."""
        # Not above: whoever reads a definition needs no client.
        from campaign.providers.synthflow_poll import SynthflowConversations
        from campaign.providers.twilio_poll import twilio_polls

        chats = SynthflowConversations(self, self.settings.agent_id)
        return (*twilio_polls(self.settings.twilio, self), chats)

    def webhooks(self) -> Sequence[Webhook]:
        """Return Twilio's, where the account is given; Synthflow documents none for chats."""
        # Not above: only who listens needs it.
        from campaign.providers.twilio_webhook import TwilioEvents

        return () if self.settings.twilio is None else (TwilioEvents(),)

    def online_checks(self, subject: Subject) -> Sequence[OnlineCheck]:
        """Return the questions to Synthflow, and to the Twilio account where it is given."""
        # Not above: whoever reads a definition needs no client.
        from campaign.providers.twilio_online import twilio_checks, without_account

        asked = twilio_checks(self.settings.twilio, self, subject)
        return (
            OnlineCheck("key", self._ask_key),
            OnlineCheck("agent", self._ask_agent),
            *(asked or without_account(subject, "Synthflow")),
        )

    def _ask_key(self) -> Questions:
        """``GET /v2/chat``: the list that the documents have for any key."""
        query = {"agent_id": self.settings.agent_id, "limit": "1"}
        response = yield self.question("GET", "/v2/chat", params=query)
        return [Reader("Synthflow", self.clean).key(response)]

    def _ask_agent(self) -> Questions:
        """``GET /v2/assistants/{model_id}``: its 400 has no meaning that is published."""
        response = yield self.question("GET", f"/v2/assistants/{self.settings.agent_id}")
        read = Reader("Synthflow", self.clean)
        inner = read.object_of(response).get("response")
        found = inner.get("assistants") if isinstance(inner, Mapping) else None
        # One page shows a list, another the one agent itself.
        agents = mappings(found if isinstance(found, list) else [found])
        mine = [one for one in agents if same_address(self.settings.agent_id, one.get("model_id"))]
        if response.is_success and mine:
            name = read.word(mine[0].get("name"))
            shown = f"Synthflow has the agent{f' {name!r}' if name else ''}"
            return [ok("agent", f"{shown}; whether it is published, it does not say")]
        if response.is_success or response.status_code == HTTPStatus.BAD_REQUEST:
            sentence = (
                "Synthflow shows no agent with this id here, and its documents do not say whether "
                "chat agents are shown"
            )
            return [unknown("agent", sentence, "Compare `provider.agent_id` with the dashboard.")]
        return [read.unclear("agent", response)]
