"""One good request for each vendor, to be spoilt by the tests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from campaign.sandbox import SandboxServer

AGENT = "2a886b7d-d52d-4f8b-8ea0-19d3edc79214"
TO = "+15559876543"
SENDER = "+15551234567"
KEY = "a-key-nobody-may-see"


@dataclass(frozen=True)
class Sample:
    vendor: str
    path: str
    headers: Mapping[str, str]
    body: Mapping[str, Any]
    to_field: str
    accepted: int

    def to(self, address: str) -> dict[str, Any]:
        """The body, for another recipient."""
        return {**self.body, self.to_field: [address] if self.vendor == "zild" else address}

    def post(
        self,
        sandbox: SandboxServer,
        body: Any = None,
        *,
        headers: Mapping[str, str] | None = None,
        path: str | None = None,
        timeout: float = 30.0,
    ) -> httpx.Response:
        with httpx.Client(trust_env=False, timeout=timeout) as client:
            return client.post(
                sandbox.url_for(self.vendor) + (path or self.path),
                headers=self.headers if headers is None else headers,
                json=self.body if body is None else body,
            )


SENDBIRD = Sample(
    "sendbird",
    f"/v3/ai_agent/ai_agents/{AGENT}/conversations/start",
    {"Api-Token": KEY},
    {"message": "Hello Ana", "channel_type": "sms", "phone_number": TO, "channel_id": SENDER},
    "phone_number",
    200,
)
ZILD = Sample(
    "zild",
    "/api/Conversation/proactive-conversation",
    {"Authorization": f"Bearer {KEY}"},
    {
        "channelId": 7,
        "botId": 12,
        "recipient": [TO],
        "conversationTemplateId": 5,
        "contentVariables": {"1": "Ana"},
    },
    "recipient",
    200,
)
WHIPPY = Sample(
    "whippy",
    f"/v1/agents/{AGENT}/chat",
    {"X-WHIPPY-KEY": KEY},
    {"from": SENDER, "to": TO, "type": "phone", "send_initial_message": True},
    "to",
    201,
)
SYNTHFLOW = Sample(
    "synthflow",
    "/v2/chat/outbound",
    {"Authorization": f"Bearer {KEY}"},
    {
        "agent_id": AGENT,
        "channel": "sms",
        "to_number": TO,
        "from_number": SENDER,
        "initial_message": "Hello Ana",
    },
    "to_number",
    200,
)
ALL = (SENDBIRD, ZILD, WHIPPY, SYNTHFLOW)


def control(sandbox: SandboxServer, method: str, path: str, body: Any = None) -> httpx.Response:
    with httpx.Client(trust_env=False) as client:
        return client.request(method, f"{sandbox.url}/_sandbox/{path}", json=body)
