"""The customer's own Twilio account: who is let in, and how it refuses.

Synthflow sends through it, and Zild's ``messageSid`` says that Zild does too. Nothing can be sent
here.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import ClassVar

from campaign.sandbox.answers import Answer, gateway_answer, json_answer
from campaign.sandbox.config import TwilioConfig
from campaign.sandbox.faults import Wait
from campaign.sandbox.vendors.vendor import Headers, Service, header


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


def error(status: int, code: int, message: str, headers: Mapping[str, str] | None = None) -> Answer:
    """Refuse as Twilio does, with a code of its own."""
    body = {
        "code": code,
        "message": message,
        "more_info": f"https://www.twilio.com/docs/errors/{code}",
        "status": status,
    }
    return json_answer(status, body, headers=headers)
