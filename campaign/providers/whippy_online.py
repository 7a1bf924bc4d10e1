"""What Whippy says beforehand: does it take the key, is the agent active, is the channel there.

Source: Whippy's own client for its public API (``GET /agents/{id}`` with ``status`` and
``deleted_at``, ``GET /channels`` with ``phone`` and ``support_ai_agent``). The page of the chat
endpoint says that the agent must be active; which word ``status`` has then is printed nowhere and
is a setting. Whether the agent's LLM is active, and a channel enabled, no answer is known to say.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import httpx

from campaign.channel import Channel
from campaign.providers.asking import mappings, same_address
from campaign.providers.base import JsonProvider
from campaign.providers.online import (
    OnlineCheck,
    OnlineFinding,
    Questions,
    Reader,
    Subject,
    ok,
    unknown,
    wrong,
)

_MOST = 500


class WhippySetUp:
    """Asks about one agent and the senders of a definition."""

    def __init__(
        self, provider: JsonProvider[Any], agent: str, active: Sequence[str], subject: Subject
    ) -> None:
        self._provider = provider
        self._agent = agent
        self._active = {word.casefold() for word in active}
        self._subject = subject
        self._read = Reader("Whippy", provider.clean)

    def checks(self) -> Sequence[OnlineCheck]:
        """Return both questions."""
        return (OnlineCheck("key and sender", self.channels), OnlineCheck("agent", self.agent))

    def channels(self) -> Questions:
        """``GET /v1/channels``: is each sender a channel?"""
        response = yield self._provider.question("GET", "/v1/channels", params={"limit": _MOST})
        listed = self._read.object_of(response).get("data")
        findings = [self._read.key(response)]
        if not response.is_success or not isinstance(listed, list):
            return findings + [
                self._read.unclear(f"sender {sender}", response) for sender in self._subject.senders
            ]
        channels = mappings(listed)
        return findings + [self._sender(sender, channels) for sender in self._subject.senders]

    def _sender(self, sender: str, channels: Sequence[Mapping[str, Any]]) -> OnlineFinding:
        what = f"sender {sender}"
        for channel in channels:
            if not any(same_address(sender, channel.get(name)) for name in ("phone", "email")):
                continue
            if channel.get("support_ai_agent") is False:
                sentence = "Whippy's channel says that it does not support AI agents"
                return unknown(what, sentence, "See the channel's settings in Whippy.")
            return ok(what, "Whippy has this channel; whether it is enabled, it does not say")
        whole = 0 < len(channels) < _MOST
        if self._subject.channel is Channel.PHONE and whole:
            hint = "Write the number of a channel as Whippy's settings show it."
            return wrong(what, "Whippy has no channel with this number", hint)
        return unknown(what, "Whippy lists no channel with this address that could be told")

    def agent(self) -> Questions:
        """``GET /v1/agents/{id}``: is it there, and active?"""
        response = yield self._provider.question("GET", f"/v1/agents/{self._agent}")
        if response.status_code == httpx.codes.NOT_FOUND:
            hint = "Copy its id again from Whippy; it is `provider.agent_id`."
            return [wrong("agent", "Whippy has no agent with this id", hint)]
        found = self._read.object_of(response)
        # Lists have their rows below `data`; for one agent, neither form is printed.
        agent = found["data"] if isinstance(found.get("data"), Mapping) else found
        status = self._read.word(agent.get("status"))
        if not response.is_success or not same_address(self._agent, agent.get("id")):
            return [self._read.unclear("agent", response)]
        if agent.get("deleted_at"):
            return [wrong("agent", "the agent was deleted", "Name another as `provider.agent_id`.")]
        if status is None:
            return [unknown("agent", "Whippy has the agent, and does not say whether it is active")]
        if status.casefold() in self._active:
            return [ok("agent", f"Whippy has the agent, and it is {status}")]
        hint = (
            "Make it active in Whippy. If this word means that it is, add it to "
            "`provider.active_statuses`."
        )
        return [wrong("agent", f"the agent's status is {status!r}; it must be active", hint)]
