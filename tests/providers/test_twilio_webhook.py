from __future__ import annotations

import hashlib
from typing import Any

import pytest

from campaign.channel import Channel
from campaign.providers.heard import Happening, Heard, Received, Unheard
from tests.providers.posts import AT, SECRET, URL, form, posted, twilio_signature, twilio_webhook
from tests.providers.vendors import NUMBER, SENDER

STATUS = {
    "AccountSid": "AC1",
    "ApiVersion": "2010-04-01",
    "From": f"whatsapp:{SENDER}",
    "MessageSid": "SM1",
    "MessageStatus": "delivered",
    "SmsSid": "SM1",
    "SmsStatus": "delivered",
    "To": f"whatsapp:{NUMBER}",
}
"""A status callback as Twilio's page shows it."""
SAID = {
    "AccountSid": "AC1",
    "Body": "Yes, please",
    "From": f"whatsapp:{NUMBER}",
    "MessageSid": "SM2",
    "NumMedia": "0",
    "ProfileName": "Ana",
    "SmsStatus": "received",
    "To": f"whatsapp:{SENDER}",
    "WaId": NUMBER.removeprefix("+"),
}
"""An incoming message."""


def _heard(parameters: dict[str, str], **changes: str) -> list[Heard]:
    return list(twilio_webhook().heard(form(parameters | changes)))


def test_a_status_is_heard_when_it_is_received() -> None:
    (found,) = _heard(STATUS)
    assert (found.happening, found.at, found.ids) == (Happening.DELIVERED, AT, ("SM1",))
    assert (found.address, found.sender, found.channel) == (NUMBER, SENDER, Channel.WHATSAPP)
    assert found.began is None


@pytest.mark.parametrize(
    ("status", "happening"),
    [
        ("queued", None),
        ("accepted", None),
        ("sending", None),
        ("scheduled", None),
        ("sent", Happening.SENT),
        ("read", Happening.READ),
        ("undelivered", Happening.UNDELIVERED),
        ("failed", Happening.UNDELIVERED),
        ("canceled", Happening.UNDELIVERED),
        ("something-new", None),
    ],
)
def test_a_status_means_what_it_says(status: str, happening: Happening | None) -> None:
    heard = [one.happening for one in _heard(STATUS, MessageStatus=status)]
    assert heard == ([] if happening is None else [happening])


@pytest.mark.parametrize(
    ("changes", "code", "detail"),
    [
        ({"ErrorCode": "63024"}, "63024", "failed"),
        ({"ErrorCode": "63024", "ErrorMessage": "not on WhatsApp"}, "63024", "not on WhatsApp"),
        ({"ErrorCode": "63024", "ChannelStatusMessage": "gone"}, "63024", "gone"),
        ({"ErrorCode": "0"}, None, "failed"),
        ({"ErrorCode": ""}, None, "failed"),
    ],
    ids=repr,
)
def test_why_a_message_did_not_arrive_is_told(
    changes: dict[str, str], code: str | None, detail: str
) -> None:
    (found,) = _heard(STATUS, MessageStatus="failed", **changes)
    assert (found.code, found.detail) == (code, detail)


def test_what_a_person_wrote_is_heard() -> None:
    (found,) = _heard(SAID)
    assert (found.happening, found.at, found.text) == (Happening.REPLIED, AT, "Yes, please")
    assert (found.address, found.sender, found.channel) == (NUMBER, SENDER, Channel.WHATSAPP)
    assert found.ids == ("SM2",)


def test_an_sms_has_no_scheme() -> None:
    (found,) = _heard(SAID, From=NUMBER, To=SENDER)
    assert (found.address, found.sender, found.channel) == (NUMBER, SENDER, Channel.SMS)


def test_a_reply_names_the_message_that_it_is_to() -> None:
    (found,) = _heard(SAID, OriginalRepliedMessageSid="SM1")
    assert found.ids == ("SM2", "SM1")


@pytest.mark.parametrize(
    ("whose", "number", "address"),
    [
        ("whatsapp:BR.1502576394655843", "5511912345678", "+5511912345678"),
        ("whatsapp:BR.1502576394655843", "", "BR.1502576394655843"),
        ("whatsapp:", "", None),
        ("", "", None),
    ],
)
def test_a_person_who_hides_their_number_is_known_by_what_there_is(
    whose: str, number: str, address: str | None
) -> None:
    (found,) = _heard(SAID, From=whose, WaId=number)
    assert found.address == address


def test_what_twilio_took_for_an_opt_out_is_one_whatever_the_word() -> None:
    (found,) = _heard(SAID, Body="NO MAS", OptOutType="STOP")
    assert found.text == "STOP"
    (other,) = _heard(SAID, Body="NO MAS", OptOutType="HELP")
    assert other.text == "NO MAS"


