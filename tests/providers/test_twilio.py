from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from email.utils import format_datetime
from typing import Any

import httpx
import pytest
from pydantic import ValidationError

from campaign.channel import Channel
from campaign.providers.look_up import Verdict
from campaign.providers.synthflow import SynthflowSettings
from tests.providers.look_ups import (
    ANA,
    AT,
    BO,
    SID,
    TOKEN,
    Vendor,
    always,
    asked,
    in_turn,
    to,
    twilio,
)
from tests.providers.twilio_look_ups import BOS, OTHER, message, of_ana, page
from tests.providers.vendors import AGENT, KEY, NUMBER, SENDER, answer, provider


def test_the_message_that_was_sent_is_found() -> None:
    exchange = of_ana(message())
    found = exchange.finding
    assert (found.verdict, found.provider_id) == (Verdict.FOUND, "SM" + "1" * 32)
    assert found.evidence["status"] == "delivered"
    assert "delivered" in found.detail
    (request,) = exchange.requests
    assert request.method == "GET"
    assert request.url.host == "api.twilio.com"
    assert request.url.path == f"/2010-04-01/Accounts/{SID}/Messages.json"
    assert dict(request.url.params) == {"To": NUMBER, "PageSize": "1000"}
    login = base64.b64encode(f"{SID}:{TOKEN}".encode()).decode()
    assert request.headers["Authorization"] == f"Basic {login}"


def test_on_whatsapp_addresses_have_their_prefix() -> None:
    record = message(to=f"whatsapp:{NUMBER}", **{"from": f"whatsapp:{SENDER}"})
    exchange = of_ana(record, channel=Channel.WHATSAPP)
    assert exchange.verdict is Verdict.FOUND
    assert exchange.requests[0].url.params["To"] == f"whatsapp:{NUMBER}"


@pytest.mark.parametrize("status", ["queued", "accepted", "scheduled", "sending", "sent", "read"])
def test_a_message_that_waits_in_the_queue_was_sent_by_us_all_the_same(status: str) -> None:
    assert of_ana(message(status=status)).verdict is Verdict.FOUND


@pytest.mark.parametrize(
    ("code", "reason", "resend"),
    [
        (30003, "not_delivered_now", None),
        (63024, "not_deliverable", None),
        (63049, "capped_for_now", None),
        (63016, "window_closed", True),
        # What concerns everybody is no reason of one recipient.
        (63018, "looked_up_failed", None),
        (30001, "looked_up_failed", None),
        (99999, "looked_up_failed", None),
        (None, "looked_up_failed", None),
    ],
)
@pytest.mark.parametrize("status", ["failed", "undelivered"])
def test_a_message_that_failed_is_told_with_its_reason(
    status: str, code: int | None, reason: str, resend: bool | None
) -> None:
    found = of_ana(message(status=status, error_code=code)).finding
    assert (found.verdict, found.reason, found.resend) == (Verdict.FAILED, reason, resend)
    assert found.code == (None if code is None else str(code))


def test_the_definitions_reading_of_a_code_holds_here_too() -> None:
    said = {"63024": {"outcome": "rejected", "reason": "ours", "resend": True}}
    vendor = always(200, page(message(status="failed", error_code=63024)))
    found = asked(twilio(codes=said), vendor, ANA).finding
    assert (found.reason, found.resend) == ("ours", True)


@pytest.mark.parametrize(
    "changes",
    [
        {"minutes": -1500},
        {"minutes": -10, "body": "Your code is 1234"},
        {"minutes": -10, "from": OTHER},
        {"direction": "inbound"},
        {"to": OTHER},
        {"minutes": 300, "body": "Your code is 1234"},
    ],
    ids=repr,
)
def test_what_cannot_be_this_message_does_not_count(changes: Mapping[str, Any]) -> None:
    assert of_ana(message(**changes)).verdict is Verdict.ABSENT


@pytest.mark.parametrize(
    "changes",
    [
        {"body": "Your code is 1234"},
        {"body": ""},  # redacted
        {"from": OTHER},
        {"date_created": None},
        {"date_created": "yesterday"},
        {"minutes": -3},  # or the clock of the machine that sent was fast
        {"minutes": -1400},
        {"minutes": 300},  # may be that of a later campaign, or of a vendor that queued it
    ],
    ids=repr,
)
def test_what_may_be_this_message_is_left_to_a_person(changes: Mapping[str, Any]) -> None:
    assert of_ana(message(**changes)).verdict is Verdict.UNDECIDED


@pytest.mark.parametrize(
    "body",
    [
        "  Hi Ana,  your order\nis ready. ",
        "Sent from your Twilio trial account - Hi Ana, your order is ready.",
        "Hi Ana, your order is ready. Reply STOP to unsubscribe",
        "Hi Ana, your order is re",
    ],
)
def test_a_text_that_twilio_or_the_vendor_touched_is_still_ours(body: str) -> None:
    assert of_ana(message(body=body)).verdict is Verdict.FOUND


def test_short_texts_must_be_equal() -> None:
    assert of_ana(message(body="Hi Ben"), text="Hi").verdict is Verdict.UNDECIDED


def test_the_text_of_a_template_is_not_known_and_not_compared() -> None:
    assert of_ana(message(body="Any text"), text=None).verdict is Verdict.FOUND


def test_whatsapp_numbers_that_may_be_written_otherwise_are_never_absent() -> None:
    bo = replace(BO, channel=Channel.WHATSAPP)
    own = BOS | {"to": f"whatsapp:{BO.address}", "from": f"whatsapp:{SENDER}"}
    for address, verdict in (("+5215512345678", Verdict.UNDECIDED), (NUMBER, Verdict.ABSENT)):
        exchange = asked(
            twilio(),
            in_turn(page(), page(own)),
            to(ANA, channel=Channel.WHATSAPP, address=address, known=(bo,)),
        )
        assert exchange.verdict is verdict


