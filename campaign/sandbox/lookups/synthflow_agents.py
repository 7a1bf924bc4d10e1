"""Synthflow's agents, from "Get an agent".

One copy of the page shows a list of agents in the answer, another the agent itself; here it is the
list. An agent that does not exist is a 400, which the page prints without any member.
"""

from __future__ import annotations

from campaign.sandbox.answers import Answer, Refusal, json_answer
from campaign.sandbox.lookups.lookup import Lookup, Question
from campaign.sandbox.vendors.synthflow import BAD_REQUEST, Synthflow


class SynthflowAgents:
    """Whoever is known to the sandbox, by its configuration."""

    def __init__(self, synthflow: Synthflow) -> None:
        self._synthflow = synthflow

    def table(self) -> tuple[Lookup, ...]:
        """Return the look-up."""
        return (Lookup("GET", "/v2/assistants/{model_id}", self.one),)

    def one(self, question: Question) -> Answer:
        """Show one agent."""
        agent = question.path["model_id"]
        if not self._synthflow.knows_agent(agent):
            raise Refusal(BAD_REQUEST)
        response = {
            "pagination": {"total_records": 1, "limit": 20, "offset": 0},
            "assistants": [{"type": "outbound", "name": "An agent", "model_id": agent}],
        }
        return json_answer(200, {"status": "ok", "response": response})
