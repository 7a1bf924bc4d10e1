"""Your own Twilio account is asked whether it is active, and sender and template are ready."""

from __future__ import annotations

import pytest

from campaign.channel import Channel
from tests.providers.online_checks import TEMPLATE, Asked, asked, by_path
from tests.providers.vendors import SENDER, answer

NUMBER = {"phone_number": SENDER, "capabilities": {"sms": True}}


def of(channel: Channel = Channel.SMS, **answers: object) -> Asked:
    return asked("synthflow", by_path(**answers), channel=channel, template=TEMPLATE, twilio=True)


@pytest.mark.parametrize(
    ("body", "verdict"),
    [
        ({"status": "active"}, "ok"),
        ({"status": "suspended"}, "wrong"),
        ({"status": "closed"}, "wrong"),
        ({}, "unknown"),
        (answer(401, {"code": 20003}), "wrong"),
        (answer(500, {}), "unknown"),
    ],
)
def test_an_account_is_right_when_it_is_active(body: object, verdict: str) -> None:
    assert of(account=body)["Twilio account"] == verdict


@pytest.mark.parametrize(
    ("status", "verdict"),
    [
        ("approved", "ok"),
        ("pending", "wrong"),
        ("rejected", "wrong"),
        ("paused", "wrong"),
        ("disabled", "wrong"),
        ("something new", "unknown"),
        (None, "unknown"),
    ],
)
def test_a_template_is_right_when_whatsapp_has_approved_it(
    status: str | None, verdict: str
) -> None:
    found = of(ApprovalRequests={"whatsapp": {"status": status, "rejection_reason": "TAG"}})
    assert found[f"template {TEMPLATE}"] == verdict


def test_a_template_of_another_account_is_wrong() -> None:
    assert of()[f"template {TEMPLATE}"] == "wrong"


@pytest.mark.parametrize(
    ("numbers", "verdict"),
    [
        ([NUMBER], "ok"),
        ([{**NUMBER, "capabilities": {"sms": False}}], "wrong"),
        ([{**NUMBER, "phone_number": "+12025550111"}], "unknown"),
        ([], "unknown"),
        (None, "unknown"),
    ],
)
def test_a_number_that_is_not_listed_may_still_send(numbers: object, verdict: str) -> None:
    found = of(IncomingPhoneNumbers={"incoming_phone_numbers": numbers})
    assert found[f"sender {SENDER}"] == verdict


@pytest.mark.parametrize(
    ("sender", "verdict"),
    [
        ({"sender_id": f"whatsapp:{SENDER}", "status": "ONLINE"}, "ok"),
        ({"senderId": f"whatsapp:{SENDER}", "status": "ONLINE:UPDATING"}, "ok"),
        ({"sender_id": f"whatsapp:{SENDER}", "status": "OFFLINE"}, "wrong"),
        ({"sender_id": "whatsapp:+12025550111", "status": "ONLINE"}, "unknown"),
        ({"sender_id": f"whatsapp:{SENDER}"}, "unknown"),
    ],
)
def test_a_whatsapp_sender_is_right_when_it_is_online(sender: object, verdict: str) -> None:
    found = of(Channel.WHATSAPP, Senders={"senders": [sender]})
    assert found[f"sender {SENDER}"] == verdict


@pytest.mark.parametrize(
    ("base", "hosts"),
    [
        (
            "https://api.twilio.com",
            {"api.twilio.com", "messaging.twilio.com", "content.twilio.com"},
        ),
        (
            "https://api.dublin.ie1.twilio.com",
            {
                "api.dublin.ie1.twilio.com",
                "messaging.dublin.ie1.twilio.com",
                "content.dublin.ie1.twilio.com",
            },
        ),
        ("http://127.0.0.1:8025/twilio", {"127.0.0.1"}),
    ],
)
def test_each_product_is_asked_at_its_own_host(base: str, hosts: set[str]) -> None:
    found = asked(
        "synthflow",
        lambda _: answer(404, {}),
        channel=Channel.WHATSAPP,
        template=TEMPLATE,
        twilio={"base_url": base},
    )
    ours = [one for one in found.requests if one.headers["Authorization"].startswith("Basic ")]
    assert {request.url.host for request in ours} == hosts
