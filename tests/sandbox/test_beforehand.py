"""What can be asked before a campaign leaves, answered as the configuration has it."""

from __future__ import annotations

import pytest

from tests.contracts.validator import assert_request_fits, assert_response_fits
from tests.sandbox.asking import ACCOUNT, KEYS, ask, basic
from tests.sandbox.samples import AGENT, KEY

TEMPLATE = "HX" + "0" * 32
ACCOUNTS = f"/2010-04-01/Accounts/{ACCOUNT}"
NUMBER = "+12025550100"


def checked(sandbox, vendor, path, **query):
    answer = ask(sandbox, vendor, path, **query)
    assert_request_fits(vendor, answer.request)
    assert_response_fits(vendor, answer.request, answer)
    return answer


@pytest.mark.parametrize(
    ("vendor", "path", "query"),
    [
        ("whippy", f"/v1/agents/{AGENT}", {}),
        ("whippy", "/v1/channels", {"limit": 500}),
        ("synthflow", f"/v2/assistants/{AGENT}", {}),
        ("twilio", f"{ACCOUNTS}.json", {}),
        ("twilio", f"{ACCOUNTS}/IncomingPhoneNumbers.json", {"PhoneNumber": NUMBER}),
        ("twilio", "/v2/Channels/Senders", {"Channel": "whatsapp"}),
        ("twilio", f"/v1/Content/{TEMPLATE}/ApprovalRequests", {}),
    ],
)
def test_everything_fits_its_contract_and_needs_a_key_and_is_in_no_journal(
    sandbox, vendor, path, query
):
    assert checked(sandbox, vendor, path, **query).status_code == 200
    refused = ask(sandbox, vendor, path, headers={}, **query)
    assert refused.status_code == 401
    assert_response_fits(vendor, ask(sandbox, vendor, path, **query).request, refused)
    assert len(sandbox.journal) == 0


def test_an_agent_may_be_unknown_or_inactive(sandbox_with):
    other = AGENT.replace("2", "3")
    sandbox = sandbox_with(
        whippy={"agents": [AGENT], "inactive_agents": [AGENT]}, synthflow={"agents": [AGENT]}
    )
    assert checked(sandbox, "whippy", f"/v1/agents/{AGENT}").json()["data"]["status"] == "inactive"
    assert checked(sandbox, "whippy", f"/v1/agents/{other}").status_code == 404
    (shown,) = checked(sandbox, "synthflow", f"/v2/assistants/{AGENT}").json()["response"][
        "assistants"
    ]
    assert shown["model_id"] == AGENT
    assert checked(sandbox, "synthflow", f"/v2/assistants/{other}").status_code == 400


def test_whippys_channels_are_those_of_the_configuration(sandbox_with):
    sandbox = sandbox_with(whippy={"channels": [NUMBER]})
    (channel,) = checked(sandbox, "whippy", "/v1/channels").json()["data"]
    assert channel["phone"] == NUMBER


def test_the_twilio_account_is_what_the_configuration_says(sandbox_with):
    sandbox = sandbox_with(
        twilio={
            "account_status": "suspended",
            "numbers": ["+12025550199"],
            "senders": {NUMBER: "OFFLINE"},
            "templates": {TEMPLATE: "paused"},
        }
    )
    assert checked(sandbox, "twilio", f"{ACCOUNTS}.json").json()["status"] == "suspended"
    numbers = f"{ACCOUNTS}/IncomingPhoneNumbers.json"
    assert (
        checked(sandbox, "twilio", numbers, PhoneNumber=NUMBER).json()["incoming_phone_numbers"]
        == []
    )
    assert len(checked(sandbox, "twilio", numbers).json()["incoming_phone_numbers"]) == 1
    senders = checked(sandbox, "twilio", "/v2/Channels/Senders", Channel="whatsapp").json()
    assert [(one["sender_id"], one["status"]) for one in senders["senders"]] == [
        (f"whatsapp:{NUMBER}", "OFFLINE")
    ]
    approval = f"/v1/Content/{TEMPLATE}/ApprovalRequests"
    assert checked(sandbox, "twilio", approval).json()["whatsapp"]["status"] == "paused"
    unknown = approval.replace("0", "1")
    assert checked(sandbox, "twilio", unknown).status_code == 404


def test_an_account_shows_itself_to_nobody_else(sandbox):
    other = basic("AC" + "9" * 32, KEY)
    assert KEYS["twilio"] != other
    assert ask(sandbox, "twilio", f"{ACCOUNTS}.json", headers=other).status_code == 401
