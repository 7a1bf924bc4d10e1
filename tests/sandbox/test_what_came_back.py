"""Look-ups show what people did, in the form that each vendor documents."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import httpx
import pytest

from tests.contracts.validator import assert_request_fits, assert_response_fits
from tests.sandbox.asking import MESSAGES, ask
from tests.sandbox.samples import AGENT, SENDBIRD, SENDER, SYNTHFLOW, TO, WHIPPY, ZILD

DAY = timedelta(days=1)
ANSWERS = {"script": {TO: [{"after": 60, "does": "replied", "text": "Yes"}]}}
ENDS = {
    "script": {
        TO: [
            {"after": 5, "does": "delivered"},
            {"after": 30, "does": "read"},
            {"after": 60, "does": "replied", "text": "Yes"},
            {"after": 90, "does": "opted_out", "text": "STOP"},
            {"after": 600, "does": "closed"},
        ]
    }
}


def checked(vendor, answer):
    assert_request_fits(vendor, answer.request)
    assert_response_fits(vendor, answer.request, answer)
    assert answer.status_code == 200
    return answer.json()


def acts(sandbox):
    """When each thing happened, by the truth."""
    (one,) = sandbox.people.acts()
    return {act["does"]: datetime.fromisoformat(act["at"]) for act in one["acts"]}


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


def messages(sandbox, **query):
    return checked("twilio", ask(sandbox, "twilio", MESSAGES, **query))["messages"]


@pytest.mark.parametrize("sample", [SYNTHFLOW, ZILD], ids=lambda sample: sample.vendor)
def test_a_message_at_twilios_goes_from_sent_to_delivered_to_read(sandbox_with, sample):
    sandbox = sandbox_with(people=ENDS)
    sample.post(sandbox)
    statuses = []
    for step in (0, 6, 30):
        sandbox.clock.advance(timedelta(seconds=step))
        (message,) = messages(sandbox)
        statuses.append((message["status"], message["error_code"]))
    assert statuses == [("sent", None), ("delivered", None), ("read", None)]
    updated = parsedate_to_datetime(message["date_updated"])
    assert updated == acts(sandbox)["read"].replace(microsecond=0)
    one = checked(
        "twilio", ask(sandbox, "twilio", MESSAGES.replace(".json", f"/{message['sid']}.json"))
    )
    assert one == message


def test_what_people_write_is_in_the_account_from_them_to_us(sandbox_with):
    sandbox = sandbox_with(people=ENDS)
    SYNTHFLOW.post(sandbox, {**SYNTHFLOW.body, "channel": "whatsapp"})
    sandbox.clock.advance(DAY)
    stop, yes, sent = messages(sandbox)
    assert [m["direction"] for m in (stop, yes, sent)] == ["inbound", "inbound", "outbound-api"]
    assert (yes["from"], yes["to"]) == (f"whatsapp:{TO}", f"whatsapp:{SENDER}")
    assert (yes["body"], yes["status"], stop["body"]) == ("Yes", "received", "STOP")
    assert parsedate_to_datetime(yes["date_sent"]) == acts(sandbox)["replied"].replace(
        microsecond=0
    )
    assert messages(sandbox, From=f"whatsapp:{TO}") == [stop, yes]
    assert messages(sandbox, To=f"whatsapp:{SENDER}") == [stop, yes]
    assert messages(sandbox, To=f"whatsapp:{TO}") == [sent]
    one = checked(
        "twilio", ask(sandbox, "twilio", MESSAGES.replace(".json", f"/{yes['sid']}.json"))
    )
    assert one == yes


def test_pages_hold_both_directions_once_the_newest_first_whatever_happens_meanwhile(sandbox_with):
    sandbox = sandbox_with(people={"delivered": 1, "replied": {"after": [30, 3600]}})
    for number in range(7):
        SYNTHFLOW.post(sandbox, SYNTHFLOW.to(f"+1555000000{number}"))
        ZILD.post(sandbox, ZILD.to(f"+1555000000{number}"))
    sandbox.clock.advance(DAY)
    page = checked("twilio", ask(sandbox, "twilio", MESSAGES, PageSize=5))
    seen = page["messages"]
    while page["next_page_uri"] is not None:
        SYNTHFLOW.post(sandbox)
        sandbox.clock.advance(timedelta(hours=2))
        page = checked("twilio", ask(sandbox, "twilio", page["next_page_uri"]))
        seen += page["messages"]
    assert len(seen) == len({message["sid"] for message in seen}) == 28
    dates = [parsedate_to_datetime(message["date_sent"]) for message in seen]
    assert dates == sorted(dates, reverse=True)
    assert sum(message["direction"] == "inbound" for message in seen) == 14


@pytest.mark.parametrize(
    ("code", "status"), [("30005", "undelivered"), ("63024", "failed"), ("63049", "failed")]
)
def test_what_does_not_arrive_has_its_code_at_twilios(sandbox_with, code, status):
    sandbox = sandbox_with(
        people={"script": {TO: [{"after": 1, "does": "undelivered", "code": code}]}}
    )
    SYNTHFLOW.post(sandbox)
    sandbox.clock.advance(DAY)
    (message,) = messages(sandbox)
    assert (message["status"], message["error_code"]) == (status, int(code))


def test_an_unknown_message_is_not_found_and_none_is_after_the_journal_was_emptied(sandbox_with):
    sandbox = sandbox_with(people=ANSWERS)
    SYNTHFLOW.post(sandbox)
    sandbox.clock.advance(DAY)
    sids = [message["sid"] for message in messages(sandbox)]
    assert len(sids) == 2
    sandbox.journal.clear()
    assert messages(sandbox) == []
    for sid in (*sids, "SM" + "0" * 32):
        gone = ask(sandbox, "twilio", MESSAGES.replace(".json", f"/{sid}.json"))
        assert gone.status_code == 404
        assert_response_fits("twilio", gone.request, gone)


def test_what_people_do_shows_as_late_as_everything_else(sandbox_with):
    sandbox = sandbox_with(people=ANSWERS, faults={"lookup_delay": 3600})
    SYNTHFLOW.post(sandbox)
    sandbox.clock.advance(timedelta(seconds=3605))
    assert [m["direction"] for m in messages(sandbox)] == ["outbound-api"]
    sandbox.clock.advance(timedelta(seconds=60))
    assert [m["direction"] for m in messages(sandbox)] == ["inbound", "outbound-api"]


def test_the_days_of_a_list_are_those_of_the_clock(sandbox_with):
    sandbox = sandbox_with(people=ANSWERS)
    SYNTHFLOW.post(sandbox)
    sandbox.clock.advance(2 * DAY)
    SYNTHFLOW.post(sandbox)
    day = datetime.fromisoformat(sandbox.journal.entries()[1].time).astimezone(UTC).date()
    assert len(messages(sandbox, **{"DateSent>": day.isoformat()})) == 1
