"""Each vendor says yes and no as its page prints it."""

from __future__ import annotations

import pytest

from tests.sandbox.samples import AGENT, SENDBIRD, SENDER, SYNTHFLOW, TO, WHIPPY, ZILD

OTHER_AGENT = "11111111-1111-4111-8111-111111111111"


def only_entry(sandbox, vendor):
    (entry,) = sandbox.journal.entries(vendor)
    return entry


def test_an_accepted_request_is_one_entry_in_the_journal(sandbox, sample):
    assert sample.post(sandbox).status_code == sample.accepted
    entry = only_entry(sandbox, sample.vendor)
    assert (entry.number, entry.vendor, entry.to) == (1, sample.vendor, TO)
    assert entry.message_sent
    assert entry.request == sample.body


def test_the_key_is_in_no_entry(sandbox, sample):
    sample.post(sandbox)
    assert "nobody" not in str(only_entry(sandbox, sample.vendor).as_dict())


@pytest.mark.parametrize("headers", [{}, {"Api-Token": ""}, {"Authorization": "Bearer"}])
def test_a_request_without_a_key_is_refused(sandbox, sample, headers):
    assert sample.post(sandbox, headers=headers).status_code == (400 if sample is SENDBIRD else 401)
    assert not sandbox.journal.entries()


def test_a_key_outside_the_configured_set_is_refused(sandbox_with, sample):
    sandbox = sandbox_with(**{sample.vendor: {"keys": ["another"]}})
    assert sample.post(sandbox).status_code == (400 if sample is SENDBIRD else 401)
    assert not sandbox.journal.entries()


def test_a_key_of_the_configured_set_is_let_in(sandbox_with, sample):
    sandbox = sandbox_with(**{sample.vendor: {"keys": ["another", "a-key-nobody-may-see"]}})
    assert sample.post(sandbox).status_code == sample.accepted


def test_each_vendor_refuses_a_key_in_its_own_words(sandbox):
    assert SENDBIRD.post(sandbox, headers={}).json()["code"] == 400401
    assert WHIPPY.post(sandbox, headers={}).json() == {
        "errors": [{"description": "Not authenticated"}],
        "status": 401,
    }
    zild = ZILD.post(sandbox, headers={})
    assert zild.headers["content-type"] == "application/problem+json"
    assert zild.json()["status"] == 401
    assert SYNTHFLOW.post(sandbox, headers={}).headers["content-type"] == "application/json"


def test_whippy_takes_its_key_as_a_bearer_too(sandbox):
    assert WHIPPY.post(sandbox, headers={"Authorization": "Bearer x"}).status_code == 201


def test_an_unknown_agent_is_refused_where_agents_are_configured(sandbox_with, sample):
    own = [12] if sample is ZILD else [AGENT]
    sandbox = sandbox_with(**{sample.vendor: {"agents": own}})
    assert sample.post(sandbox).status_code == sample.accepted
    body = {**sample.body, "botId": 13} if sample is ZILD else sample.body
    body = {**body, "agent_id": OTHER_AGENT} if sample is SYNTHFLOW else body
    refused = sample.post(sandbox, body, path=sample.path.replace(AGENT, OTHER_AGENT))
    assert refused.status_code == (404 if sample in (WHIPPY, SYNTHFLOW) else 400)
    if sample is SENDBIRD:
        assert refused.json()["code"] == 400201
    assert len(sandbox.journal) == 1


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"message": None}, 400105),
        ({"channel_type": None}, 400105),
        ({"phone_number": None}, 400105),
        ({"channel_type": "messenger"}, 400105),
        ({"channel_type": "whatsapp"}, 400111),
        ({"message": 5}, 400100),
        ({"message": " "}, 400111),
        ({"phone_number": ["x"]}, 400100),
        ({"channel_id": 5}, 400100),
        ({"suggested_replies": "Yes"}, 400102),
        ({"suggested_replies": [1]}, 400100),
    ],
)
def test_sendbird_refuses_a_malformed_request_by_its_code(sandbox, change, code):
    body = {k: v for k, v in {**SENDBIRD.body, **change}.items() if v is not None}
    refused = SENDBIRD.post(sandbox, body)
    assert refused.status_code == 400
    assert refused.json()["code"] == code
    assert refused.json()["error"] is True
    assert not sandbox.journal.entries()


