from __future__ import annotations

import io
import json
import zipfile
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest

from campaign.channel import Channel
from campaign.providers.heard import Happening, Unheard
from tests.providers.look_ups import Vendor, in_turn
from tests.providers.polls import (
    ABOUT,
    SINCE,
    UNTIL,
    Exchange,
    all_of,
    asked_of,
    milliseconds,
    minutes,
    poll,
    texts,
)
from tests.providers.vendors import KEY, NUMBER, answer

LINK = "https://storage.example/1ed1.json?signature=1"


def _row(**changes: Any) -> dict[str, Any]:
    """A conversation as the export's table of properties has it."""
    row = {
        "id": 81218,
        "channel_url": "proactive_1",
        "start_ts": milliseconds(1),
        "close_ts": milliseconds(40),
        "total_user_messages": 2,
        "user_id": "sms_ephemeral_user_1",
        "ai_agent_context": {"country": None, "context": {"phone_number": NUMBER}},
        "messages": [
            {"create_ts": milliseconds(1), "message_from": "ai", "message": "Hi Ana"},
            {"create_ts": milliseconds(12), "message_from": "user", "message": "yes, please"},
            {"create_ts": milliseconds(13), "message_from": "human", "message": "On it"},
            {"create_ts": milliseconds(20), "message_from": "user", "message": "STOP"},
        ],
    }
    return row | changes


