"""A limit that nobody told us is found, kept just below, and forgotten when it has gone."""

from __future__ import annotations

import math
from collections import deque
from itertools import pairwise

import pytest

from campaign.sending.giving_way import GivingWay
from campaign.sending.pace import Pace
from campaign.sending.waited import Waited
from tests.sending.clocks import VirtualClock
from tests.sending.stage import fast

LATENCY = 0.05


class Vendor:
    """Takes ``limit`` messages in any second, and says 429 to the others."""

    def __init__(self, limit: float) -> None:
        self.limit = limit
        self._taken: deque[float] = deque()

    def takes(self, now: float) -> bool:
        while self._taken and self._taken[0] <= now - 1.0:
            self._taken.popleft()
        if len(self._taken) >= self.limit:
            return False
        self._taken.append(now)
        return True


class Sending:
    """Sends at a pace to a vendor, whose answers take a while."""

    def __init__(self, patch: pytest.MonkeyPatch, asked: float, limit: float) -> None:
        self.clock = VirtualClock(patch)
        self.vendor = Vendor(limit)
        self.pace = Pace(fast(rate=asked, first_wait=1.0, longest_wait=60.0))
        self.taken: list[float] = []
        self.pauses: list[float] = []

    async def until(self, end: float) -> None:
        under_way: deque[tuple[float, bool]] = deque()
        while self.clock.now() < end:
            await self.pace.take(1)
            now = self.clock.now()
            while under_way and under_way[0][0] <= now - LATENCY:
                self._answered(*under_way.popleft())
            under_way.append((now, self.vendor.takes(now)))

    def _answered(self, let_go_at: float, taken: bool) -> None:
        if taken:
            self.taken.append(let_go_at)
            self.pace.answered(let_go_at)
        elif self.pace.pause.begin(None, let_go_at):
            self.pauses.append(self.clock.now())
            self.pace.throttled()


@pytest.mark.parametrize(
    ("asked", "limit"), [(80, 42), (80, 75), (1_000, 42), (500, 490), (100, 3)]
)
def test_a_run_settles_just_under_a_limit_that_nobody_told_us(
    monkeypatch: pytest.MonkeyPatch, asked: float, limit: float
) -> None:
    sending = Sending(monkeypatch, asked, limit)
    begin = sending.clock.now()
    sending.clock.run(sending.until(begin + 420))
    settled = [at for at in sending.taken if at >= begin + 120]
    assert 0.8 * limit <= len(settled) / 300 <= limit
    # It feels for the limit now and then, and does not run against it all the time.
    assert len([at for at in sending.pauses if at >= begin + 120]) <= 300 / 10
    slowed_to = sending.pace.waited.slowed_to
    assert slowed_to is not None
    assert 0.6 * limit <= slowed_to <= 1.2 * limit + 1


def test_the_asked_rate_is_reached_again_when_the_limit_has_gone_and_never_passed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sending = Sending(monkeypatch, 80, 5)
    begin = sending.clock.now()

    async def send() -> None:
        await sending.until(begin + 60)
        sending.vendor.limit = math.inf
        await sending.until(begin + 300)

    sending.clock.run(send())
    last = [at for at in sending.taken if at >= begin + 240]
    assert len(last) == pytest.approx(80 * 60, rel=0.01)
    assert sending.pace.waited.slowed_to is None


def test_a_vendor_that_never_complains_is_sent_to_at_the_asked_rate(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sending = Sending(monkeypatch, 80, 1_000)
    begin = sending.clock.now()
    sending.clock.run(sending.until(begin + 60))
    assert len(sending.taken) == pytest.approx(80 * 60, abs=10)
    assert sending.pace.waited == Waited()


def test_each_trouble_takes_the_same_share_and_no_number_of_them_stops_the_sending(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    VirtualClock(monkeypatch)
    way = GivingWay(100.0)
    rates = [way.rate]
    for _ in range(50):
        way.throttled()
        rates.append(way.rate)
    assert all(later <= earlier for earlier, later in pairwise(rates))
    assert rates[1:3] == pytest.approx([70.0, 49.0])
    assert rates[-1] > 0


def test_answers_from_before_the_trouble_do_not_make_it_faster(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = VirtualClock(monkeypatch)
    way = GivingWay(100.0)
    before = clock.now()
    clock.passes(1)
    way.throttled()
    clock.passes(1)
    assert not way.answered(before)
    assert way.rate == pytest.approx(70.0)
    assert way.answered(clock.now())
    assert way.rate > 70.0


def test_a_long_silence_does_not_make_it_fast_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = VirtualClock(monkeypatch)
    way = GivingWay(100.0)
    way.throttled()
    clock.passes(3_600)
    way.answered(clock.now())
    assert way.rate <= 75.0
