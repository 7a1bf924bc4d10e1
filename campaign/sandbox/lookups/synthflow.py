"""Synthflow's chats, from "List chats" and "Get a chat".

The pages print neither what a list's answer holds nor whether an outbound conversation is a chat
under the same id. Assumed are ``chats``, the way on as both ``cursor`` and ``next_cursor``, the
newest first, and the same id. A chat shows no phone number unless that is configured.
"""

from __future__ import annotations

from itertools import islice
from typing import Any

from campaign.sandbox.answers import Answer, Refusal, json_answer
from campaign.sandbox.config import SynthflowConfig
from campaign.sandbox.journal import Entry
from campaign.sandbox.lookups.lookup import Lookup, Question, before, whole
from campaign.sandbox.vendors.synthflow import BAD_REQUEST, Synthflow, is_uuid

_LIMIT = 10


class SynthflowChats:
    """Each conversation that was started is a chat."""

    def __init__(self, config: SynthflowConfig) -> None:
        self._carry_number = config.chats_carry_number

    def table(self) -> tuple[Lookup, ...]:
        """Return the look-ups."""
        return (
            Lookup("GET", "/v2/chat", self.list),
            Lookup("GET", "/v2/chat/{chat_id}", self.one),
        )

    def list(self, question: Question) -> Answer:
        """List chats, of one agent if it is named; a cursor is the number of the last one seen."""
        query = question.query
        limit = whole(query.get("limit", str(_LIMIT)))
        number = whole(query.get("cursor", "0"))
        if not limit or number is None:
            raise Refusal(BAD_REQUEST)
        agent = query.get("agent_id")
        backwards = reversed(before(question.view.of(Synthflow.name), number))
        chats = [*islice((e for e in backwards if agent in (None, e.agent)), limit + 1)]
        page = chats[:limit]
        onwards = str(page[-1].number) if len(chats) > limit else None
        response = {
            "chats": [self._chat(entry) for entry in page],
            "cursor": onwards,
            "next_cursor": onwards,
        }
        return json_answer(200, {"status": "ok", "response": response})

    def one(self, question: Question) -> Answer:
        """Show one chat; an unknown one is refused with the one error that is documented."""
        chat_id = question.path["chat_id"]
        entry = question.view.with_id(Synthflow.name, chat_id) if is_uuid(chat_id) else None
        if entry is None:
            raise Refusal(BAD_REQUEST)
        return json_answer(200, {"status": "ok", "response": self._chat(entry)})

    def _chat(self, entry: Entry) -> dict[str, Any]:
        said = str(entry.request.get("initial_message") or "") if entry.message_sent else ""
        turn = {
            "agent_id": entry.agent,
            "current_state": "greeting_state",
            "message": said,
            "timestamp": entry.time,
            "turn_number": 1,
        }
        numbers = {"to_number": entry.to, "from_number": entry.sender}
        return {
            "chat_id": entry.provider_id,
            "chat_status": "ongoing",
            "conversation_history": [turn] if entry.message_sent else [],
            "start_timestamp": entry.time,
            "transcript": f"Agent: {said}" if entry.message_sent else "",
            **(numbers if self._carry_number else {}),
        }