def test_a_sender_that_is_no_number_is_not_compared() -> None:
    bo = replace(BO, channel=Channel.WHATSAPP, sender="7")
    ana = to(ANA, channel=Channel.WHATSAPP, sender="7", text=None, known=(bo,))
    record = message(to=f"whatsapp:{NUMBER}", **{"from": "whatsapp:+15550000000"})
    assert asked(twilio("zild"), always(200, page(record)), ana).verdict is Verdict.FOUND
    own = record | {"to": f"whatsapp:{BO.address}"}
    # What anybody else got on WhatsApp that day shows nothing: the account may be another's.
    for others, verdict in (([own], Verdict.ABSENT), ([record], Verdict.UNDECIDED)):
        exchange = asked(twilio("zild"), in_turn(page(), page(*others)), ana)
        assert exchange.verdict is verdict
        assert exchange.requests[1].url.params["To"] == f"whatsapp:{BO.address}"
    # Nor does what went out shortly before, if the sending machine's clock was fast.
    early = record | {"date_created": format_datetime(AT - timedelta(minutes=3))}
    exchange = asked(twilio("zild"), in_turn(page(early), page(own)), ana)
    assert exchange.verdict is Verdict.UNDECIDED


def test_all_pages_are_read_before_anything_is_absent() -> None:
    following = f"/2010-04-01/Accounts/{SID}/Messages.json?PageToken=2"
    exchange = asked(twilio(), in_turn(page(next_page_uri=following), page(message())), ANA)
    assert exchange.verdict is Verdict.FOUND
    assert str(exchange.requests[1].url) == f"https://api.twilio.com{following}"
    assert exchange.requests[1].headers["Authorization"].startswith("Basic ")


@pytest.mark.parametrize(
    "following", ["https://evil.example/x", "//evil.example/x", "evil", 7, ["/x"], "\ud800"]
)
def test_the_key_goes_nowhere_else(following: object) -> None:
    exchange = asked(twilio(), always(200, page(next_page_uri=following)), ANA)
    assert exchange.verdict is Verdict.UNDECIDED
    assert {request.url.host for request in exchange.requests} == {"api.twilio.com"}


def test_a_list_without_an_end_says_nothing() -> None:
    exchange = asked(twilio(), always(200, page(next_page_uri="/again")), ANA)
    assert exchange.verdict is Verdict.UNDECIDED


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_key_is_told_as_that(status: int) -> None:
    found = asked(twilio(), always(status, {"code": 20003, "message": "Authenticate"}), ANA).finding
    assert found.verdict is Verdict.UNDECIDED
    assert f"refused the key (HTTP {status})" in found.detail
    assert "Authenticate" in found.detail


@pytest.mark.parametrize("place", [0, 1])
@pytest.mark.parametrize(
    "odd",
    [
        answer(404, b"<html>"),
        answer(429),
        answer(503, b"busy"),
        answer(200, b""),
        answer(200, b"<html>"),
        answer(200, []),
        answer(200, {"messages": {}}),
        answer(200, {"messages": [None]}),
        answer(302, b""),
    ],
    ids=lambda response: f"{response.status_code} {response.text}",
)
def test_an_odd_answer_says_nothing(odd: httpx.Response, place: int) -> None:
    vendor: Vendor = in_turn(*([page()] * place), odd)
    assert asked(twilio(), vendor, ANA).verdict is Verdict.UNDECIDED


def test_no_secret_is_told() -> None:
    login = base64.b64encode(f"{SID}:{TOKEN}".encode()).decode()
    echo = f"{KEY} {TOKEN} {login}"
    told = [
        asked(twilio(), always(400, echo), ANA).finding,
        of_ana(message(sid=echo, status=echo, error_message=echo)).finding,
        of_ana(message(status="failed", error_code=echo, error_message=echo)).finding,
    ]
    for secret in (KEY, TOKEN, login):
        assert secret not in repr(told)


def test_twilio_is_asked_first_and_only_where_its_account_is_given() -> None:
    secrets = {"twilio.auth_token": TOKEN}
    account = {"account_sid": SID, "auth_token": "${TWILIO}"}
    titles = {
        name: [way.title for way in provider(name, more=secrets, twilio=account).look_ups()]
        for name in ("synthflow", "zild")
    }
    assert titles["synthflow"] == [
        "the message list of your Twilio account",
        "Synthflow's list of chats",
    ]
    assert titles["zild"] == ["the message list of your Twilio account"]
    assert len(provider("synthflow").look_ups()) == 1
    assert provider("zild").look_ups() == ()


def test_the_vendors_own_key_is_known_by_its_name() -> None:
    account = {"account_sid": SID, "auth_token": "${TWILIO}"}
    chosen = provider("synthflow", more={"twilio.auth_token": TOKEN}, twilio=account)
    chats = asked(chosen.look_ups()[1], always(200, {"response": []}), ANA)
    assert chats.requests[0].headers["Authorization"] == f"Bearer {KEY}"


@pytest.mark.parametrize(
    "change",
    [
        {"account_sid": "SK" + "0f" * 16},
        {"auth_token": "bare"},
        {"base_url": "https://me:secret@api.twilio.com"},
        {"extra": 1},
    ],
    ids=repr,
)
def test_an_account_that_cannot_be_right_is_refused(change: Mapping[str, Any]) -> None:
    account = {"account_sid": SID, "auth_token": "${TWILIO}"} | change
    with pytest.raises(ValidationError):
        SynthflowSettings.model_validate({"sandbox": True, "agent_id": AGENT, "twilio": account})
