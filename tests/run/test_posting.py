"""Vendors post to `campaign listen` what the sandbox's people did; the ledger knows just that."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from campaign.channel import Channel
from campaign.sandbox import SandboxConfig, SandboxServer
from tests.run.campaigns import ENVIRONMENT
from tests.run.listened import TOKEN, listening
from tests.run.people import DAY, Way, at_the_vendor, config, in_the_ledger, sent
from tests.run.reconciled import SECRETS

EVERYTHING = frozenset({"delivered", "read", "replied", "undelivered", "closed"})
BY_TWILIO = EVERYTHING - {"closed"}
NO_TIME = frozenset({"delivered", "undelivered", "read"})
WAYS = [
    Way("sendbird", Channel.SMS, frozenset({"replied", "closed"})),
    Way("sendbird", Channel.MESSENGER, frozenset({"replied", "closed"})),
    # The end of a conversation is posted under an id that no answer to us names.
    Way("whippy", Channel.PHONE, EVERYTHING - {"read", "closed"}),
    Way("whippy", Channel.WHATSAPP, EVERYTHING - {"read", "closed"}),
    Way("zild", Channel.WHATSAPP, EVERYTHING, timeless=NO_TIME),
    # A callback names no time at all: it happens as it is posted.
    Way("zild", Channel.WHATSAPP, BY_TWILIO, twilio=True, timeless=EVERYTHING),
    # Synthflow names no message of Twilio's, so only what people write can be told apart.
    Way("synthflow", Channel.SMS, frozenset({"replied"}), twilio=True, timeless=EVERYTHING),
    Way("synthflow", Channel.WHATSAPP, frozenset({"replied"}), twilio=True, timeless=EVERYTHING),
]


@pytest.fixture
def server() -> Iterator[SandboxServer]:
    with SandboxServer(SandboxConfig.model_validate(config())) as one:
        yield one


def hook(way: Way, url: str) -> dict[str, Any]:
    """Return where the vendor of a way posts to, and how it proves who it is."""
    if way.twilio:
        return {"twilio": {"url": f"{url}/webhooks/twilio", "secret": SECRETS["TOKEN"]}}
    if way.provider == "zild":
        return {"zild": {"url": f"{url}/webhooks/zild?token={TOKEN}"}}
    named = {"url": f"{url}/webhooks/{way.provider}", "secret": ENVIRONMENT["KEY"]}
    return {way.provider: named}


@pytest.mark.parametrize("again", [{}, {"repeat": 0.3, "shuffle": True}], ids=["once", "muddled"])
@pytest.mark.parametrize("way", WAYS, ids=str)
def test_the_ledger_knows_what_the_vendor_posted_once_it_was_answered(
    tmp_path: Path, server: SandboxServer, way: Way, again: dict[str, Any]
) -> None:
    hooked = "  webhook_secret: ${HOOK}\n" if way.provider == "zild" else ""
    loaded = sent(tmp_path, server, way, settings=hooked)
    with listening(tmp_path / "campaign.yaml") as process:
        server.set_webhooks(hook(way, process.url) | again)
        server.clock.advance(DAY)
        posted = server.post_due(concurrency=4)
        assert posted > 20
        assert server.post_due() == 0, "what was answered is not posted again"
        process.signal(signal.SIGTERM)
        assert process.end() == 0
    finished = process.said[-1]
    assert set(finished["answers"]) == {"204"}
    assert in_the_ledger(loaded, way) == at_the_vendor(server, way)
