"""Zild: proactive WhatsApp conversation.

Source: API reference "Create a New Proactive Conversation with WhatsApp". The endpoint takes a
list of recipients but one object of variables for all of them, and its answer names a recipient
only in ``messages[].to``: so one recipient a call, unless ``batch`` asks for more, and then only
recipients whose variables are identical travel together.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import Field, model_validator

from campaign.channel import Channel
from campaign.definition.values import Secret
from campaign.providers import http
from campaign.providers.asking import digits
from campaign.providers.base import JsonProvider, secret_or_sandbox
from campaign.providers.heard import Poll, Webhook
from campaign.providers.look_up import LookUp
from campaign.providers.online import OnlineCheck, Subject, cannot_be_asked
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


class ZildSettings(ProviderSettings):
    """Settings of Zild's proactive conversation; the vendor publishes no base URL."""

    only_to_listen: ClassVar[frozenset[str]] = frozenset({"webhook_secret"})
    name: Literal["zild"] = "zild"
    token: Secret | None = Field(default=None, description="JWT of the API.")
    webhook_secret: Secret | None = Field(
        default=None,
        description="The token that the webhook's address carries, for `campaign listen`: Zild "
        "documents no signature.",
    )
    bot_id: int = Field(description="The AI agent (botId).")
    live_agent: bool | None = Field(default=None, description="Hand to a person at once.")
    queue_id: int | None = Field(default=None, description="Queue of human agents.")
    user_id: int | None = Field(default=None, description="Human agent.")
    counterpart_user_id: int | None = Field(default=None, description="The contact as a user.")
    account_ids: list[int] | None = Field(default=None, description="CRM accounts.")
    contact_ids: list[int] | None = Field(default=None, description="CRM contacts.")
    conversation_integration_type: int | None = Field(
        default=None, ge=0, le=18, description="0 to 18; the meanings are not published."
    )
    batch: int = Field(
        default=1,
        ge=1,
        le=100,
        description="Recipients a call, only ever those with identical variables.",
    )
    path: str = Field(
        default="/api/Conversation/proactive-conversation",
        pattern=r"^/\S+$",
        description="Path of the endpoint.",
    )
    twilio: TwilioAccount | None = Field(
        default=None,
        description="Your Twilio account, where the WhatsApp sender is in it, to ask it what "
        "became of the messages, for `campaign reconcile`, `campaign sync` and `check --online`.",
    )

    @model_validator(mode="after")
    def _is_complete(self) -> ZildSettings:
        secret_or_sandbox(self, "token", "ZILD_TOKEN")
        if self.base_url is None and not self.sandbox:
            raise ValueError(
                "base_url is missing; Zild publishes none, so write your own installation's"
            )
        if self.batch > 1 and (self.contact_ids or self.counterpart_user_id is not None):
            raise ValueError(
                "batch above 1 does not go with contact_ids or counterpart_user_id, "
                "which belong to one recipient"
            )
        return self


