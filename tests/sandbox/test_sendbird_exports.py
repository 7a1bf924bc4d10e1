"""A data export at Sendbird's: requested, waited for, downloaded."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from tests.contracts.validator import assert_request_fits, assert_response_fits
from tests.sandbox.asking import ask
from tests.sandbox.samples import AGENT, SENDBIRD, TO

PATH = "/v3/ai_agent/data_exports"


def day(back=0):
    return (datetime.now(UTC) - timedelta(days=back)).date().isoformat()


def body(**changed):
    # A day more on both sides: it may be midnight while a test runs.
    asked = {
        "type": "conversation",
        "ai_agent_id": AGENT,
        "from": day(back=1),
        "to": day(back=-1),
        "timezone": "UTC",
        "export_format": "json",
    }
    return {name: value for name, value in (asked | changed).items() if value is not None}


def checked(answer):
    assert_request_fits("sendbird", answer.request)
    assert_response_fits("sendbird", answer.request, answer)
    assert answer.status_code == 200
    return answer.json()


def request(sandbox, **changed):
    return checked(ask(sandbox, "sendbird", f"{PATH}/", body(**changed)))


def poll(sandbox, export):
    return checked(ask(sandbox, "sendbird", f"{PATH}/{export['export_id']}"))


def finished(sandbox, **changed):
    export = request(sandbox, **changed)
    while export["export_status"] in ("scheduled", "exporting"):
        export = poll(sandbox, export)
    return export


def download(url):
    with httpx.Client(trust_env=False) as client:
        return client.get(url)


def rows(sandbox, **changed):
    return download(finished(sandbox, **changed)["export_file"]["url"]).json()


def test_a_conversation_whose_answer_was_lost_is_in_the_file(sandbox_with):
    sandbox = sandbox_with(faults={"error_after": 1.0})
    assert SENDBIRD.post(sandbox).status_code == 500
    (row,) = rows(sandbox)
    (entry,) = sandbox.journal.entries()
    assert row["id"] == int(entry.provider_id)
    assert row["ai_agent_context"]["context"] == {"phone_number": TO}
    accepted = datetime.fromisoformat(entry.time)
    assert row["start_ts"] == int(accepted.timestamp() * 1000)
    assert row["total_user_messages"] == 0


def test_the_file_names_channel_and_user_as_the_answer_did(sandbox):
    started = SENDBIRD.post(sandbox).json()
    (row,) = rows(sandbox)
    assert str(row["id"]) == started["id"]
    assert row["channel_url"] == started["channel_url"]
    assert row["user_id"] == started["user_id"]


def test_a_user_of_the_messenger_has_no_phone_number(sandbox):
    SENDBIRD.post(sandbox, {"message": "Hi", "channel_type": "messenger", "user_id": "ana"})
    (row,) = rows(sandbox)
    assert row["user_id"] == "ana"
    assert row["ai_agent_context"]["context"] == {}


def test_nothing_that_was_refused_is_exported(sandbox_with):
    sandbox = sandbox_with(faults={"error_before": 1.0})
    SENDBIRD.post(sandbox)
    export = finished(sandbox)
    assert export["export_status"] == "no_data"
    assert export["export_file"] is None


@pytest.mark.parametrize(
    ("polls", "statuses"),
    [
        (0, ["done"]),
        (1, ["exporting", "done"]),
        (3, ["scheduled", "exporting", "exporting", "done"]),
    ],
)
def test_an_export_is_scheduled_then_under_way_then_done(sandbox_with, polls, statuses):
    sandbox = sandbox_with(sendbird={"export_polls": polls})
    SENDBIRD.post(sandbox)
    export = request(sandbox)
    assert export["export_status"] == "scheduled"
    assert export["export_started_at"] is export["export_ended_at"] is None
    seen = []
    for _ in statuses:
        shown = poll(sandbox, export)
        seen.append(shown["export_status"])
        assert (shown["export_file"] is not None) == (shown["export_status"] == "done")
    assert seen == statuses


def test_an_export_can_be_asked_for_in_the_query_too(sandbox):
    SENDBIRD.post(sandbox)
    export = finished(sandbox)
    asked = checked(ask(sandbox, "sendbird", PATH, export_id=export["export_id"]))
    assert asked == poll(sandbox, export)
    assert asked["export_id"] == export["export_id"]


def test_the_file_needs_its_whole_url_and_no_key(sandbox):
    SENDBIRD.post(sandbox)
    url = finished(sandbox)["export_file"]["url"]
    assert url.startswith(f"{sandbox.url}/sendbird/")
    assert download(url).status_code == 200
    assert download(url.partition("?")[0]).status_code == 403
    assert download(url + "x").status_code == 403


def test_the_file_may_be_a_zip_with_the_json_in_it(sandbox_with):
    sandbox = sandbox_with(sendbird={"export_file": "zip"})
    SENDBIRD.post(sandbox)
    file = download(finished(sandbox)["export_file"]["url"]).content
    with zipfile.ZipFile(io.BytesIO(file)) as archive:
        (name,) = archive.namelist()
        assert [row["ai_agent_context"]["context"] for row in json.loads(archive.read(name))] == [
            {"phone_number": TO}
        ]


def test_only_the_agents_own_conversations_of_those_days_are_exported(sandbox):
    SENDBIRD.post(sandbox)
    SENDBIRD.post(sandbox, path=SENDBIRD.path.replace(AGENT, "another"))
    assert len(rows(sandbox)) == 1
    assert len(rows(sandbox, ai_agent_id="another")) == 1
    assert finished(sandbox, ai_agent_id="nobody")["export_status"] == "no_data"
    past = {"from": day(back=5), "to": day(back=3)}
    assert finished(sandbox, **past)["export_status"] == "no_data"


def test_a_conversation_that_is_too_fresh_to_be_seen_is_not_exported(sandbox_with):
    sandbox = sandbox_with(faults={"lookup_delay": 3600})
    SENDBIRD.post(sandbox)
    assert finished(sandbox)["export_status"] == "no_data"


def test_exports_are_listed_with_the_newest_first_and_in_pages(sandbox):
    ids = [request(sandbox)["export_id"] for _ in range(5)]
    listed = checked(ask(sandbox, "sendbird", PATH, limit=2))
    seen = [export["export_id"] for export in listed["items"]]
    assert listed["prev"] is None
    while listed["next"] is not None:
        listed = checked(ask(sandbox, "sendbird", PATH, limit=2, token=listed["next"]))
        seen += [export["export_id"] for export in listed["items"]]
    assert seen == ids[::-1]
    assert listed["prev"] is not None


def test_exports_can_be_listed_by_agent_status_and_time(sandbox):
    SENDBIRD.post(sandbox)
    done = finished(sandbox)
    finished(sandbox, ai_agent_id="another")

    def ids(**query):
        items = checked(ask(sandbox, "sendbird", PATH, **query))["items"]
        return [export["export_id"] for export in items]

    assert ids(export_status="done") == [done["export_id"]]
    assert ids(ai_agent_id=AGENT) == [done["export_id"]]
    assert ids(type="daily_analysis") == []
    assert ids(export_to_ts=done["created_at"] * 1000 - 1) == []
    assert len(ids(export_from_ts=done["created_at"] * 1000)) == 2


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"type": None}, 400105),
        ({"timezone": None}, 400105),
        ({"type": "daily_analysis"}, 400111),
        ({"ai_agent_id": 5}, 400100),
        ({"from": "yesterday"}, 400111),
        ({"from": day().replace("-", "")}, 400111),
        ({"from": day(back=9)}, 400111),
        ({"to": day(back=2)}, 400111),
        ({"timezone": "Mars/Base"}, 400111),
        ({"export_format": "csv"}, 400111),
    ],
)
def test_a_malformed_request_is_refused_by_its_code(sandbox, change, code):
    refused = ask(sandbox, "sendbird", f"{PATH}/", body(**change))
    assert (refused.status_code, refused.json()["code"]) == (400, code)
    assert checked(ask(sandbox, "sendbird", PATH))["items"] == []


def test_a_request_that_is_no_json_object_is_refused(sandbox):
    assert ask(sandbox, "sendbird", f"{PATH}/", [1]).json()["code"] == 400403


def test_an_unknown_export_or_agent_is_not_found(sandbox_with):
    sandbox = sandbox_with(sendbird={"agents": ["another"]})
    assert ask(sandbox, "sendbird", f"{PATH}/", body()).json()["code"] == 400201
    assert ask(sandbox, "sendbird", f"{PATH}/1ed107739a77414").json()["code"] == 400201


@pytest.mark.parametrize("query", [{"limit": 0}, {"limit": 101}, {"token": "x"}])
def test_a_malformed_list_is_refused(sandbox, query):
    assert ask(sandbox, "sendbird", PATH, **query).json()["code"] == 400111