def test_a_picture_without_words_is_an_answer() -> None:
    (found,) = _heard(SAID, Body="", NumMedia="1")
    assert (found.happening, found.text) == (Happening.REPLIED, None)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff\xfe",
        b"{}",
        b"MessageSid",
        b"MessageSid=SM1",
        b"MessageStatus=sent",
        b"MessageSid=&MessageStatus=sent",
        b"MessageSid=%ff&MessageStatus=sent",
        b"a=b&" * 2000 + b"MessageSid=SM1&MessageStatus=sent",
        b"Body=" + b"x" * (1 << 20),
    ],
)
def test_what_is_not_documented_is_told_in_a_sentence(body: bytes) -> None:
    with pytest.raises(Unheard, match="Twilio"):
        twilio_webhook().heard(posted(body))


def _signed(parameters: dict[str, str], signed_for: str = URL, **changes: Any) -> Received:
    signature = twilio_signature(signed_for, parameters)
    return form(parameters, headers={"x-twilio-signature": signature}, **changes)


@pytest.mark.parametrize("parameters", [STATUS, SAID, SAID | {"Body": "Ünïcode & = +"}])
def test_the_documented_signature_is_taken_and_any_other_is_not(
    parameters: dict[str, str],
) -> None:
    hook = twilio_webhook()
    assert hook.secret == "twilio.auth_token"
    good = _signed(parameters)
    assert hook.is_authentic(good, SECRET)
    assert not hook.is_authentic(good, SECRET + "x")
    assert not hook.is_authentic(good, "")
    changed = form(parameters | {"To": "whatsapp:+1"}, headers=dict(good.headers))
    assert not hook.is_authentic(changed, SECRET)
    assert not hook.is_authentic(_signed(parameters, url="https://other.example/x"), SECRET)
    assert not hook.is_authentic(form(parameters), SECRET)
    assert not hook.is_authentic(form(parameters, token=SECRET), SECRET)


def test_parameters_are_signed_in_their_order_and_posted_in_any() -> None:
    headers = dict(_signed(STATUS).headers)
    turned = dict(reversed(STATUS.items()))
    assert twilio_webhook().is_authentic(form(turned, headers=headers), SECRET)


def test_twilios_own_example_has_the_signature_that_its_page_prints() -> None:
    # "Webhooks security", section "Explore the algorithm yourself".
    parameters = {
        "CallSid": "CA1234567890ABCDE",
        "Caller": "+14158675309",
        "Digits": "1234",
        "From": "+14158675309",
        "To": "+18005551212",
    }
    url = "https://mycompany.com/myapp.php?foo=1&bar=2"
    said = {"x-twilio-signature": "RSOYDt4T1cUTdK1PDd93/VVr8B8="}
    assert twilio_webhook().is_authentic(form(parameters, headers=said, url=url), "12345")


@pytest.mark.parametrize(
    ("signed_for", "called"),
    [
        ("https://a.example:443/x", "https://a.example/x"),
        ("https://a.example/x", "https://a.example:443/x"),
        ("https://a.example/x", "https://a.example:8787/x"),
        ("http://a.example:80/x?token=1", "http://a.example/x?token=1"),
        ("http://[::1]/x", "http://[::1]:8787/x"),
        # As it was called, also where nobody would write it so.
        ("https://a.example/x?", "https://a.example/x?"),
    ],
)
def test_an_address_may_be_signed_with_its_port_or_without(signed_for: str, called: str) -> None:
    assert twilio_webhook().is_authentic(_signed(STATUS, signed_for, url=called), SECRET)


def test_a_body_that_is_no_form_is_covered_by_the_hash_in_the_address() -> None:
    body = b'{"a": 1}'
    url = f"{URL}?bodySHA256={hashlib.sha256(body).hexdigest()}"
    headers = {
        "content-type": "application/json",
        "x-twilio-signature": twilio_signature(url, {}),
    }
    hook = twilio_webhook()
    assert hook.is_authentic(posted(body, headers, url=url), SECRET)
    assert not hook.is_authentic(posted(body + b" ", headers, url=url), SECRET)
    without = headers | {"x-twilio-signature": twilio_signature(URL, {})}
    assert not hook.is_authentic(posted(body, without), SECRET)


@pytest.mark.parametrize("url", ["", "https://[", "https://a:99999999/", "\udc80", "https://a:b/x"])
def test_an_odd_address_proves_nothing(url: str) -> None:
    headers = {"x-twilio-signature": "é"}
    assert not twilio_webhook().is_authentic(form(STATUS, headers=headers, url=url), SECRET)