def test_sendbird_answers_with_the_conversation(sandbox):
    answer = SENDBIRD.post(sandbox).json()
    entry = only_entry(sandbox, "sendbird")
    assert answer["id"] == entry.provider_id
    assert answer["proactive_message"] == "Hello Ana"
    assert answer["bot_userid"] == entry.agent == AGENT
    assert answer["ai_agent_context"]["context"]["phone_number"] == TO
    assert answer["auto_close_at"] - answer["started_at"] == 300_000
    assert (entry.channel, entry.sender) == ("sms", SENDER)


def test_sendbird_writes_to_a_user_of_the_messenger(sandbox):
    body = {"message": "Hello", "channel_type": "messenger", "user_id": "ana"}
    assert SENDBIRD.post(sandbox, body).json()["user_id"] == "ana"
    assert only_entry(sandbox, "sendbird").to == "ana"


@pytest.mark.parametrize(
    "change",
    [
        {"recipient": None},
        {"recipient": []},
        {"recipient": TO},
        {"recipient": [5]},
        {"botId": "12"},
        {"botId": True},
        {"channelId": 2**31},
        {"liveAgent": "no"},
        {"contentVariables": [1]},
        {"conversationIntegrationType": 19},
        {"contactIds": ["x"]},
    ],
)
def test_zild_refuses_a_malformed_request_and_names_the_member(sandbox, change):
    refused = ZILD.post(sandbox, {**ZILD.body, **change})
    assert refused.status_code == 400
    assert list(refused.json()["errors"]) == list(change)
    assert not sandbox.journal.entries()


def test_zild_journals_each_recipient_of_a_batch(sandbox):
    batch = ["+15550000001", "+15550000002", "+15550000003"]
    answer = ZILD.post(sandbox, {**ZILD.body, "recipient": batch}).json()
    entries = sandbox.journal.entries("zild")
    assert [entry.to for entry in entries] == batch
    assert [str(c["id"]) for c in answer] == [entry.provider_id for entry in entries]
    assert [c["conversationId"] for c in answer] == [entry.provider_id for entry in entries]
    messages = [c["messages"][0] for c in answer]
    assert [m["to"] for m in messages] == batch
    assert [m["messageSid"] for m in messages] == [entry.message_id for entry in entries]
    assert {m["errorCode"] for m in messages} == {None}


def test_zild_without_a_template_opens_a_conversation_but_sends_nothing(sandbox):
    body = {k: v for k, v in ZILD.body.items() if k != "conversationTemplateId"}
    assert ZILD.post(sandbox, body).status_code == 200
    assert not only_entry(sandbox, "zild").message_sent


def test_zild_can_answer_with_created(sandbox_with):
    sandbox = sandbox_with(zild={"created_status": 201})
    assert ZILD.post(sandbox).status_code == 201


@pytest.mark.parametrize(
    "change",
    [
        {"from": None},
        {"to": None},
        {"type": None},
        {"to": 5},
        {"from": ""},
        {"type": "sms"},
        {"send_initial_message": "yes"},
        {"schedule_at": "tomorrow"},
        {"schedule_at": "2999-04-25"},
        {"schedule_at": 5},
        {"schedule_at": "2020-04-25T10:00:00Z"},
    ],
)
def test_whippy_refuses_a_malformed_request_and_names_the_field(sandbox, change):
    body = {k: v for k, v in {**WHIPPY.body, **change}.items() if v is not None}
    refused = WHIPPY.post(sandbox, body)
    assert refused.status_code == 422
    assert refused.json()["status"] == 422
    assert next(iter(change)) in refused.json()["errors"][0]["description"]
    assert not sandbox.journal.entries()


def test_whippy_refuses_an_agent_that_is_no_uuid(sandbox):
    assert WHIPPY.post(sandbox, path="/v1/agents/ana/chat").status_code == 422


