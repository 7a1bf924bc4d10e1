from __future__ import annotations

import pytest

from campaign.providers import asking, synthflow_look_up, twilio


@pytest.fixture(autouse=True)
def _vendors_that_may_be_asked_often(monkeypatch: pytest.MonkeyPatch) -> None:
    """How fast a real vendor is asked is a promise to it, and no test has to wait for that."""
    for way in (asking.Asking, synthflow_look_up.SynthflowChats, twilio.TwilioMessages):
        monkeypatch.setattr(way, "rate", 1000.0)
