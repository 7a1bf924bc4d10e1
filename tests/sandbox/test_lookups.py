"""What all look-ups have in common: who may ask, what goes wrong; and sending notices nothing."""

from __future__ import annotations

import pytest

from campaign.sandbox.journal import Draft, Journal
from tests.contracts.validator import assert_request_fits, assert_response_fits
from tests.sandbox.asking import ACCOUNT, KEYS, QUESTIONS, ask, ask_good, basic
from tests.sandbox.samples import AGENT, ALL, SENDBIRD, SYNTHFLOW, TO, WHIPPY, control

LOOKED_UP = tuple(QUESTIONS)


@pytest.fixture(params=LOOKED_UP)
def vendor(request):
    return request.param


def found(sandbox, vendor):
    """How many messages a look-up finds."""
    if vendor == "whippy":
        return ask_good(sandbox, vendor).json()["total"]
    if vendor == "synthflow":
        return len(ask_good(sandbox, vendor).json()["response"]["chats"])
    return len(ask_good(sandbox, vendor).json()["messages"])


def test_a_look_up_fits_the_contract_in_question_and_answer(sandbox, vendor):
    for sample in ALL:
        sample.post(sandbox)
    answer = ask_good(sandbox, vendor)
    assert answer.status_code == 200
    assert_request_fits(vendor, answer.request)
    assert_response_fits(vendor, answer.request, answer)


def test_a_look_up_without_a_key_is_refused_and_shows_nothing(sandbox, vendor):
    WHIPPY.post(sandbox)
    SYNTHFLOW.post(sandbox)
    refused = ask_good(sandbox, vendor, headers={})
    assert refused.status_code == (400 if vendor == "sendbird" else 401)
    assert TO not in refused.text
    assert_response_fits(vendor, refused.request, refused)


@pytest.mark.parametrize("sample", [SENDBIRD, WHIPPY, SYNTHFLOW], ids=lambda s: s.vendor)
def test_a_key_that_may_not_send_may_not_ask_either(sandbox_with, sample):
    sandbox = sandbox_with(**{sample.vendor: {"keys": ["another"]}})
    refused = ask_good(sandbox, sample.vendor)
    assert refused.status_code == (400 if sample is SENDBIRD else 401)


def test_only_the_configured_twilio_accounts_are_let_in_with_their_own_token(sandbox_with):
    sandbox = sandbox_with(twilio={"accounts": {ACCOUNT: "its-token", "ACother": "another"}})
    for account, token, status in (
        (ACCOUNT, "its-token", 200),
        (ACCOUNT, "another", 401),
        ("ACother", "another", 401),
        ("ACnobody", "its-token", 401),
    ):
        answer = ask_good(sandbox, "twilio", headers=basic(account, token))
        assert answer.status_code == status
    assert ask_good(sandbox, "twilio", headers={"Authorization": "Basic ?"}).status_code == 401


@pytest.mark.parametrize("vendor", ["whippy", "synthflow", "twilio"])
def test_what_was_accepted_shows_only_after_the_delay(sandbox_with, vendor):
    sandbox = sandbox_with(faults={"lookup_delay": 3600})
    WHIPPY.post(sandbox)
    SYNTHFLOW.post(sandbox)
    assert found(sandbox, vendor) == 0
    sandbox.set_faults({})
    assert found(sandbox, vendor) == 1


def test_a_chat_that_is_too_fresh_cannot_be_asked_for_by_its_id_either(sandbox_with):
    sandbox = sandbox_with(faults={"lookup_delay": 3600})
    chat_id = SYNTHFLOW.post(sandbox).json()["response"]["conversation_id"]
    assert ask(sandbox, "synthflow", f"/v2/chat/{chat_id}").status_code == 400
    sandbox.set_faults({})
    assert ask(sandbox, "synthflow", f"/v2/chat/{chat_id}").status_code == 200


@pytest.mark.parametrize(("fault", "status"), [("lookup_errors", 500), ("lookup_throttle", 429)])
def test_a_look_up_fails_in_the_vendors_own_words(sandbox_with, vendor, fault, status):
    sandbox = sandbox_with(faults={fault: 1.0})
    failed = ask_good(sandbox, vendor)
    assert failed.status_code == status
    assert_response_fits(vendor, failed.request, failed)
    assert sandbox.lookups.as_dict()["vendors"][vendor]["endings"] == {str(status): 1}


