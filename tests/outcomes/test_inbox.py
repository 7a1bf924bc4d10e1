"""While somebody listens, what fits nobody is looked at again, and forgotten by its age."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from campaign.outcomes import inbox
from campaign.outcomes.intake import Intake
from tests.outcomes.listener import listening
from tests.outcomes.sent import ANA, BEN, Sent, account

MONTH = 31 * 24 * 3600 * 1000


@pytest.fixture(autouse=True)
def _it_looks_again_all_the_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inbox, "_AGAIN_EVERY", 0.05)
    monkeypatch.setattr(inbox, "_FORGET_EVERY", 0.05)


def until(is_so: Callable[[], bool]) -> None:
    last = time.monotonic() + 30
    while not is_so():
        assert time.monotonic() < last
        time.sleep(0.02)


def waiting(sent: Sent) -> int:
    return sent.ledger.count_unmatched("zild", sandbox=False)


def test_what_is_too_old_is_forgotten_though_nobody_looks_at_it_any_more(
    sent: Sent, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inbox, "_HOPED_FOR", -MONTH)  # looked at once
    ahead = asked = 0

    def now() -> int:
        nonlocal asked
        asked += 1
        return time.time_ns() // 1_000_000 + ahead

    with listening(Intake(sent.ledger, account(), "a test", now)) as listener:
        assert listener.events({"what": "read", "id": "foreign"}).status_code == 204
        assert waiting(sent) == 1
        looks = asked
        until(lambda: asked > looks + 5)
        assert waiting(sent) == 1
        ahead = MONTH
        until(lambda: waiting(sent) == 0)


def test_however_many_fit_nobody_all_are_looked_at_again_a_few_at_a_time(
    sent: Sent, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inbox, "_AT_A_TIME", 3)
    events = [{"what": "read", "id": name} for name in [*"abcdefghij", "ana", "ben"]]
    with listening(sent.intake()) as listener:
        assert listener.events(*events).status_code == 204
        assert waiting(sent) == 12
        run = sent.run("spring", {ANA: "ana", BEN: "ben"}, at=None)
        until(lambda: waiting(sent) == 10)
    assert sent.told(run) == {0: "read", 1: "read"}
