"""Look-ups show what people did, in the form that each vendor documents."""

from __future__ import annotations

from datetime import datetime, timedelta

import httpx

from tests.sandbox.asking import ask
from tests.sandbox.samples import AGENT, SENDBIRD, SENDER, SYNTHFLOW, TO, WHIPPY
from tests.sandbox.seen import DAY, ENDS, acts, checked


def exported(sandbox):
    """Request an export, wait until it is done, and return its rows."""
    today = sandbox.clock.now().date()
    body = {
        "type": "conversation",
        "ai_agent_id": AGENT,
        "from": (today - 2 * DAY).isoformat(),
        "to": (today + DAY).isoformat(),
        "timezone": "UTC",
        "export_format": "json",
    }
    path = "/v3/ai_agent/data_exports"
    export = checked("sendbird", ask(sandbox, "sendbird", f"{path}/", body))
    while export["export_status"] not in ("done", "no_data"):
        export = checked("sendbird", ask(sandbox, "sendbird", f"{path}/{export['export_id']}"))
    if export["export_file"] is None:
        return []
    return httpx.get(export["export_file"]["url"], trust_env=False).json()


def ms(when):
    return round(when.timestamp() * 1000)


def test_an_export_shows_first_silence_then_the_answer_then_the_end(sandbox_with):
    sandbox = sandbox_with(people=ENDS)
    SENDBIRD.post(sandbox)
    (row,) = exported(sandbox)
    assert (row["responded"], row["total_user_messages"], row["close_ts"]) == (False, 0, None)

    sandbox.clock.advance(timedelta(seconds=61))
    (row,) = exported(sandbox)
    assert (row["responded"], row["total_user_messages"], row["close_ts"]) == (True, 1, None)
    assert [(m["message_from"], m["message"]) for m in row["messages"]] == [
        ("ai", "Hello Ana"),
        ("user", "Yes"),
    ]
    assert row["messages"][1]["create_ts"] == ms(acts(sandbox)["replied"])

    sandbox.clock.advance(DAY)
    (row,) = exported(sandbox)
    assert row["close_ts"] == ms(acts(sandbox)["closed"])
    assert (row["resolution_resolved"], row["resolution_resolved_by"]) == (True, "user")
    assert row["resolution_resolved_time"] == 540
    assert len({message["id"] for message in row["messages"]}) == 3


def test_a_conversation_that_nobody_answered_is_closed_and_not_resolved(sandbox_with):
    sandbox = sandbox_with(people={"closed": {"unanswered": "10m"}})
    started = SENDBIRD.post(sandbox).json()
    sandbox.clock.advance(timedelta(minutes=11))
    (row,) = exported(sandbox)
    assert row["close_ts"] == started["auto_close_at"] == row["start_ts"] + 600_000
    assert (row["resolution_resolved"], row["resolution_resolved_time"]) == (None, None)


def test_the_answer_to_a_request_and_the_export_name_the_same_moment(sandbox):
    started = [SENDBIRD.post(sandbox).json()["started_at"] for _ in range(20)]
    assert [row["start_ts"] for row in exported(sandbox)] == started


def test_a_reaction_is_a_response_in_an_export(sandbox_with):
    sandbox = sandbox_with(people={"script": {TO: [{"after": 1, "does": "reacted", "text": "👍"}]}})
    SENDBIRD.post(sandbox)
    sandbox.clock.advance(DAY)
    (row,) = exported(sandbox)
    assert row["responded"]
    assert row["messages"][1]["message"] == "👍"


def test_a_chat_gains_the_users_turns_and_is_completed_at_the_end(sandbox_with):
    sandbox = sandbox_with(people=ENDS)
    chat_id = SYNTHFLOW.post(sandbox).json()["response"]["conversation_id"]

    def chat():
        return checked("synthflow", ask(sandbox, "synthflow", f"/v2/chat/{chat_id}"))["response"]

    assert (chat()["chat_status"], len(chat()["conversation_history"])) == ("ongoing", 1)
    sandbox.clock.advance(timedelta(seconds=100))
    turns = chat()["conversation_history"]
    assert [(turn["agent_id"], turn["message"], turn["turn_number"]) for turn in turns] == [
        (AGENT, "Hello Ana", 1),
        ("user", "Yes", 2),
        ("user", "STOP", 3),
    ]
    assert datetime.fromisoformat(turns[1]["timestamp"]) == acts(sandbox)["replied"]
    assert chat()["transcript"] == "Agent: Hello Ana\nUser: Yes\nUser: STOP"
    assert chat()["chat_status"] == "ongoing"
    sandbox.clock.advance(DAY)
    assert chat()["chat_status"] == "completed"
    assert checked("synthflow", ask(sandbox, "synthflow", "/v2/chat"))["response"]["chats"] == [
        chat()
    ]


