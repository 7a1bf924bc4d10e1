"""Never faster than asked, and waiting when the vendor asks for it; on a clock of our own."""

from __future__ import annotations

import asyncio
import math
import selectors
import time
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campaign.sending.pace import Pace, Pause


class _Leap(selectors.DefaultSelector):  # type: ignore[misc, valid-type]
    """Instead of waiting for a timer, moves the clock to it."""

    now = 1000.0

    def select(self, timeout: float | None = None) -> Any:
        # A microsecond at least, as on a real clock: a timer may be nearer than a float can tell.
        self.now += max(timeout or 0.0, 1e-6)
        return super().select(0)


class VirtualClock:
    """Runs a coroutine in a loop whose time passes only when everybody sleeps."""

    def __init__(self) -> None:
        self._selector = _Leap()
        self._loop = asyncio.SelectorEventLoop(self._selector)
        self._loop.time = self.now  # type: ignore[method-assign]

    def now(self) -> float:
        return self._selector.now

    def run(self, coroutine: Coroutine[Any, Any, None]) -> None:
        try:
            self._loop.run_until_complete(coroutine)
        finally:
            self._loop.close()


def times_of(rate: float, batches: list[int]) -> list[float]:
    """Say when each request may leave, in seconds from the first."""
    clock, left = VirtualClock(), []

    async def send() -> None:
        pace = Pace(rate)
        begin = clock.now()
        for messages in batches:
            await pace.take(messages)
            left.append(clock.now() - begin)

    clock.run(send())
    return left


RATES = st.one_of(
    st.floats(0.05, 10), st.floats(10, 3_000), st.sampled_from([1.0, 9.99, 10.0, 80.0, 500.0])
)


@settings(deadline=None, max_examples=60)
@given(rate=RATES, batches=st.lists(st.integers(1, 100), min_size=1, max_size=30))
def test_never_more_than_asked_beyond_one_small_burst(rate: float, batches: list[int]) -> None:
    left = times_of(rate, batches)
    burst = 1 if rate < 10 else max(2, rate * 0.02)
    for first, begin in enumerate(left):
        for last in range(first, len(left)):
            # A request waits until its last message may leave, so its first ones come for nothing.
            paced = sum(batches[first + 1 : last + 1])
            assert paced <= rate * (left[last] - begin) + burst + 1e-6 * paced


@pytest.mark.parametrize("rate", [0.5, 1, 5, 9, 10, 20, 80, 500, 1_000])
def test_the_asked_rate_is_reached_and_not_passed(rate: float) -> None:
    burst = 1 if rate < 10 else max(2, rate * 0.02)
    left = times_of(rate, [1] * 400)
    assert left[-1] == pytest.approx((400 - burst) / rate, rel=0.01)


@pytest.mark.parametrize("rate", [1.0, 80.0, 500.0, 2_000.0])
def test_the_first_second_is_not_twice_as_fast(rate: float) -> None:
    left = times_of(rate, [1] * int(rate * 3))
    for begin in (0.0, 0.5, 1.0):
        assert sum(begin <= moment < begin + 1 for moment in left) <= rate * 1.02 + 2


class Clock:
    """A monotonic clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = 500.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(time, "monotonic", clock)
    return clock


def later(clock: Clock, pause: Pause) -> float:
    """Let the pause pass, and a request leave after it."""
    clock.now += pause.seconds + 0.001
    return clock.now


def test_without_a_word_from_the_vendor_the_waits_double_up_to_the_longest(clock: Clock) -> None:
    pause = Pause(1.0, 10.0)
    for expected in (1, 2, 4, 8, 10, 10):
        clock.now += 1
        assert pause.begin(None, later(clock, pause))
        assert expected <= pause.seconds <= expected * 1.25


def test_the_vendors_own_wait_is_kept_to(clock: Clock) -> None:
    for asked in (0.07, 3.0, 600.0):
        pause = Pause(1.0, 10.0)
        pause.begin(asked, clock.now)
        assert pause.seconds == pytest.approx(asked)


def test_a_vendor_that_asks_for_the_same_short_time_again_is_given_more(clock: Clock) -> None:
    pause = Pause(1.0, 10.0)
    waits = []
    for _ in range(4):
        pause.begin(0.1, later(clock, pause))
        waits.append(pause.seconds)
    assert waits == pytest.approx([0.1, 0.2, 0.4, 0.8])


def test_a_vendor_that_asks_for_no_wait_at_all_is_not_hammered(clock: Clock) -> None:
    pause = Pause(1.0, 10.0)
    pause.begin(0.0, clock.now)
    assert pause.seconds >= 1.0


@pytest.mark.parametrize("pause_is_over", [False, True])
def test_answers_to_what_was_already_under_way_are_the_same_trouble(
    clock: Clock, pause_is_over: bool
) -> None:
    pause = Pause(1.0, 10.0)
    sent_at = clock.now
    clock.now += 0.5
    assert pause.begin(None, sent_at)
    until = clock.now + pause.seconds
    clock.now += 5.0 if pause_is_over else 0.1
    assert not pause.begin(None, sent_at)
    assert pause.in_a_row == 1
    assert pause.seconds == pytest.approx(max(0.0, until - clock.now))


def test_an_answer_to_what_was_under_way_can_lengthen_the_pause_and_never_shortens_it(
    clock: Clock,
) -> None:
    pause = Pause(1.0, 10.0)
    pause.begin(5.0, clock.now)
    for asked, expected in ((2.0, 5.0), (7.0, 7.0), (None, 7.0)):
        assert not pause.begin(asked, clock.now - 1)
        assert pause.seconds == pytest.approx(expected)
    assert pause.in_a_row == 1


def test_an_accepted_message_ends_the_trouble(clock: Clock) -> None:
    pause = Pause(1.0, 10.0)
    for _ in range(3):
        pause.begin(None, later(clock, pause))
    pause.over(later(clock, pause))
    pause.begin(None, later(clock, pause))
    assert pause.in_a_row == 1
    assert 1.0 <= pause.seconds <= 1.25


def test_an_answer_from_before_the_trouble_does_not_end_it(clock: Clock) -> None:
    pause = Pause(1.0, 10.0)
    before = clock.now
    pause.begin(None, later(clock, pause))
    pause.over(before)
    assert pause.in_a_row == 1


@given(st.integers(0, 5_000), st.floats(0.0, 1e9))
def test_a_pause_is_finite_however_often_it_came(in_a_row: int, asked: float) -> None:
    pause = Pause(1.0, 60.0)
    pause.in_a_row = in_a_row
    pause.begin(asked, time.monotonic())
    assert math.isfinite(pause.seconds)
    assert 0 <= pause.seconds <= max(75.0, asked)


def test_waiting_lasts_to_the_end_of_a_pause_that_is_lengthened_meanwhile(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    virtual = VirtualClock()
    monkeypatch.setattr(time, "monotonic", virtual.now)
    waited: list[float] = []

    async def send() -> None:
        pause = Pause(1.0, 10.0)
        begin = virtual.now()
        pause.begin(2.0, begin)
        longer: Callable[[], Any] = lambda: pause.begin(4.0, begin)  # noqa: E731
        asyncio.get_running_loop().call_at(begin + 1, longer)
        await pause.wait()
        waited.append(virtual.now() - begin)

    virtual.run(send())
    assert waited == [pytest.approx(5.0, abs=0.01)]
