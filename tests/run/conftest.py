from __future__ import annotations

import pytest

from campaign.providers import (
    asking,
    polling,
    synthflow_look_up,
    synthflow_poll,
    twilio,
    twilio_poll,
)


@pytest.fixture(autouse=True)
def _vendors_that_may_be_asked_often(monkeypatch: pytest.MonkeyPatch) -> None:
    """How fast a real vendor is asked is a promise to it, and no test has to wait for that."""
    for way in (
        asking.Asking,
        polling.Polling,
        synthflow_look_up.SynthflowChats,
        synthflow_poll.SynthflowConversations,
        twilio.TwilioMessages,
        twilio_poll.TwilioDeliveries,
    ):
        monkeypatch.setattr(way, "rate", 1000.0)