def test_whippy_starts_at_once_with_created(sandbox):
    response = WHIPPY.post(sandbox)
    assert response.status_code == 201
    entry = only_entry(sandbox, "whippy")
    assert response.json()["data"]["id"] == entry.provider_id
    assert entry.scheduled_at is None
    assert (entry.channel, entry.sender, entry.agent) == ("phone", SENDER, AGENT)


def test_whippy_schedules_with_accepted(sandbox):
    later = "2999-04-25T10:00:00Z"
    response = WHIPPY.post(sandbox, {**WHIPPY.body, "schedule_at": later})
    assert response.status_code == 202
    entry = only_entry(sandbox, "whippy")
    assert response.json() == {"data": {"id": entry.provider_id}}
    assert entry.scheduled_at == later


@pytest.mark.parametrize("said", [{"send_initial_message": False}, {}])
def test_whippy_without_an_initial_message_is_a_session_in_which_nobody_wrote(sandbox, said):
    body = {k: v for k, v in WHIPPY.body.items() if k != "send_initial_message"} | said
    assert WHIPPY.post(sandbox, body).status_code == 201
    assert not only_entry(sandbox, "whippy").message_sent


def test_the_names_that_whippys_page_leaves_out_can_be_set(sandbox_with):
    names = {"sender": "channel", "to": "contact", "type": "kind", "send_initial_message": "speak"}
    sandbox = sandbox_with(whippy={"fields": names, "types": ["sms"]})
    body = {"channel": SENDER, "contact": TO, "kind": "sms", "speak": True}
    assert WHIPPY.post(sandbox, body).status_code == 201
    entry = only_entry(sandbox, "whippy")
    assert (entry.to, entry.sender, entry.message_sent) == (TO, SENDER, True)
    assert WHIPPY.post(sandbox).status_code == 422


@pytest.mark.parametrize(
    "change",
    [
        {"agent_id": None},
        {"agent_id": "ana"},
        {"channel": "email"},
        {"channel": ["sms"]},
        {"to_number": "5559876543"},
        {"from_number": None},
        {"initial_message": 5},
        {"template": "HX1"},
        {"template": {}},
        {"template": {"content_sid": "HX1", "variables": ["Ana"]}},
        {"custom_variables": ["Ana"]},
    ],
)
def test_synthflow_refuses_a_malformed_request_without_a_reason(sandbox, change):
    body = {k: v for k, v in {**SYNTHFLOW.body, **change}.items() if v is not None}
    refused = SYNTHFLOW.post(sandbox, body)
    assert (refused.status_code, refused.json()) == (400, {})
    assert not sandbox.journal.entries()


def test_synthflow_answers_with_the_conversations_id(sandbox):
    answer = SYNTHFLOW.post(sandbox).json()
    entry = only_entry(sandbox, "synthflow")
    assert answer == {"status": "ok", "response": {"conversation_id": entry.provider_id}}
    assert (entry.channel, entry.sender, entry.agent) == ("sms", SENDER, AGENT)


def test_synthflow_with_neither_message_nor_template_sends_nothing(sandbox):
    body = {k: v for k, v in SYNTHFLOW.body.items() if k != "initial_message"}
    SYNTHFLOW.post(sandbox, body)
    SYNTHFLOW.post(sandbox, {**body, "template": {"content_sid": "HX1"}})
    assert [e.message_sent for e in sandbox.journal.entries()] == [False, True]


def test_a_body_that_is_no_json_object_is_refused(sandbox, sample):
    assert sample.post(sandbox, [1]).status_code == 400
    not_json = {**sample.headers, "Content-Type": "text/plain"}
    assert sample.post(sandbox, headers=not_json).status_code == 400
    assert not sandbox.journal.entries()


def test_a_path_that_the_vendor_does_not_have_is_refused_and_counted(sandbox, sample):
    assert sample.post(sandbox, path=sample.path + "/").status_code == 404
    assert sandbox.counts.as_dict()["vendors"][sample.vendor]["endings"] == {"404": 1}
