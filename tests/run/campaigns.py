"""Definitions for every provider and channel, sent to a sandbox that listens at a given URL."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from campaign.channel import Channel

AGENT = "2a886b7d-d52d-4f8b-8ea0-19d3edc79214"
ENVIRONMENT = {"KEY": "a-secret-that-must-not-be-seen"}

EVERY_WAY = (
    ("sendbird", Channel.MESSENGER),
    ("sendbird", Channel.SMS),
    ("zild", Channel.WHATSAPP),
    ("whippy", Channel.PHONE),
    ("whippy", Channel.WHATSAPP),
    ("whippy", Channel.EMAIL),
    ("synthflow", Channel.SMS),
    ("synthflow", Channel.WHATSAPP),
)
"""Each of the four providers on each of its channels."""

KINDS = {Channel.MESSENGER: "user_id", Channel.EMAIL: "email"}

_PROVIDERS = {
    "sendbird": "  app_id: APP\n  ai_agent_id: bot\n  api_token: ${KEY}\n",
    "zild": "  bot_id: 7\n  token: ${KEY}\n",
    "whippy": f"  agent_id: {AGENT}\n  api_key: ${{KEY}}\n",
    "synthflow": f"  agent_id: {AGENT}\n  api_key: ${{KEY}}\n",
}
_SENDERS = {
    "sendbird": "",
    "zild": "sender: 12\n",
    "synthflow": 'sender: ["+12025550100", "+12025550101"]\n',
}
_TEXT = "message: 'Hi {{ first_name }}, your plan is {{ plan }}.'\n"
_TEMPLATE = "  template: {{id: {id}, variables: {{1: '{{{{ first_name }}}}'}}}}\n"
_COLUMNS = {Channel.MESSENGER: "User ID", Channel.EMAIL: "E-mail"}


@dataclass(frozen=True)
class Recipe:
    """What a test wants of a definition beyond the provider and the channel."""

    provider: str = "synthflow"
    channel: Channel = Channel.SMS
    name: str = "test-campaign"
    rate: str = "rate: {limit: 100000/s, concurrency: 64}\n"
    retry: str = "retry: {attempts: 5, first_wait: 10ms, longest_wait: 200ms}\n"
    message: str | None = None
    more: str = ""
    settings: str = ""
    recipients: dict[str, str] = field(default_factory=dict)

    def write(self, folder: Path, list_name: str, base_url: str | None) -> Path:
        """Write the definition; without a base URL it asks for the embedded sandbox."""
        where = "  sandbox: true\n" if base_url is None else f"  base_url: {base_url}\n"
        mapping = "".join(f"  {key}: {value}\n" for key, value in self.recipients.items())
        column = _COLUMNS.get(self.channel, "Phone")
        text = (
            f"name: {self.name}\nchannel: {self.channel.value}\n"
            f"provider:\n  name: {self.provider}\n{where}"
            f"{_PROVIDERS[self.provider]}{self.settings}{self._sender()}"
            f"recipients:\n  files: {list_name}\n  address: {column}\n{mapping}"
            f"{self._message()}{self.rate}{self.retry}{self.more}"
        )
        path = folder / "campaign.yaml"
        path.write_text(text, encoding="utf-8")
        return path

    def _sender(self) -> str:
        if self.provider == "whippy":
            email = self.channel is Channel.EMAIL
            return f"sender: {'hello@example.org' if email else '+12025550100'}\n".replace(
                "+12025550100", '"+12025550100"'
            )
        return _SENDERS[self.provider]

    def _message(self) -> str:
        if self.message is not None:
            return self.message
        window = "window: {column: Last inbound at}\n"
        if self.provider == "whippy":
            return window if self.channel is Channel.WHATSAPP else ""
        if self.provider == "zild":
            return "message:\n" + _TEMPLATE.format(id=42)
        if self.channel is Channel.WHATSAPP:
            template = _TEMPLATE.format(id="HX" + "0" * 32)
            return "message:\n  text: 'Hi {{ first_name }}'\n" + template + window
        return _TEXT
