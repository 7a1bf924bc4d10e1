"""Each provider on each channel against the sandbox, over a real socket."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from campaign.channel import Channel
from campaign.providers.protocol import Kind, Message, Outcome
from campaign.sandbox import SandboxServer
from tests.providers.vendors import WAYS, full, plain, provider, some_message


@pytest.fixture(scope="module")
def sandbox() -> Iterator[SandboxServer]:
    with SandboxServer() as server:
        yield server


def _exchange(sandbox: SandboxServer, name: str, message: Message) -> Outcome:
    chosen = provider(name, url=sandbox.url_for(name))
    with httpx.Client(trust_env=False) as client:
        (found,) = chosen.outcomes(client.send(chosen.request([message])), [message])
    return found


@pytest.mark.parametrize("build", [plain, full], ids=["least", "most"])
@pytest.mark.parametrize(("name", "channel"), WAYS)
def test_the_vendor_accepts_the_message_and_has_what_it_said(
    sandbox: SandboxServer, name: str, channel: Channel, build: Any
) -> None:
    message: Message = build(name, channel)
    before = sandbox.journal.last
    found = _exchange(sandbox, name, message)
    (entry,) = sandbox.journal.entries(name, since=before)
    assert found.kind is (Kind.SCHEDULED if message.schedule_at else Kind.ACCEPTED)
    assert found.provider_id == entry.provider_id
    assert (entry.to, entry.sender, entry.channel) == (message.address, message.sender, channel)
    assert entry.message_sent
    said = str(entry.request)
    texts = [message.text, *message.variables.values(), *message.suggested_replies]
    if message.template is not None:
        texts += [message.template.id, *message.template.variables.values()]
    for text in texts:
        assert text is None or text in said
    if message.schedule_at is not None:
        assert entry.scheduled_at == "2030-04-25T10:00:00Z"


@pytest.mark.parametrize("name", dict.fromkeys(name for name, _ in WAYS))
def test_a_recipient_whom_the_vendor_does_not_know_is_refused_alone(
    sandbox: SandboxServer, name: str
) -> None:
    message = some_message(name)
    sandbox.set_faults({"invalid_recipients": [message.address]})
    before = sandbox.journal.last
    try:
        found = _exchange(sandbox, name, message)
    finally:
        sandbox.set_faults({})
    assert (found.kind, found.scope.value) == (Kind.REJECTED, "recipient")
    assert sandbox.journal.last == before


@pytest.mark.parametrize("name", dict.fromkeys(name for name, _ in WAYS))
def test_a_busy_vendor_throttles_and_says_how_long(sandbox: SandboxServer, name: str) -> None:
    sandbox.set_faults({"throttle": 1.0, "retry_after": 0.25, "retry_after_header": True})
    try:
        found = _exchange(sandbox, name, some_message(name))
    finally:
        sandbox.set_faults({})
    assert found.kind is Kind.THROTTLED
    assert found.wait is not None
    assert found.wait >= 0.25


@pytest.mark.parametrize("fault", ["error_before", "error_after", "unreadable"])
@pytest.mark.parametrize("name", dict.fromkeys(name for name, _ in WAYS))
def test_an_answer_that_settles_nothing_is_unknown(
    sandbox: SandboxServer, name: str, fault: str
) -> None:
    sandbox.set_faults({fault: 1.0})
    try:
        found = _exchange(sandbox, name, some_message(name))
    finally:
        sandbox.set_faults({})
    assert found.kind is Kind.UNKNOWN
