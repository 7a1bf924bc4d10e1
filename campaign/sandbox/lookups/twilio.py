"""The customer's own Twilio account, from "List Message resources" and Twilio's OpenAPI document.

Synthflow sends through it, and Zild's ``messageSid`` says that Zild does too. Nothing can be sent
here: the account only lists what those two sent, the newest first. Which account it was the
journal cannot know, so whoever is let in sees everything.
"""

from __future__ import annotations

import base64
import binascii
import heapq
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from email.utils import format_datetime
from itertools import islice
from typing import Any, ClassVar
from urllib.parse import urlencode

from campaign.sandbox.answers import Answer, Refusal, gateway_answer, json_answer
from campaign.sandbox.config import TwilioConfig
from campaign.sandbox.faults import Wait
from campaign.sandbox.journal import Entry
from campaign.sandbox.lookups.lookup import Lookup, Question, View, before, whole
from campaign.sandbox.vendors.synthflow import Synthflow
from campaign.sandbox.vendors.vendor import Headers, Service, header
from campaign.sandbox.vendors.whippy import moment
from campaign.sandbox.vendors.zild import Zild

_PAGE_SIZE = 50
_MOST = 1000
_WHATSAPP = "whatsapp:"
_ANY_NUMBER = "+12025550100"
"""Who writes where no number is configured for a channel of Zild's."""


class Twilio(Service):
    """Basic authentication with the account's SID and its token."""

    name: ClassVar[str] = "twilio"

    def __init__(self, config: TwilioConfig) -> None:
        self._accounts = config.accounts

    def knows_key(self, headers: Headers) -> bool:
        """Say whether account and token belong together."""
        account, token = credentials(headers)
        if self._accounts is None:
            return bool(account and token)
        return account in self._accounts and self._accounts[account] == token

    def unauthorised(self) -> Answer:
        """Answer 401 with Twilio's code."""
        return error(401, 20003, "Authenticate")

    def malformed(self) -> Answer:
        """Answer 400."""
        return error(400, 20001, "Invalid parameter")

    def throttled(self, wait: Wait, headers: Mapping[str, str]) -> Answer:
        """Answer 429 with Twilio's code."""
        del wait
        return error(429, 20429, "Too Many Requests", headers)

    def broken(self, status: int) -> Answer:
        """Fail by itself with 500, or in the proxy before it."""
        if status != 500:
            return gateway_answer(status)
        return error(500, 20500, "Internal Server Error")


class TwilioMessages:
    """``GET /2010-04-01/Accounts/{AccountSid}/Messages.json``."""

    def __init__(self, config: TwilioConfig) -> None:
        self._zild_numbers = config.zild_numbers

    def table(self) -> tuple[Lookup, ...]:
        """Return the look-up."""
        return (Lookup("GET", "/2010-04-01/Accounts/{account}/Messages.json", self.list),)

    def list(self, question: Question) -> Answer:
        """List messages by recipient, sender and day."""
        account = question.path["account"]
        if credentials(question.headers)[0] != account:
            raise Refusal(error(401, 20003, "Authenticate"))
        query = question.query
        size = _number(query, "PageSize", _PAGE_SIZE)
        page = _number(query, "Page", 0)
        token = query.get("PageToken", "")
        number = whole(token.removeprefix("PA")) if token else 0
        if not 1 <= size <= _MOST or number is None:
            raise Refusal(error(400, 20001, "Invalid page"))
        rows = list(islice(self._found(account, question, number), size + 1))
        return _page(account, query, rows, size, page)

    def _found(
        self, account: str, question: Question, number: int
    ) -> Iterator[tuple[int, dict[str, Any]]]:
        """Go backwards through the messages that are asked for, each with its entry's number."""
        query = question.query
        within = _Days(query)
        for entry in _newest_first(question.view, query.get("To"), number):
            if not entry.message_sent or not within.has(entry):
                continue
            message = self._message(account, entry)
            if query.get("To", message["to"]) == message["to"] and (
                query.get("From", message["from"]) == message["from"]
            ):
                yield entry.number, message

    def _message(self, account: str, entry: Entry) -> dict[str, Any]:
        prefix = _WHATSAPP if entry.channel == "whatsapp" else ""
        sender = entry.sender or ""
        if entry.vendor == Zild.name:
            sender = self._zild_numbers.get(sender, _ANY_NUMBER)
        sid = entry.message_id or "SM" + entry.provider_id.replace("-", "")
        when = format_datetime(datetime.fromisoformat(entry.time))
        uri = f"/2010-04-01/Accounts/{account}/Messages/{sid}"
        return {
            "account_sid": account,
            "api_version": "2010-04-01",
            # The text of a template is known to Twilio alone.
            "body": entry.request.get("initial_message") or "",
            "date_created": when,
            "date_sent": when,
            "date_updated": when,
            "direction": "outbound-api",
            "error_code": None,
            "error_message": None,
            "from": prefix + _e164(sender),
            "messaging_service_sid": None,
            "num_media": "0",
            "num_segments": "1",
            "price": None,
            "price_unit": "USD",
            "sid": sid,
            "status": "sent",
            "subresource_uris": {"media": f"{uri}/Media.json"},
            "to": prefix + _e164(entry.to),
            "uri": f"{uri}.json",
        }


