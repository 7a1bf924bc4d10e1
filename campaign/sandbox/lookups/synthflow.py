"""Synthflow's chats, from "List chats" and "Get a chat".

The pages print neither what a list's answer holds nor whether an outbound conversation is a chat
under the same id. Assumed are ``chats``, the way on as both ``cursor`` and ``next_cursor``, the
newest first, and the same id. A chat shows no phone number unless that is configured. When one was
completed no page says, so it does not show.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

from campaign.sandbox.answers import Answer, Refusal, json_answer
from campaign.sandbox.clock import iso
from campaign.sandbox.config import SynthflowConfig
from campaign.sandbox.journal import Entry
from campaign.sandbox.lookups.lookup import Lookup, Question, before, whole
from campaign.sandbox.people.people import WRITTEN, Act
from campaign.sandbox.vendors.synthflow import BAD_REQUEST, Synthflow, is_uuid

_LIMIT = 10
_CUSTOMER = "user"
"""Who speaks, where it is not the agent; so "Get a chat" says of ``agent_id``."""


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
            "chats": [self._chat(entry, question.view.acts(entry)) for entry in page],
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
        return json_answer(
            200, {"status": "ok", "response": self._chat(entry, question.view.acts(entry))}
        )

    def _chat(self, entry: Entry, acts: Sequence[Act]) -> dict[str, Any]:
        turns = list(_turns(entry, acts))
        is_over = any(act.does == "closed" for act in acts)
        numbers = {"to_number": entry.to, "from_number": entry.sender}
        return {
            "chat_id": entry.provider_id,
            "chat_status": "completed" if is_over else "ongoing",
            "conversation_history": turns,
            "start_timestamp": entry.time,
            "transcript": "\n".join(
                f"{'User' if turn['agent_id'] == _CUSTOMER else 'Agent'}: {turn['message']}"
                for turn in turns
            ),
            **(numbers if self._carry_number else {}),
        }


def _turns(entry: Entry, acts: Sequence[Act]) -> Iterator[dict[str, Any]]:
    """Go through what was said; a reaction is no message, and delivery is not told of."""
    if entry.message_sent:
        said = str(entry.request.get("initial_message") or "")
        yield _turn(1, entry.agent, "greeting_state", said, entry.time)
    written = (act for act in acts if act.does in WRITTEN)
    for number, act in enumerate(written, 2):
        yield _turn(number, _CUSTOMER, "conversation_state", act.text, iso(act.at))


def _turn(number: int, who: str | None, state: str, said: str | None, when: str) -> dict[str, Any]:
    return {
        "agent_id": who,
        "current_state": state,
        "message": said,
        "timestamp": when,
        "turn_number": number,
    }
