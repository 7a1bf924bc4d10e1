"""The rows of a conversation export at Sendbird's, as its page lists their members."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from campaign.sandbox.journal import Entry
from campaign.sandbox.lookups.export_request import ExportRequest
from campaign.sandbox.lookups.lookup import View
from campaign.sandbox.vendors.sendbird import AUTO_CLOSE_SECONDS, Sendbird, channel_url, user_id


def conversations(view: View, request: ExportRequest, now: datetime) -> list[dict[str, Any]]:
    """Return a row for each conversation of the agent that began on the days asked for."""
    rows = []
    for entry in view.of(Sendbird.name):
        began = datetime.fromisoformat(entry.time)
        day = began.astimezone(request.timezone).date()
        if entry.agent == request.ai_agent_id and request.first <= day <= request.last:
            rows.append(_row(entry, began, now))
    return rows


def _row(entry: Entry, began: datetime, now: datetime) -> dict[str, Any]:
    """Describe a conversation in which nobody has answered; its id is a number here."""
    number = entry.provider_id
    closes = began + timedelta(seconds=AUTO_CLOSE_SECONDS)
    started = int(began.timestamp() * 1000)
    return {
        "id": int(number),
        "channel_url": channel_url(number),
        "start_ts": started,
        "close_ts": int(closes.timestamp() * 1000) if closes <= now else None,
        "total_user_message": 0,
        "total_user_messages": 0,
        "total_ai_agent_responses": 1,
        "user_sentiment": None,
        "user_sentiment_comment": None,
        "csat_score": None,
        "resolution_resolved": None,
        "resolution_resolved_by": None,
        "resolution_resolved_time": None,
        "resolution_unresolved_ai_handle_time": None,
        "human_handoff": False,
        "abandoned": False,
        "revisit": False,
        "ai_agent_scorecard": None,
        "messages": [
            {
                "id": int(number),
                "create_ts": started,
                "message_from": "ai",
                "message": entry.request.get("message"),
                "ai_hallucination": None,
                "ai_activity_trail_log": None,
                "user_flagged": "",
                "feedback": None,
            }
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
