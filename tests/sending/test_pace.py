"""When a request may leave: at the asked rate, at each sender's own, and after every pause."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from itertools import cycle, pairwise
from typing import Any

import pytest

from campaign.sending.pace import Pace
from tests.sending.clocks import VirtualClock
from tests.sending.stage import fast
from tests.sending.test_slots import fullest_second


def times_of(clock: VirtualClock, pace: Pace, senders: Sequence[str | None]) -> list[float]:
    """Say when each message may leave, in seconds from the first wish."""
    left: list[float] = []

    async def send() -> None:
        begin = clock.now()
        for sender in senders:
            await pace.take(1, sender)
            left.append(clock.now() - begin)

    clock.run(send())
    return left


@pytest.mark.parametrize("rate", [0.5, 5.0, 10.0, 80.0, 500.0, 3_000.0])
def test_the_asked_rate_is_kept_from_the_first_second_on(
    monkeypatch: pytest.MonkeyPatch, rate: float
) -> None:
    clock = VirtualClock(monkeypatch)
    left = times_of(clock, Pace(fast(rate=rate)), [None] * int(rate * 10 + 1))
    assert left[-1] == pytest.approx(10.0, rel=0.005, abs=1 / rate)
    assert fullest_second([(at, 1) for at in left]) <= 1.01 * rate + 1


def test_each_sender_keeps_its_own_rate_and_all_of_them_the_whole(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = VirtualClock(monkeypatch)
    names = [name for _, name in zip(range(300), cycle("abc"), strict=False)]
    left = times_of(clock, Pace(fast(rate=25.0, per_sender=10.0)), names)
    assert fullest_second([(at, 1) for at in left]) <= 1.01 * 25 + 1
    assert left[-1] == pytest.approx(300 / 25, rel=0.01)
    for name in "abc":
        own = [(at, 1) for at, of in zip(left, names, strict=True) if of == name]
        assert fullest_second(own) <= 1.01 * 10 + 1


def test_a_sender_that_is_faster_than_its_rate_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = VirtualClock(monkeypatch)
    left = times_of(clock, Pace(fast(rate=100.0, per_sender=10.0)), ["a"] * 100)
    assert left[-1] == pytest.approx(9.9, rel=0.01)


def test_nobody_waits_in_line_for_a_place_that_is_free(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = VirtualClock(monkeypatch)
    pace = Pace(fast(rate=10.0))

    async def send() -> None:
        await pace.take(1)
        clock.passes(0.2)
        other = asyncio.get_running_loop().create_future()
        asyncio.get_running_loop().call_soon(other.set_result, None)
        await pace.take(1)
        assert not other.done()  # nobody else was let run meanwhile
        await other

    clock.run(send())


def test_a_pause_that_is_lengthened_meanwhile_is_waited_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = VirtualClock(monkeypatch)
    pace = Pace(fast(rate=80.0, first_wait=1.0, longest_wait=10.0))
    waited: list[float] = []

    async def send() -> None:
        begin = clock.now()
        pace.pause.begin(2.0, begin)
        longer: Callable[[], Any] = lambda: pace.pause.begin(4.0, begin)  # noqa: E731
        asyncio.get_running_loop().call_at(begin + 1, longer)
        await pace.take(1)
        waited.append(clock.now() - begin)

    clock.run(send())
    assert waited == [pytest.approx(5.0, abs=0.01)]
    assert pace.waited.paused == pytest.approx(5.0, abs=0.01)
    assert pace.waited.for_the_vendor == pytest.approx(5.0, abs=0.01)


def test_a_pause_that_begins_while_a_place_is_waited_for_is_kept_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = VirtualClock(monkeypatch)
    pace = Pace(fast(rate=2.0, first_wait=1.0, longest_wait=10.0))
    left: list[float] = []

    async def send() -> None:
        begin = clock.now()
        await pace.take(1)
        asyncio.get_running_loop().call_at(begin + 0.25, lambda: pace.pause.begin(3.0, clock.now()))
        await pace.take(1)
        left.append(clock.now() - begin)

    clock.run(send())
    assert left == [pytest.approx(3.25, abs=0.01)]


def test_what_a_pause_cost_is_not_caught_up(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = VirtualClock(monkeypatch)
    pace = Pace(fast(rate=80.0, first_wait=1.0, longest_wait=10.0))
    left: list[float] = []

    async def send() -> None:
        await pace.take(1)
        pace.pause.begin(3.0, clock.now())
        begin = clock.now()
        for _ in range(80):
            await pace.take(1)
            left.append(clock.now() - begin)

    clock.run(send())
    assert left[0] >= 3.0
    for before, after in pairwise(left):
        assert after - before == pytest.approx(1 / 80, rel=0.01)


def test_waiting_for_an_answer_is_counted_as_such(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = VirtualClock(monkeypatch)
    pace = Pace(fast(rate=80.0))
    with pace.waiting_for_an_answer():
        clock.passes(2.5)
    assert pace.waited.in_flight == pytest.approx(2.5)
    assert pace.waited.paused == pace.waited.capped == 0


def test_on_a_real_clock_no_second_holds_too_many() -> None:
    left: list[tuple[float, int]] = []

    async def send() -> None:
        pace, end = Pace(fast(rate=500.0)), time.monotonic() + 1.5
        while time.monotonic() < end:
            await pace.take(1)
            left.append((time.monotonic(), 1))

    asyncio.run(send())
    assert fullest_second(left) <= 1.01 * 500 + 1
    assert len(left) > 1
