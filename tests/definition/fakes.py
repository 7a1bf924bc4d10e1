"""Small providers for tests, one for each kind of vendor."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, Literal

import httpx
from pydantic import Field

from campaign.channel import Channel
from campaign.definition.load import Loaded, load
from campaign.definition.values import Secret
from campaign.errors import InvalidInput
from campaign.providers.protocol import (
    Capabilities,
    Message,
    Misfit,
    Outcome,
    Provider,
    ProviderSettings,
)


class _Fake:
    def __init__(self, settings: Any, secrets: Mapping[str, str], base_url: str | None) -> None:
        raise NotImplementedError

    def request(self, messages: Sequence[Message]) -> httpx.Request:
        raise NotImplementedError

    def outcomes(self, response: httpx.Response, messages: Sequence[Message]) -> list[Outcome]:
        raise NotImplementedError

    @classmethod
    def misfits(cls, settings: Any, channel: Channel, senders: Sequence[str]) -> list[Misfit]:
        return []


class AcmeSettings(ProviderSettings):
    """Settings of Acme."""

    agent: str = Field(pattern=r"^[a-z]+$", description="The agent's id, in small letters.")
    region: Literal["us", "global"] = Field(default="us", description="Where.")
    api_key: Secret = Field(description="The key.")


class Acme(_Fake):
    """Texts and numbered templates, from numbers."""

    name: ClassVar[str] = "acme"
    Settings: ClassVar[type[ProviderSettings]] = AcmeSettings
    capabilities: ClassVar[Capabilities] = Capabilities(
        title="Acme, outbound chat",
        channels={Channel.SMS: "number", Channel.WHATSAPP: "number"},
        text=frozenset({Channel.SMS, Channel.WHATSAPP}),
        template=frozenset({Channel.WHATSAPP}),
        window_channels=frozenset({Channel.WHATSAPP}),
        template_id="content_sid",
        sender="number",
        variables=True,
    )

    @classmethod
    def misfits(cls, settings: Any, channel: Channel, senders: Sequence[str]) -> list[Misfit]:
        if settings.region == "global" and channel is Channel.WHATSAPP:
            return [Misfit(("provider", "region"), "WhatsApp is only offered in the US", "use us")]
        return []


class WriterSettings(ProviderSettings):
    """Settings of Writer."""

    outside_window: Literal["refuse", "send"] = Field(default="refuse", description="What then.")


class Writer(_Fake):
    """The agent writes the first message."""

    name: ClassVar[str] = "writer"
    Settings: ClassVar[type[ProviderSettings]] = WriterSettings
    capabilities: ClassVar[Capabilities] = Capabilities(
        title="Writer",
        channels={Channel.PHONE: "number", Channel.WHATSAPP: "number", Channel.EMAIL: "email"},
        window_channels=frozenset({Channel.WHATSAPP}),
        writes_itself=True,
        sender="number_or_email",
        schedule=True,
    )


class Tower(_Fake):
    """Templates by number with named variables, from integer channels."""

    name: ClassVar[str] = "tower"
    Settings: ClassVar[type[ProviderSettings]] = ProviderSettings
    capabilities: ClassVar[Capabilities] = Capabilities(
        title="Tower",
        channels={Channel.WHATSAPP: "number"},
        template=frozenset({Channel.WHATSAPP}),
        template_id="integer",
        template_variables="named",
        sender="integer",
    )


class Bird(_Fake):
    """Texts with suggested replies; a sender is optional."""

    name: ClassVar[str] = "bird"
    Settings: ClassVar[type[ProviderSettings]] = ProviderSettings
    capabilities: ClassVar[Capabilities] = Capabilities(
        title="Bird",
        channels={Channel.MESSENGER: "user_id", Channel.SMS: "number"},
        text=frozenset({Channel.MESSENGER, Channel.SMS}),
        sender_required=False,
        suggested_replies=True,
    )


FAKES: dict[str, type[Provider]] = {fake.name: fake for fake in (Acme, Writer, Tower, Bird)}

FIRST = """\
name: spring-sale
channel: sms
provider:
  name: acme
  sandbox: true
  agent: bob
  api_key: ${ACME_KEY}
sender: "+15551234567"
recipients: people.csv
message: "Hi {{ first_name }}"
"""

LoadText = Callable[..., Loaded]


def load_text(text: str, folder: Path, **options: Any) -> Loaded:
    """Write a definition and load it with the fake providers."""
    path = folder / "c.yaml"
    path.write_text(text, encoding="utf-8")
    return load(path, FAKES.get, list(FAKES), **options)


def problems_of(text: str, folder: Path, **options: Any) -> list[str]:
    """Return what is wrong with a definition, each as ``line:column message (hint)``."""
    try:
        load_text(text, folder, **options)
    except InvalidInput as error:
        found = []
        for problem in error.problems:
            place = f"{problem.line}:{problem.column or '-'}"
            hint = f" ({problem.hint})" if problem.hint else ""
            found.append(f"{place} {problem.message}{hint}")
        return found
    return []
