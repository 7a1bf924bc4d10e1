"""The sandbox's clock: told to go ahead, never back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from campaign.sandbox.clock import Clock
from tests.sandbox.samples import SENDBIRD, WHIPPY, control

DAY = timedelta(days=1)


def now(sandbox):
    return datetime.fromisoformat(control(sandbox, "GET", "clock").json()["now"])


def test_a_clock_begins_as_far_ahead_as_it_is_told():
    assert Clock(ahead=DAY).now() - Clock().now() > DAY / 2


def test_it_goes_ahead_by_what_it_is_told_and_says_so(sandbox):
    before = now(sandbox)
    sandbox.clock.advance(DAY)
    assert before + DAY <= now(sandbox) < before + 2 * DAY
    said = control(sandbox, "PUT", "clock", {"advance_seconds": 86400})
    assert said.status_code == 200
    assert before + 2 * DAY <= datetime.fromisoformat(said.json()["now"]) <= now(sandbox)


@pytest.mark.parametrize("by", [-1, "yesterday", None, 1e12])
def test_it_never_goes_back_or_anywhere_that_makes_no_sense(sandbox, by):
    before = now(sandbox)
    refused = control(sandbox, "PUT", "clock", {"advance_seconds": by})
    assert refused.status_code == 400
    assert "advance_seconds" in refused.text
    assert before <= now(sandbox) < before + DAY
    with pytest.raises(ValueError, match="never goes back"):
        sandbox.clock.advance(timedelta(seconds=-1))


def test_what_is_accepted_has_the_time_of_the_clock_and_the_order_of_its_number(sandbox):
    SENDBIRD.post(sandbox)
    sandbox.clock.advance(DAY)
    SENDBIRD.post(sandbox)
    first, second = (datetime.fromisoformat(e.time) for e in sandbox.journal.entries())
    assert DAY <= second - first < 2 * DAY


def test_a_session_is_scheduled_by_the_clock(sandbox):
    tomorrow = (datetime.now(UTC) + timedelta(hours=12)).isoformat()
    assert WHIPPY.post(sandbox, {**WHIPPY.body, "schedule_at": tomorrow}).status_code == 202
    sandbox.clock.advance(DAY)
    assert WHIPPY.post(sandbox, {**WHIPPY.body, "schedule_at": tomorrow}).status_code == 422
