"""The rows of a conversation export at Sendbird's, as its page lists their members.

Assumed: a reaction is a message of the user, as it counts as a response ("Proactive chat");
``responded`` is a member here as it is of the conversation that the API returns; whoever answered
confirms at the end that it was resolved.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from campaign.sandbox.clock import milliseconds
from campaign.sandbox.journal import Entry
from campaign.sandbox.lookups.export_request import ExportRequest
from campaign.sandbox.lookups.lookup import View
from campaign.sandbox.people.people import RESPONSES, Act
from campaign.sandbox.vendors.sendbird import Sendbird, channel_url, user_id


def conversations(view: View, request: ExportRequest) -> list[dict[str, Any]]:
    """Return a row for each conversation of the agent that began on the days asked for."""
    rows = []
    for entry in view.of(Sendbird.name):
        began = datetime.fromisoformat(entry.time)
        day = began.astimezone(request.timezone).date()
        if entry.agent == request.ai_agent_id and request.first <= day <= request.last:
            rows.append(_row(entry, began, view.acts(entry)))
    return rows


def _row(entry: Entry, began: datetime, acts: Sequence[Act]) -> dict[str, Any]:
    """Describe a conversation; its id is a number here."""
    number = entry.provider_id
    said = [act for act in acts if act.does in RESPONSES]
    closed = next((act for act in acts if act.does == "closed"), None)
    is_resolved = closed is not None and bool(said)
    return {
        "id": int(number),
        "channel_url": channel_url(number),
        "start_ts": milliseconds(began),
        "close_ts": None if closed is None else milliseconds(closed.at),
        "responded": bool(said),
        "total_user_message": len(said),
        "total_user_messages": len(said),
        "total_ai_agent_responses": 1,
        "user_sentiment": None,
        "user_sentiment_comment": None,
        "csat_score": None,
        "resolution_resolved": True if is_resolved else None,
        "resolution_resolved_by": "user" if is_resolved else None,
        "resolution_resolved_time": (
            round((closed.at - said[0].at).total_seconds()) if closed is not None and said else None
        ),
        "resolution_unresolved_ai_handle_time": None,
        "human_handoff": False,
        "abandoned": False,
        "revisit": False,
        "ai_agent_scorecard": None,
        "messages": [
            _message(number, 0, began, "ai", entry.request.get("message")),
            *(
                _message(number, place, act.at, "user", act.text)
                for place, act in enumerate(said, 1)
            ),
        ],
        "user_id": user_id(number, entry.channel, entry.to),
        "summary": None,
        "ai_agent_context": {
            "country": None,
            "language": "en-US",
            "context": {"phone_number": entry.to} if entry.channel == "sms" else {},
        },
        "category": None,
        "sub_category": None,
    }


def _message(number: str, place: int, at: datetime, who: str, text: object) -> dict[str, Any]:
    return {
        "id": int(number) * 100 + place,
        "create_ts": milliseconds(at),
        "message_from": who,
        "message": text,
        "ai_hallucination": None,
        "ai_activity_trail_log": None,
        "user_flagged": "",
        "feedback": None,
    }
