"""Online checks with a vendor that gives canned answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx

from campaign.channel import Channel
from campaign.providers.online import AsksOnline, OnlineFinding, Subject
from tests.providers.look_ups import SID, TOKEN, TWILIO
from tests.providers.vendors import KEY, SENDER, answer, provider

TEMPLATE = "HX" + "0" * 32
Vendor = Callable[[httpx.Request], httpx.Response]


@dataclass(frozen=True)
class Asked:
    """What was asked, and what came of it, by what each finding is about."""

    requests: list[httpx.Request]
    findings: dict[str, OnlineFinding]

    def __getitem__(self, what: str) -> str:
        return self.findings[what].verdict.value

    @property
    def paths(self) -> list[str]:
        return [request.url.path for request in self.requests]


def asked(
    name: str,
    vendor: Vendor,
    *,
    channel: Channel = Channel.SMS,
    senders: tuple[str, ...] = (SENDER,),
    template: str | None = None,
    twilio: bool | dict[str, str] = False,
    **settings: Any,
) -> Asked:
    """Ask everything there is; every request only reads, and no finding shows a secret."""
    more = {"twilio.auth_token": TOKEN} if twilio else {}
    if twilio:
        settings["twilio"] = TWILIO | (twilio if isinstance(twilio, dict) else {})
    one = provider(name, more=more, **settings)
    assert isinstance(one, AsksOnline)
    requests: list[httpx.Request] = []
    findings: list[OnlineFinding] = []
    for check in one.online_checks(Subject(channel, senders, (template,) if template else ())):
        questions = check.ask()
        said: httpx.Response | None = None
        while True:
            try:
                request = next(questions) if said is None else questions.send(said)
            except StopIteration as end:
                findings += end.value
                break
            assert request.method == "GET"
            requests.append(request)
            said = vendor(request)
    for finding in findings:
        shown = f"{finding.sentence} {finding.hint}"
        assert KEY not in shown
        assert TOKEN not in shown
    assert len({finding.what for finding in findings}) == len(findings)
    return Asked(requests, {finding.what: finding for finding in findings})


def by_path(**answers: object) -> Vendor:
    """A vendor that answers by the last part of the path; anything else is 404."""

    def vendor(request: httpx.Request) -> httpx.Response:
        last = request.url.path.rsplit("/", 1)[-1].removesuffix(".json").replace(SID, "account")
        found = answers.get(last.replace("-", "_"), answer(404, {}))
        return found if isinstance(found, httpx.Response) else answer(200, found)

    return vendor


def always(status: int, body: object = b"") -> Vendor:
    return lambda _: answer(status, body)