def whippy_messages(sandbox):
    (conversation,) = whippy_conversations(sandbox)
    path = f"/v1/conversations/{conversation['id']}/messages"
    return checked("whippy", ask(sandbox, "whippy", path))["data"]


def whippy_conversations(sandbox, **query):
    return checked("whippy", ask(sandbox, "whippy", "/v1/conversations", **query))["data"]


def test_a_message_at_whippys_is_delivered_and_answered_in_its_conversation(sandbox_with):
    sandbox = sandbox_with(people=ENDS)
    WHIPPY.post(sandbox)
    assert [m["delivery_status"] for m in whippy_messages(sandbox)] == ["sent"]
    sandbox.clock.advance(timedelta(seconds=61))
    inbound, outbound = whippy_messages(sandbox)
    assert outbound["delivery_status"] == "delivered"
    assert (inbound["direction"], inbound["body"]) == ("INBOUND", "Yes")
    assert (inbound["from"], inbound["to"]) == (TO, SENDER)
    assert datetime.fromisoformat(inbound["created_at"]) == acts(sandbox)["replied"]
    (conversation,) = whippy_conversations(sandbox)
    assert conversation["status"] == "open"
    assert conversation["last_message_date"] == inbound["created_at"]
    sandbox.clock.advance(DAY)
    (conversation,) = whippy_conversations(sandbox)
    assert conversation["status"] == "closed"
    assert datetime.fromisoformat(conversation["updated_at"]) == acts(sandbox)["closed"]


def test_a_conversation_is_open_again_when_the_contact_is_written_to_anew(sandbox_with):
    sandbox = sandbox_with(people=ENDS)
    WHIPPY.post(sandbox)
    sandbox.clock.advance(DAY)
    WHIPPY.post(sandbox)
    (conversation,) = whippy_conversations(sandbox)
    assert conversation["status"] == "open"
    assert [m["direction"] for m in whippy_messages(sandbox)] == [
        "OUTBOUND",
        "INBOUND",
        "INBOUND",
        "OUTBOUND",
    ]


def test_conversations_at_whippys_are_listed_in_pages_and_by_status(sandbox_with):
    sandbox = sandbox_with(people=ENDS)
    WHIPPY.post(sandbox)
    sandbox.clock.advance(DAY)
    for number in range(3):
        WHIPPY.post(sandbox, WHIPPY.to(f"+1555000000{number}"))
    assert [row["status"] for row in whippy_conversations(sandbox)] == [*["open"] * 3, "closed"]
    assert len(whippy_conversations(sandbox, limit=3, offset=2)) == 2
    assert [
        row["contact"]["phone"] for row in whippy_conversations(sandbox, **{"status[]": "closed"})
    ] == [TO]
    assert whippy_conversations(sandbox, **{"type[]": "email"}) == []


def test_a_message_at_whippys_that_does_not_arrive_has_failed(sandbox_with):
    sandbox = sandbox_with(people={"undelivered": 1})
    WHIPPY.post(sandbox)
    sandbox.clock.advance(DAY)
    assert [m["delivery_status"] for m in whippy_messages(sandbox)] == ["failed"]


def test_a_scheduled_session_shows_after_its_time_unless_it_failed_to_begin(sandbox_with):
    for share, found in ((0, 1), (1, 0)):
        sandbox = sandbox_with(people={"failed_to_begin": share})
        later = (sandbox.clock.now() + DAY).isoformat()
        assert WHIPPY.post(sandbox, {**WHIPPY.body, "schedule_at": later}).status_code == 202
        assert whippy_conversations(sandbox) == []
        sandbox.clock.advance(2 * DAY)
        assert len(whippy_conversations(sandbox)) == found
