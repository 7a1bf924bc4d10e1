"""Whippy's conversations hold what was really sent, and nothing that was not."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from campaign.sandbox.config import WhippyConfig
from campaign.sandbox.lookups.lookup import Question, View
from campaign.sandbox.lookups.whippy import WhippyConversations
from tests.contracts.validator import assert_request_fits, assert_response_fits
from tests.sandbox.asking import ask
from tests.sandbox.samples import AGENT, SENDER, TO, WHIPPY

OTHER_SENDER = "+15550009999"


def search(sandbox, query, **more):
    answer = ask(sandbox, "whippy", "/v1/conversations/search", {"query": query, **more})
    assert_request_fits("whippy", answer.request)
    assert_response_fits("whippy", answer.request, answer)
    return answer.json()


def messages(sandbox, conversation, **query):
    path = f"/v1/conversations/{conversation['id']}/messages"
    answer = ask(sandbox, "whippy", path, **query)
    assert_request_fits("whippy", answer.request)
    assert_response_fits("whippy", answer.request, answer)
    return answer.json()


def test_a_message_whose_answer_was_lost_is_found_by_the_contacts_number(sandbox_with):
    sandbox = sandbox_with(faults={"error_after": 1.0})
    assert WHIPPY.post(sandbox).status_code == 500
    (conversation,) = search(sandbox, TO)["data"]
    assert conversation["contact"]["phone"] == TO
    assert (conversation["channel_type"], conversation["status"]) == ("phone", "open")
    listed = messages(sandbox, conversation)
    assert listed["total"] == 1
    (message,) = listed["data"]
    assert (message["from"], message["to"]) == (SENDER, TO)
    assert message["direction"] == "OUTBOUND"
    accepted = datetime.fromisoformat(sandbox.journal.entries()[0].time)
    assert datetime.fromisoformat(message["created_at"]) == accepted


def test_a_message_that_was_never_accepted_is_not_found(sandbox_with):
    sandbox = sandbox_with(faults={"error_before": 1.0})
    assert WHIPPY.post(sandbox).status_code == 500
    assert search(sandbox, TO) == {"data": [], "total": 0}


def test_a_contact_has_one_conversation_with_each_sender(sandbox):
    for sender in (SENDER, OTHER_SENDER, SENDER):
        WHIPPY.post(sandbox, {**WHIPPY.body, "from": sender})
    found = search(sandbox, TO)
    assert found["total"] == 2
    wrote = {
        (message["from"], listed["total"])
        for listed in (messages(sandbox, conversation) for conversation in found["data"])
        for message in listed["data"]
    }
    assert wrote == {(SENDER, 2), (OTHER_SENDER, 1)}


def test_a_session_in_which_nobody_was_written_to_is_a_conversation_without_messages(sandbox):
    WHIPPY.post(sandbox, {**WHIPPY.body, "send_initial_message": False})
    (conversation,) = search(sandbox, TO)["data"]
    assert conversation["last_message_date"] is None
    assert messages(sandbox, conversation) == {"data": [], "total": 0}


def test_a_scheduled_message_shows_when_its_time_has_come_and_not_before(sandbox):
    WHIPPY.post(sandbox, {**WHIPPY.body, "schedule_at": "2999-04-25T10:00:00+02:00"})
    assert search(sandbox, TO)["total"] == 0
    lookups = WhippyConversations(WhippyConfig())

    def total(now):
        view = View(sandbox.journal, sandbox.people, now)
        question = Question({}, {}, {"query": TO}, {}, "", now, view)
        return lookups.search(question).body.count(b'"contact_id"')

    assert total(datetime(2999, 4, 25, 7, 59, tzinfo=UTC)) == 0
    assert total(datetime(2999, 4, 25, 8, 0, tzinfo=UTC)) == 1


def test_a_search_is_for_a_part_of_the_address(sandbox):
    for to in ("+15550000001", "+15550000012", "Ana@example.com"):
        WHIPPY.post(sandbox, {**WHIPPY.body, "to": to})

    def contacts(query):
        return {
            conversation["contact"]["phone"] or conversation["contact"]["email"]
            for conversation in search(sandbox, query)["data"]
        }

    assert contacts("+15550000001") == {"+15550000001"}
    assert contacts("1555000000") == {"+15550000001"}
    assert contacts("15550000") == {"+15550000001", "+15550000012"}
    assert contacts("aNA@") == {"Ana@example.com"}
    assert len(contacts("")) == 3
    assert contacts("nobody") == set()


def test_pages_together_hold_everything_once_and_the_newest_first(sandbox):
    for number in range(7):
        WHIPPY.post(sandbox, {**WHIPPY.body, "to": f"+1555000000{number}"})
    pages = [search(sandbox, "+1555", limit=3, offset=offset) for offset in (0, 3, 6, 9)]
    assert [len(page["data"]) for page in pages] == [3, 3, 1, 0]
    assert {page["total"] for page in pages} == {7}
    phones = [row["contact"]["phone"] for page in pages for row in page["data"]]
    assert len(set(phones)) == 7
    dates = [row["last_message_date"] for page in pages for row in page["data"]]
    assert dates == sorted(dates, reverse=True)


def test_a_page_holds_fifty_unless_it_is_asked_for_more(sandbox):
    for _ in range(51):
        WHIPPY.post(sandbox)
    (conversation,) = search(sandbox, TO)["data"]
    assert len(messages(sandbox, conversation)["data"]) == 50
    assert len(messages(sandbox, conversation, limit=500)["data"]) == 51
    assert len(messages(sandbox, conversation, limit=2, offset=50)["data"]) == 1


def test_a_conversation_can_be_asked_for_without_a_search(sandbox):
    WHIPPY.post(sandbox)
    (conversation,) = search(sandbox, TO)["data"]
    answer = ask(sandbox, "whippy", f"/v1/conversations/{conversation['id']}")
    assert_response_fits("whippy", answer.request, answer)
    assert answer.json() == {"data": conversation}


@pytest.mark.parametrize("more", ["", "/messages"])
def test_an_unknown_conversation_is_not_found(sandbox, more):
    answer = ask(sandbox, "whippy", f"/v1/conversations/{AGENT}{more}")
    assert answer.status_code == 404
    assert_response_fits("whippy", answer.request, answer)


def test_a_conversation_is_gone_with_the_journal(sandbox):
    WHIPPY.post(sandbox)
    (conversation,) = search(sandbox, TO)["data"]
    assert ask(sandbox, "whippy", f"/v1/conversations/{conversation['id']}").status_code == 200
    sandbox.journal.clear()
    assert ask(sandbox, "whippy", f"/v1/conversations/{conversation['id']}").status_code == 404


def test_contacts_are_found_by_phone_or_email(sandbox):
    for to in (TO, TO, "ana@example.com"):
        WHIPPY.post(sandbox, {**WHIPPY.body, "to": to})
    WHIPPY.post(sandbox, {**WHIPPY.body, "from": OTHER_SENDER})
    answer = ask(sandbox, "whippy", "/v1/contacts/search", {"phone": TO})
    assert_request_fits("whippy", answer.request)
    assert_response_fits("whippy", answer.request, answer)
    assert [contact["phone"] for contact in answer.json()["data"]] == [TO]
    answer = ask(sandbox, "whippy", "/v1/contacts/search", {"email": "ana@example.com"})
    assert [contact["email"] for contact in answer.json()["data"]] == ["ana@example.com"]


def test_a_conversation_may_show_its_contacts_id_alone(sandbox_with):
    sandbox = sandbox_with(whippy={"conversations_carry_contact": False})
    WHIPPY.post(sandbox)
    (conversation,) = search(sandbox, TO)["data"]
    assert "contact" not in conversation
    assert conversation["contact_id"]


@pytest.mark.parametrize(
    "body",
    [
        {"query": 5},
        {"limit": 501},
        {"limit": 0},
        {"limit": True},
        {"limit": "many"},
        {"offset": -1},
    ],
)
def test_a_malformed_search_is_refused_and_names_the_member(sandbox, body):
    refused = ask(sandbox, "whippy", "/v1/conversations/search", body)
    assert refused.status_code == 422
    assert next(iter(body)) in refused.json()["errors"][0]["description"]


def test_a_search_that_is_no_json_object_is_refused(sandbox):
    assert ask(sandbox, "whippy", "/v1/conversations/search", [1]).status_code == 400
