"""What your own Twilio account says beforehand: is it active, are sender and template ready.

Source: Twilio's API reference, "Account", "IncomingPhoneNumbers" (``PhoneNumber``), "Senders API"
(``GET /v2/Channels/Senders``, statuses ``ONLINE``, ``OFFLINE``, ...) and "Fetch an approval status
request" (``GET /v1/Content/{sid}/ApprovalRequests``, with ``whatsapp.status``); "Message template
approvals and statuses" says which statuses cannot be sent. Invariant: that a sender is not listed
is no proof that it cannot send (Twilio's own sandbox number, a hosted one), so it stays unknown.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Any

import httpx

from campaign.channel import Channel
from campaign.providers import http
from campaign.providers.asking import digits, is_number, mappings
from campaign.providers.base import JsonProvider
from campaign.providers.online import (
    OnlineCheck,
    OnlineFinding,
    Questions,
    Reader,
    Subject,
    cannot_be_asked,
    ok,
    unknown,
    wrong,
)
from campaign.providers.twilio_list import TwilioAccount

ACCOUNT = "Twilio account"
_PAGE = 1000
_NOT_SENT = frozenset({"rejected", "paused", "disabled", "unsubmitted", "pending", "received"})


def twilio_checks(
    account: TwilioAccount | None, provider: JsonProvider[Any], subject: Subject
) -> Sequence[OnlineCheck]:
    """Return what can be asked of the account, where one is given; a rehearsal has no token."""
    token = provider.secret("twilio.auth_token")
    if account is None or token is None:
        return ()
    asked = _Account(account, token, provider)
    checks = [OnlineCheck(ACCOUNT, asked.account)]
    numbers = [sender for sender in subject.senders if is_number(sender)]
    if subject.channel is Channel.WHATSAPP and numbers:
        checks.append(OnlineCheck("sender", partial(asked.whatsapp, numbers)))
    elif subject.channel is Channel.SMS:
        checks += [OnlineCheck("sender", partial(asked.number, number)) for number in numbers]
    return checks + [
        OnlineCheck("template", partial(asked.template, sid))
        for sid in subject.templates
        if sid.startswith("HX")
    ]


def without_account(subject: Subject, vendor: str) -> Sequence[OnlineCheck]:
    """Return the checks that only the account could answer, where the definition names none."""
    why = f"{vendor} documents no way; with `provider.twilio` your own account is asked"
    things = ["sender", "template"] if subject.templates else ["sender"]
    return [cannot_be_asked(what, why) for what in things]


class _Account:
    """Asks one account; every request only reads."""

    def __init__(self, account: TwilioAccount, token: str, provider: JsonProvider[Any]) -> None:
        login = b64encode(f"{account.account_sid}:{token}".encode()).decode()
        self._read = Reader("Twilio", lambda text: provider.clean(http.without([login], text)))
        self._base = account.base_url.rstrip("/")
        self._account = f"/2010-04-01/Accounts/{account.account_sid}"
        self._headers = {"Authorization": f"Basic {login}"}

    def account(self) -> Questions:
        """``GET /2010-04-01/Accounts/{sid}.json``: is it active?"""
        response = yield self._request("api", f"{self._account}.json")
        if not response.is_success:
            return [self._read.key(response, ACCOUNT)]
        status = self._read.word(self._read.object_of(response).get("status"))
        if status == "active":
            return [ok(ACCOUNT, "Twilio takes the token, and the account is active")]
        if status is None:
            return [self._read.unclear(ACCOUNT, response)]
        return [
            wrong(ACCOUNT, f"the account is {status}", "See the Twilio console, or its support.")
        ]

    def number(self, number: str) -> Questions:
        """``GET .../IncomingPhoneNumbers.json?PhoneNumber=...``: is it the account's, for SMS?"""
        what = f"sender {number}"
        path = f"{self._account}/IncomingPhoneNumbers.json"
        response = yield self._request("api", path, {"PhoneNumber": number})
        listed = self._read.object_of(response).get("incoming_phone_numbers")
        if not response.is_success or not isinstance(listed, list):
            return [self._read.unclear(what, response)]
        for one in mappings(listed):
            if digits(one.get("phone_number")) != digits(number):
                continue
            can = one.get("capabilities")
            if isinstance(can, Mapping) and can.get("sms") is False:
                hint = "Take another number of the account, or buy one that can."
                return [wrong(what, "the account's number cannot send SMS", hint)]
            return [ok(what, "it is a number of the account")]
        return [_not_listed(what, "numbers")]

    def whatsapp(self, numbers: Iterable[str]) -> Questions:
        """``GET /v2/Channels/Senders?Channel=whatsapp``: are they online?"""
        query = {"Channel": "whatsapp", "PageSize": str(_PAGE)}
        response = yield self._request("messaging", "/v2/Channels/Senders", query)
        listed = self._read.object_of(response).get("senders")
        if not response.is_success or not isinstance(listed, list):
            return [self._read.unclear(f"sender {number}", response) for number in numbers]
        # The reference prints the member in both spellings.
        status = {
            digits(one.get("sender_id") or one.get("senderId")): self._read.word(one.get("status"))
            for one in mappings(listed)
        }
        return [_online(f"sender {number}", status.get(digits(number))) for number in numbers]

    def template(self, sid: str) -> Questions:
        """``GET /v1/Content/{sid}/ApprovalRequests``: has WhatsApp approved it?"""
        what = f"template {sid}"
        response = yield self._request("content", f"/v1/Content/{sid}/ApprovalRequests")
        if response.status_code == httpx.codes.NOT_FOUND:
            hint = "Copy its Content SID again; it must be of the account that sends."
            return [wrong(what, "the account has no such template", hint)]
        found = self._read.object_of(response).get("whatsapp")
        approval: Mapping[str, object] = found if isinstance(found, Mapping) else {}
        status = self._read.word(approval.get("status"))
        if not response.is_success or status is None:
            return [self._read.unclear(what, response)]
        if status == "approved":
            return [ok(what, "WhatsApp has approved it")]
        if status in _NOT_SENT:
            why = self._read.word(approval.get("rejection_reason"))
            sentence = f"WhatsApp has not approved it, or not any more: {status}"
            return [
                wrong(what, f"{sentence} ({why})" if why else sentence, "See Twilio's console.")
            ]
        return [unknown(what, f"its status is {status}, which this program does not know")]

    def _request(
        self, product: str, path: str, params: Mapping[str, str] | None = None
    ) -> httpx.Request:
        return httpx.Request("GET", self._of(product) + path, params=params, headers=self._headers)

    def _of(self, product: str) -> str:
        """Return where one of Twilio's products lives: each has a host of its own."""
        scheme, _, rest = self._base.partition("://")
        if product == "api" or not rest.startswith("api."):
            return self._base
        return f"{scheme}://{product}.{rest.removeprefix('api.')}"


def _online(what: str, status: str | None) -> OnlineFinding:
    if status is None:
        return _not_listed(what, "WhatsApp senders")
    if status.upper().startswith("ONLINE"):
        return ok(what, "it is a WhatsApp sender of the account, and online")
    return wrong(what, f"the account's WhatsApp sender is {status}", "See Twilio's console.")


def _not_listed(what: str, where: str) -> OnlineFinding:
    sentence = f"it is not among the account's {where}; a hosted or a sandbox number is not"
    return unknown(what, sentence, "Is it the account over which the vendor sends?")