def _vendor(*rows: Any) -> Vendor:
    """Sendbird, which makes an export of these rows on the first day, and has none on others."""

    def vendor(request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            day = json.loads(request.content)["from"]
            state = "done" if day == f"{SINCE:%Y-%m-%d}" else "no_data"
            return answer(
                200, {"export_id": "1ed1", "export_status": state, "export_file": {"url": LINK}}
            )
        return answer(200, list(rows))

    return vendor


def _asked(*rows: Any, channel: Channel = Channel.SMS) -> Exchange:
    return all_of(poll("sendbird"), _vendor(*rows), replace(ABOUT, channel=channel))


def test_every_message_of_a_person_and_the_close_are_heard() -> None:
    exchange = _asked(_row())
    assert exchange.happenings == [
        (Happening.REPLIED, minutes(12)),
        (Happening.REPLIED, minutes(20)),
        (Happening.CLOSED, minutes(40)),
    ]
    assert texts(exchange.heard) == ["yes, please", "STOP"]
    assert {one.ids for one in exchange.heard} == {("81218", "proactive_1")}
    assert {(one.address, one.began) for one in exchange.heard} == {(NUMBER, minutes(1))}


def test_each_day_since_the_run_began_is_exported_by_itself() -> None:
    exchange = _asked()
    asked = [json.loads(one.content) for one in exchange.requests if one.method == "POST"]
    assert [(body["from"], body["to"]) for body in asked] == [
        ("2026-11-20", "2026-11-20"),
        ("2026-11-21", "2026-11-21"),
    ]
    assert {body["timezone"] for body in asked} == {"UTC"}
    assert exchange.cursors == ["2026-11-21"]


def test_a_day_that_was_read_is_not_asked_for_again() -> None:
    exchange = asked_of(poll("sendbird"), _vendor(), ABOUT, "2026-11-21")
    (request,) = exchange.requests
    assert json.loads(request.content)["from"] == "2026-11-21"
    assert exchange.cursors == []


def test_no_more_than_seven_days_are_asked_for() -> None:
    long_ago = replace(ABOUT, since=UNTIL - timedelta(days=30))
    exchange = all_of(poll("sendbird"), _vendor(), long_ago)
    days = [json.loads(one.content)["from"] for one in exchange.requests if one.method == "POST"]
    assert days == [f"2026-11-{day}" for day in range(14, 22)]


def test_the_storage_gets_no_token() -> None:
    exchange = _asked(_row())
    for request in exchange.requests:
        assert request.headers.get("Api-Token") == (
            None if request.url.host == "storage.example" else KEY
        )


def test_an_export_is_waited_for_and_read_from_a_zip_file() -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("conversation.json", json.dumps([_row()]))
    done = {"export_id": "1ed1", "export_status": "done", "export_file": {"url": LINK}}
    vendor = in_turn(
        {"export_id": "1ed1", "export_status": "scheduled"},
        {"export_id": "1ed1", "export_status": "exporting"},
        done,
        answer(200, packed.getvalue()),
    )
    exchange = asked_of(poll("sendbird"), vendor, ABOUT)
    assert len(exchange.heard) == 3
    assert exchange.waited > 0


def test_on_messenger_the_person_is_the_user() -> None:
    heard = _asked(_row(user_id="user-1"), channel=Channel.MESSENGER).heard
    assert {one.address for one in heard} == {"user-1"}


def test_messages_are_found_in_the_scorecard_where_the_sample_has_them() -> None:
    row = _row(ai_agent_scorecard={"messages": _row()["messages"]})
    del row["messages"]
    assert texts(_asked(row).heard) == ["yes, please", "STOP"]


@pytest.mark.parametrize(
    ("changes", "at"),
    [
        # Thirty minutes from the first message to the resolution.
        ({"total_user_messages": 1, "resolution_resolved_time": 1800}, 10),
        ({"total_user_messages": 1, "resolution_unresovled": 5}, 40),
        ({"total_user_messages": 1, "resolution_unresolved_ai_handle_time": 600}, 30),
        ({"total_user_messages": 0, "total_user_message": 8}, 40),
        # A reaction is no message, and counts.
        ({"total_user_messages": 0, "responded": True}, 40),
        # Longer than the conversation lasted: then the close stands for it.
        ({"total_user_messages": 1, "resolution_resolved_time": 99_999}, 40),
    ],
    ids=repr,
)
def test_who_answered_without_a_message_that_is_shown_is_told_too(
    changes: dict[str, Any], at: float
) -> None:
    heard = _asked(_row(messages=None, **changes)).happenings
    assert heard == [(Happening.REPLIED, minutes(at)), (Happening.CLOSED, minutes(40))]


@pytest.mark.parametrize(
    "changes",
    [
        {"messages": [], "total_user_messages": 0, "close_ts": None},
        {"messages": [], "total_user_messages": 3, "close_ts": None},
        {"messages": [{"message_from": "user"}], "total_user_messages": "3", "close_ts": "soon"},
    ],
    ids=repr,
)
def test_a_time_that_nobody_says_is_not_made_up(changes: dict[str, Any]) -> None:
    assert _asked(_row(**changes)).heard == []


def test_nobody_answered_and_it_closed_by_itself() -> None:
    row = _row(messages=_row()["messages"][:1], total_user_messages=0)
    assert _asked(row).happenings == [(Happening.CLOSED, minutes(40))]


@pytest.mark.parametrize(
    "vendor",
    [
        in_turn(answer(400, {"error": True, "code": 400401, "message": f"bad token {KEY}"})),
        in_turn(answer(500, b"no")),
        in_turn({"no": "export"}),
        in_turn({"export_id": "1", "export_status": "failed"}),
        in_turn(
            {"export_id": "1", "export_status": "done", "export_file": {"url": LINK}},
            answer(200, b"[{]"),
        ),
        in_turn(
            {"export_id": "1", "export_status": "done", "export_file": {"url": LINK}}, [_row(), 7]
        ),
    ],
)
def test_what_cannot_be_understood_says_nothing(vendor: Vendor) -> None:
    with pytest.raises(Unheard) as why:
        asked_of(poll("sendbird"), vendor, ABOUT)
    assert "Sendbird" in str(why.value)
    assert KEY not in str(why.value)


@pytest.mark.parametrize("cursor", ["", "yesterday", "2026-13-01"])
def test_a_cursor_that_is_none_is_not_followed(cursor: str) -> None:
    with pytest.raises(Unheard):
        asked_of(poll("sendbird"), _vendor(), ABOUT, cursor)