class _Days:
    """``DateSent``, ``DateSent<`` and ``DateSent>``: GMT days, or moments; both ends included."""

    def __init__(self, query: Mapping[str, str]) -> None:
        self._on, self._until, self._since = (
            _gmt(query[name]) if name in query else None
            for name in ("DateSent", "DateSent<", "DateSent>")
        )

    def has(self, entry: Entry) -> bool:
        """Say whether the entry was sent then; a day compares with days, a second with seconds."""
        sent = entry.time
        return (
            (self._on is None or sent.startswith(self._on))
            and (self._until is None or sent[: len(self._until)] <= self._until)
            and (self._since is None or sent[: len(self._since)] >= self._since)
        )


def credentials(headers: Headers) -> tuple[str, str]:
    """Return user and password of Basic authentication, or two empty texts."""
    scheme, _, encoded = header(headers, b"authorization").partition(" ")
    if scheme.lower() != "basic":
        return "", ""
    try:
        user, _, password = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return user, password


def _newest_first(view: View, to: str | None, number: int) -> Iterator[Entry]:
    """Go backwards through what was sent, from before entry ``number`` (or, with 0, the end)."""
    vendors = (Synthflow.name, Zild.name)
    if to is None:
        lists = [view.of(vendor) for vendor in vendors]
    else:
        address = to.removeprefix(_WHATSAPP)
        lists = [view.to(vendor, address) for vendor in vendors]
    backwards = (reversed(before(entries, number)) for entries in lists)
    return heapq.merge(*backwards, key=lambda entry: entry.number, reverse=True)


def _page(
    account: str,
    query: Mapping[str, str],
    rows: list[tuple[int, dict[str, Any]]],
    size: int,
    page: int,
) -> Answer:
    """Fill one page; ``rows`` holds one message more than the page where there is a next one."""
    path = f"/2010-04-01/Accounts/{account}/Messages.json"
    asked = {name: text for name, text in query.items() if name not in ("Page", "PageToken")}
    asked["PageSize"] = str(size)

    def uri(number: int, token: str) -> str:
        return f"{path}?{urlencode(asked | {'Page': str(number)} | _given('PageToken', token))}"

    shown = rows[:size]
    return json_answer(
        200,
        {
            "first_page_uri": uri(0, ""),
            "end": page * size + max(len(shown) - 1, 0),
            "messages": [message for _, message in shown],
            "next_page_uri": uri(page + 1, f"PA{shown[-1][0]}") if len(rows) > size else None,
            "page": page,
            "page_size": size,
            "previous_page_uri": None,
            "start": page * size,
            "uri": uri(page, query.get("PageToken", "")),
        },
    )


def _given(name: str, text: str) -> dict[str, str]:
    return {name: text} if text else {}


def _number(query: Mapping[str, str], name: str, default: int) -> int:
    number = whole(query.get(name, str(default)))
    if number is None:
        raise Refusal(error(400, 20001, f"Invalid {name}"))
    return number


def _gmt(text: str) -> str:
    """Return a day as it is, and a moment as its second in GMT."""
    try:
        when = moment(text).astimezone(UTC)
    except ValueError:
        raise Refusal(error(400, 20001, "Invalid DateSent")) from None
    return when.isoformat(timespec="seconds")[: 19 if "T" in text else 10]


def _e164(number: str) -> str:
    return f"+{number.lstrip('+')}"


def error(status: int, code: int, message: str, headers: Mapping[str, str] | None = None) -> Answer:
    """Refuse as Twilio does, with a code of its own."""
    body = {
        "code": code,
        "message": message,
        "more_info": f"https://www.twilio.com/docs/errors/{code}",
        "status": status,
    }
    return json_answer(status, body, headers=headers)
