"""Synthflow's chats: what was started, and no phone number unless that is configured."""

from __future__ import annotations

import pytest

from tests.contracts.validator import assert_request_fits, assert_response_fits
from tests.sandbox.asking import ask
from tests.sandbox.samples import AGENT, SENDER, SYNTHFLOW, TO

OTHER_AGENT = "11111111-1111-4111-8111-111111111111"


def chats(sandbox, **query):
    answer = ask(sandbox, "synthflow", "/v2/chat", **query)
    assert_request_fits("synthflow", answer.request)
    assert_response_fits("synthflow", answer.request, answer)
    return answer.json()["response"]


def test_a_chat_shows_what_was_said_and_to_nobody_in_particular(sandbox):
    conversation = SYNTHFLOW.post(sandbox).json()["response"]["conversation_id"]
    answer = ask(sandbox, "synthflow", f"/v2/chat/{conversation}")
    assert_request_fits("synthflow", answer.request)
    assert_response_fits("synthflow", answer.request, answer)
    chat = answer.json()["response"]
    assert chat["chat_id"] == conversation
    assert chat["chat_status"] == "ongoing"
    assert [turn["message"] for turn in chat["conversation_history"]] == ["Hello Ana"]
    assert chats(sandbox)["chats"] == [chat]
    assert TO not in answer.text
    assert SENDER not in answer.text


def test_a_chat_may_carry_its_numbers(sandbox_with):
    sandbox = sandbox_with(synthflow={"chats_carry_number": True})
    SYNTHFLOW.post(sandbox)
    (chat,) = chats(sandbox)["chats"]
    assert (chat["to_number"], chat["from_number"]) == (TO, SENDER)


def test_a_chat_in_which_nobody_was_written_to_has_no_history(sandbox):
    body = {k: v for k, v in SYNTHFLOW.body.items() if k != "initial_message"}
    SYNTHFLOW.post(sandbox, body)
    (chat,) = chats(sandbox)["chats"]
    assert chat["conversation_history"] == []


def test_the_cursor_leads_through_everything_once_from_the_newest_on(sandbox):
    started = [SYNTHFLOW.post(sandbox).json()["response"]["conversation_id"] for _ in range(23)]
    page = chats(sandbox)
    seen = [[chat["chat_id"] for chat in page["chats"]]]
    while page["next_cursor"] is not None:
        page = chats(sandbox, cursor=page["next_cursor"])
        seen.append([chat["chat_id"] for chat in page["chats"]])
    assert [len(ids) for ids in seen] == [10, 10, 3]
    assert [chat_id for ids in seen for chat_id in ids] == started[::-1]


def test_a_last_page_that_is_full_has_no_cursor(sandbox):
    for _ in range(4):
        SYNTHFLOW.post(sandbox)
    page = chats(sandbox, limit=2)
    assert page["next_cursor"] == page["cursor"] is not None
    assert chats(sandbox, limit=2, cursor=page["cursor"])["next_cursor"] is None


def test_chats_can_be_listed_for_one_agent(sandbox):
    SYNTHFLOW.post(sandbox)
    other = SYNTHFLOW.post(sandbox, {**SYNTHFLOW.body, "agent_id": OTHER_AGENT}).json()
    listed = chats(sandbox, agent_id=OTHER_AGENT)["chats"]
    assert [chat["chat_id"] for chat in listed] == [other["response"]["conversation_id"]]
    assert len(chats(sandbox, agent_id=AGENT)["chats"]) == 1


@pytest.mark.parametrize("chat_id", [AGENT, "ana"])
def test_an_unknown_chat_is_refused_without_a_reason(sandbox, chat_id):
    refused = ask(sandbox, "synthflow", f"/v2/chat/{chat_id}")
    assert (refused.status_code, refused.json()) == (400, {})


@pytest.mark.parametrize("query", [{"limit": 0}, {"limit": "ten"}, {"cursor": "next"}])
def test_a_malformed_list_is_refused_without_a_reason(sandbox, query):
    refused = ask(sandbox, "synthflow", "/v2/chat", **query)
    assert (refused.status_code, refused.json()) == (400, {})