class Zild(JsonProvider[ZildSettings]):
    """``POST /api/Conversation/proactive-conversation``."""

    name: ClassVar[str] = "zild"
    Settings: ClassVar[type[ProviderSettings]] = ZildSettings
    capabilities: ClassVar[Capabilities] = Capabilities(
        title="Zild, proactive WhatsApp conversation",
        channels={Channel.WHATSAPP: "number"},
        template=frozenset({Channel.WHATSAPP}),
        template_id="integer",
        template_variables="named",
        # Twilio's ("Using variables with Content API"), which the names in Zild's answers point to.
        longest_value=1600,
        longest_variable_name=16,
        most_variables=100,
        sender="integer",
        max_batch=100,
        default_rate=5.0,
        polls=frozenset({"the message list of your Twilio account"}),
        webhooks=frozenset(
            {"Zild's webhook Conversation Ended", "Twilio's status callbacks and incoming messages"}
        ),
    )
    default_auth: ClassVar[Auth] = Auth(header="Authorization", scheme="Bearer")
    key_field: ClassVar[str] = "token"
    code_table: ClassVar[str] = "twilio"
    named_in: ClassVar[tuple[str, ...]] = ("conversationId", "messageSid", "sid")

    def vendor_url(self) -> str:
        """Zild publishes no address; settings without one are refused before this is asked."""
        raise AssertionError("zild has no documented address")

    def path(self) -> str:
        """Return the endpoint's path."""
        return self.settings.path

    def body(self, messages: Sequence[Message]) -> dict[str, Any]:
        """Return the body for recipients that share sender, template and variables."""
        first = messages[0]
        settings = self.settings
        body: dict[str, Any] = {
            "channelId": int(first.sender or 0),
            "botId": settings.bot_id,
            "recipient": [message.address for message in messages],
        }
        if first.template is not None:
            body["conversationTemplateId"] = int(first.template.id)
            body["contentVariables"] = dict(first.template.variables)
        optional = {
            "liveAgent": settings.live_agent,
            "counterpartUserId": settings.counterpart_user_id,
            "userId": settings.user_id,
            "queueId": settings.queue_id,
            "accountIds": settings.account_ids,
            "contactIds": settings.contact_ids,
            "conversationIntegrationType": settings.conversation_integration_type,
        }
        return body | {name: value for name, value in optional.items() if value is not None}

    def accepted(self, response: httpx.Response, messages: Sequence[Message]) -> list[Outcome]:
        """Read the array of conversations; a recipient that is missing from it is unknown."""
        found = http.json_of(response)
        if not isinstance(found, list):
            return [self.unreadable(response, "no list in the answer")] * len(messages)
        conversations = [item for item in found if isinstance(item, Mapping)]
        by_number = {
            number: conversation
            for conversation in conversations
            for number in _numbers(conversation)
        }
        outcomes = []
        for message in messages:
            conversation = by_number.get(digits(message.address))
            alone = len(messages) == len(conversations) == 1
            if conversation is None and alone and not by_number:
                # One asked, one answered, and the answer names nobody: it can only be this one.
                conversation = conversations[0]
            outcomes.append(self._outcome(response, conversation))
        return outcomes

    def _outcome(self, response: httpx.Response, conversation: Mapping[str, Any] | None) -> Outcome:
        if conversation is None:
            return Outcome(
                Kind.UNKNOWN,
                "missing_from_answer",
                detail="the answer does not name this recipient",
                http_status=response.status_code,
            )
        for message in _messages(conversation):
            if not message.get("errorCode"):
                continue
            code = self.word(message["errorCode"])
            if code is None:
                return self.unreadable(response, "a message with an error that is no code")
            if code != "0":
                return self._message_failed(response, code, message)
        number = self.word(conversation.get("id"))
        if number is None:
            return self.unreadable(response, "a conversation without an id")
        first = next(_messages(conversation), {})
        evidence = self.kept(conversation, ("conversationId",))
        evidence |= self.kept(first, ("messageSid", "messageStatus"))
        return Outcome(
            Kind.ACCEPTED,
            provider_id=number,
            http_status=response.status_code,
            evidence=evidence,
        )

    def _message_failed(
        self, response: httpx.Response, code: str, message: Mapping[str, Any]
    ) -> Outcome:
        """A message that failed inside a 2xx: the code decides, and unknown codes are failures."""
        meaning = self.meaning(response, code, "", Channel.WHATSAPP) or http.by_status(400)
        text = self.clean(str(message.get("errorMessage") or meaning.text))
        return http.refusal(response, meaning, code=code, detail=text)

    def code_and_detail(self, response: httpx.Response) -> tuple[str | None, str]:
        """Read ASP.NET problem details, where there are any; the error body is not published."""
        found = http.json_of(response)
        if not isinstance(found, Mapping):
            return None, http.text_of(response)
        parts = [str(found[key]) for key in ("title", "detail", "message") if found.get(key)]
        if found.get("errors"):
            parts.append(str(found["errors"]))
        return None, ": ".join(parts) or http.text_of(response)

    def look_ups(self) -> Sequence[LookUp]:
        """Return Twilio's list of messages, where the account is given; Zild has none."""
        return twilio_look_ups(self.settings.twilio, self)

    def polls(self) -> Sequence[Poll]:
        """Return Twilio's list of messages, where the account is given; Zild has none."""
        # Not above: whoever reads a definition needs no client.
        from campaign.providers.twilio_poll import twilio_polls

        return twilio_polls(self.settings.twilio, self)

    def webhooks(self) -> Sequence[Webhook]:
        """Return Zild's own, and Twilio's where the account is given."""
        # Not above: only who listens needs it.
        from campaign.providers.twilio_webhook import TwilioEvents
        from campaign.providers.zild_webhook import ZildEvents

        return (ZildEvents(), *(() if self.settings.twilio is None else (TwilioEvents(),)))

    def online_checks(self, subject: Subject) -> Sequence[OnlineCheck]:
        """Return the questions to the Twilio account; Zild documents no endpoint that reads."""
        # Not above: whoever reads a definition needs no client.
        from campaign.providers.twilio_online import twilio_checks

        why = "Zild documents no endpoint that reads it"
        return (
            *(cannot_be_asked(what, why) for what in ("key", "agent", "sender", "template")),
            *twilio_checks(self.settings.twilio, self, subject),
        )


def _messages(conversation: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    messages = conversation.get("messages")
    if isinstance(messages, list):
        yield from (item for item in messages if isinstance(item, Mapping))


def _numbers(conversation: Mapping[str, Any]) -> Iterator[str]:
    for message in _messages(conversation):
        if number := digits(message.get("to")):
            yield number
