"""The vendor is asked what came back; what the sandbox's people did decides."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from campaign.channel import Channel
from campaign.sandbox import SandboxConfig, SandboxServer
from tests.run.people import DAY, Way, at_the_vendor, config, in_the_ledger, sent, synced

BY_TWILIO = frozenset({"delivered", "read", "replied", "undelivered"})
BY_WHIPPY = frozenset({"delivered", "undelivered", "replied", "closed"})
CLOSED = frozenset({"closed"})
NO_TIME = frozenset({"delivered", "undelivered"})
WAYS = [
    Way("sendbird", Channel.SMS, frozenset({"replied", "closed"})),
    Way("sendbird", Channel.MESSENGER, frozenset({"replied", "closed"})),
    Way("whippy", Channel.PHONE, BY_WHIPPY, timeless=NO_TIME),
    Way("whippy", Channel.WHATSAPP, BY_WHIPPY, timeless=NO_TIME),
    Way("whippy", Channel.EMAIL, BY_WHIPPY, timeless=NO_TIME),
    Way("synthflow", Channel.SMS, frozenset({"replied", "closed"}), timeless=CLOSED),
    Way("synthflow", Channel.SMS, BY_TWILIO | CLOSED, twilio=True, timeless=CLOSED),
    Way("synthflow", Channel.WHATSAPP, BY_TWILIO | CLOSED, twilio=True, timeless=CLOSED),
    Way("zild", Channel.WHATSAPP, BY_TWILIO, twilio=True),
]


@pytest.fixture
def server() -> Iterator[SandboxServer]:
    with SandboxServer(SandboxConfig.model_validate(config())) as one:
        yield one


@pytest.mark.parametrize("way", WAYS, ids=str)
def test_the_ledger_knows_exactly_what_the_people_did_as_far_as_the_vendor_tells(
    tmp_path: Path, server: SandboxServer, way: Way
) -> None:
    loaded = sent(tmp_path, server, way)
    server.clock.advance(DAY)
    found = synced(loaded, server)
    assert (found.exit_code, dict(found.problems)) == (0, {})
    truth, ledger = at_the_vendor(server, way), in_the_ledger(loaded, way)
    assert {"replied"} <= {what for acts in truth.values() for what in acts} <= way.tells
    assert ledger == truth
    again = synced(loaded, server)
    assert again.taken.changed == again.again.changed == 0, "asking again changes nothing"
    assert in_the_ledger(loaded, way) == ledger