def test_a_look_up_that_failed_may_succeed_when_it_is_asked_again(sandbox_with):
    sandbox = sandbox_with(faults={"lookup_errors": 0.5})
    assert {ask_good(sandbox, "synthflow").status_code for _ in range(30)} == {200, 500}


def test_the_same_questions_fail_in_whatever_order_they_are_asked(sandbox):
    def failing(limits):
        sandbox.set_faults({"lookup_errors": 0.5})  # Tries begin anew.
        return {n for n in limits if ask_good(sandbox, "synthflow", limit=n).status_code == 500}

    limits = range(1, 21)
    assert failing(limits) == failing(reversed(limits))
    assert 0 < len(failing(limits)) < len(limits)


def test_the_faults_of_look_ups_do_not_touch_sending(sandbox_with, sample):
    sandbox = sandbox_with(
        faults={"lookup_errors": 1.0, "lookup_throttle": 1.0, "lookup_delay": 3600}
    )
    assert sample.post(sandbox).status_code == sample.accepted


def test_the_faults_of_sending_do_not_touch_look_ups(sandbox_with, vendor):
    sandbox = sandbox_with(
        faults={
            "latency": 3600,
            "throttle": 1.0,
            "limit": {"requests": 1, "seconds": 3600},
            "error_before": 1.0,
            "drop_before": 1.0,
            "drop_after": 1.0,
            "invalid_share": 1.0,
            "unreadable": 1.0,
        }
    )
    assert [ask_good(sandbox, vendor).status_code for _ in range(3)] == [200, 200, 200]


def test_one_apis_faults_are_its_own(sandbox_with):
    sandbox = sandbox_with(faults={"twilio": {"lookup_errors": 1.0}})
    assert ask_good(sandbox, "twilio").status_code == 500
    assert ask_good(sandbox, "whippy").status_code == 200


def test_look_ups_are_counted_apart_from_sending_and_leave_no_entry(sandbox, vendor):
    WHIPPY.post(sandbox)
    before = sandbox.counts.as_dict()
    ask_good(sandbox, vendor)
    ask_good(sandbox, vendor, headers={})
    assert sandbox.counts.as_dict() == before
    assert len(sandbox.journal) == 1
    counted = control(sandbox, "GET", "lookups").json()
    assert counted == sandbox.lookups.as_dict()
    assert counted["vendors"][vendor]["requests"] == 2
    control(sandbox, "DELETE", "journal")
    assert control(sandbox, "GET", "lookups").json()["requests"] == 0


def test_a_path_to_send_to_still_takes_nothing_but_post(sandbox, sample):
    headers = KEYS.get(sample.vendor, sample.headers)
    refused = ask(sandbox, sample.vendor, sample.path, headers=headers)
    assert (refused.status_code, refused.headers["Allow"]) == (405, "POST")


def test_a_look_up_takes_nothing_but_its_own_method(sandbox):
    assert ask(sandbox, "synthflow", "/v2/chat", {}).status_code == 405
    assert ask(sandbox, "twilio", QUESTIONS["twilio"][1], {}).status_code == 405
    assert ask(sandbox, "whippy", f"/v1/conversations/{AGENT}/messages", {}).status_code == 405


def test_twilio_has_a_url_and_nothing_can_be_sent_there(sandbox):
    assert sandbox.url_for("twilio") == f"{sandbox.url}/twilio"
    assert ask(sandbox, "twilio", "/2010-04-01/Accounts").status_code == 404
    assert control(sandbox, "GET", "journal?vendor=twilio").status_code == 400
    assert sandbox.counts.as_dict()["requests"] == 0


def draft(to, provider_id):
    return Draft(
        channel="sms",
        to=to,
        sender=None,
        agent=None,
        provider_id=provider_id,
        message_sent=True,
        request={},
    )


def test_the_journal_finds_an_entry_by_vendor_address_and_id():
    journal = Journal()
    journal.append("whippy", [draft("+1555", "a"), draft("+1556", "b")])
    journal.append("synthflow", [draft("+1555", "a")])
    journal.append("whippy", [draft("1555", "c")])
    assert [entry.number for entry in journal.sent_to("whippy", "+1555")] == [1, 4]
    assert [entry.number for entry in journal.entries("whippy", since=1)] == [2, 4]
    assert [entry.number for entry in journal.entries(since=2)] == [3, 4]
    entry = journal.with_id("synthflow", "a")
    assert entry is not None
    assert entry.number == 3
    assert journal.with_id("zild", "a") is None
    journal.clear()
    assert journal.sent_to("whippy", "+1555") == journal.entries("whippy") == []
    assert journal.with_id("synthflow", "a") is None
