"""A look-up with a vendor that gives canned answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from campaign.channel import Channel
from campaign.providers.look_up import Finding, Known, LookUp, Sought, Verdict, Wait
from tests.providers.vendors import KEY, NUMBER, SENDER, answer, provider

TOKEN = "twilio-token-55bb-do-not-print"
SID = "AC" + "0f" * 16
TWILIO = {"account_sid": SID, "auth_token": "${TWILIO}"}

NOW = datetime.now(UTC).replace(microsecond=0)
AT = NOW - timedelta(hours=3)
"""When the attempt began."""
BO = Known("+491713920088", SENDER, Channel.SMS, AT - timedelta(minutes=1))
"""Somebody whom the same run has reached."""
ANA = Sought(7, NUMBER, Channel.SMS, SENDER, "Hi Ana, your order is ready.", AT, (BO,))

Vendor = Callable[[httpx.Request], httpx.Response]


@dataclass
class Exchange:
    """What was asked, how long was waited, and what came of it."""

    findings: list[Finding]
    requests: list[httpx.Request]
    waited: float

    @property
    def finding(self) -> Finding:
        (found,) = self.findings
        return found

    @property
    def verdict(self) -> Verdict:
        return self.finding.verdict


def asked(look_up: LookUp, vendor: Vendor, *sought: Sought) -> Exchange:
    """Run a look-up against a vendor; every recipient must get a finding, in order."""
    requests: list[httpx.Request] = []
    waited = 0.0
    questions = look_up.ask(sought)
    said: httpx.Response | None = None
    while True:
        try:
            question = questions.send(said)
        except StopIteration as end:
            findings: list[Finding] = end.value
            break
        if isinstance(question, Wait):
            assert question.seconds > 0
            waited += question.seconds
            said = None
        else:
            requests.append(question)
            said = vendor(question)
            assert len(requests) < 5000
    assert [finding.recipient for finding in findings] == [one.recipient for one in sought]
    return Exchange(findings, requests, waited)


def always(status: int, body: object) -> Vendor:
    """A vendor that gives one answer to everything."""
    return lambda request: answer(status, body)


def in_turn(*answers: object) -> Vendor:
    """A vendor that gives these answers one after the other, each a body or a response."""
    left = list(answers)

    def vendor(request: httpx.Request) -> httpx.Response:
        next_one = left.pop(0)
        return next_one if isinstance(next_one, httpx.Response) else answer(200, next_one)

    return vendor


def look_up(name: str, at: int = 0, **settings: Any) -> LookUp:
    """One of a vendor's look-ups, by its place."""
    return provider(name, **settings).look_ups()[at]


def twilio(name: str = "synthflow", **settings: Any) -> LookUp:
    """Twilio's message list, as a vendor that sends over it has it."""
    return provider(name, more={"twilio.auth_token": TOKEN}, twilio=TWILIO, **settings).look_ups()[
        0
    ]


def later(minutes: float) -> str:
    """A time so long after the attempt, in ISO 8601."""
    return (AT + timedelta(minutes=minutes)).isoformat()


def to(one: Sought, **changes: Any) -> Sought:
    return replace(one, **changes)


SECRETS = (KEY, TOKEN)
