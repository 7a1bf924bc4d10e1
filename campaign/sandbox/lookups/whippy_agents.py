"""Whippy's agents and channels, from the types of its own client for the public API.

That client prints no answer for one agent; assumed is the agent below ``data``, as its lists have
their rows. The word for an active agent is assumed too. Only members that a question here is about
are shown.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid5

from campaign.sandbox.answers import Answer, Refusal, json_answer
from campaign.sandbox.config import WhippyConfig
from campaign.sandbox.lookups.lookup import Lookup, Question
from campaign.sandbox.vendors.whippy import Whippy, error

_IDS = UUID("5f0b0d3c-7c2b-4b53-9f44-6a1b1d0f8a12")
_MADE = "2026-01-05T09:00:00Z"


class WhippyAgents:
    """Whoever is known to the sandbox, by its configuration."""

    def __init__(self, whippy: Whippy, config: WhippyConfig) -> None:
        self._whippy = whippy
        self._inactive = config.inactive_agents
        self._channels = config.channels

    def table(self) -> tuple[Lookup, ...]:
        """Return the look-ups."""
        return (
            Lookup("GET", "/v1/agents/{id}", self.agent),
            Lookup("GET", "/v1/channels", self.channels),
        )

    def agent(self, question: Question) -> Answer:
        """Show one agent."""
        agent = question.path["id"]
        if not self._whippy.knows_agent(agent):
            raise Refusal(error(404, "Agent not found"))
        shown = {
            "id": agent,
            "name": "An agent",
            "status": "inactive" if agent in self._inactive else "active",
            "created_at": _MADE,
            "updated_at": _MADE,
            "deleted_at": None,
        }
        return json_answer(200, {"data": shown})

    def channels(self, question: Question) -> Answer:
        """List the channels that are configured."""
        del question
        shown = [_channel(number) for number in sorted(self._channels)]
        return json_answer(200, {"data": shown, "organization_id": str(uuid5(_IDS, "all"))})


def _channel(number: str) -> dict[str, Any]:
    return {
        "id": str(uuid5(_IDS, number)),
        "name": "A channel",
        "phone": number,
        "timezone": "Etc/UTC",
        "is_hosted_sms": False,
        "support_ai_agent": True,
        "created_at": _MADE,
        "updated_at": _MADE,
    }
