"""The asked rate and no more in any second, however late its owner comes."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campaign.sending.slots import CATCH_UP, Slots

RATES = st.one_of(
    st.floats(0.05, 10),
    st.floats(10, 3_000),
    st.sampled_from([0.5, 1.0, 1.5, 10.0, 80.0, 200.0, 1_000.0, 3_000.0]),
)


def fullest_second(left: list[tuple[float, int]]) -> int:
    """Return how many messages the fullest second holds, wherever it begins."""
    most, held, first = 0, 0, 0
    for at, messages in left:
        held += messages
        while left[first][0] <= at - 1.0:
            held -= left[first][1]
            first += 1
        most = max(most, held)
    return most


def sent(
    rate: float,
    requests: Iterator[int],
    late: Callable[[], float],
    away: Callable[[], float] = lambda: 0.0,
) -> list[tuple[float, int]]:
    """Ask for a place for each request and take it late; be away for a while before the next."""
    slots, now, left = Slots(rate), 12_345.678, []
    for messages in requests:
        now += away()
        while (at := slots.free_at(messages, now)) > now:
            now = at + late()
        slots.leave(messages, now)
        left.append((now, messages))
    return left


@settings(deadline=None, max_examples=200)
@given(
    rate=RATES,
    lateness=st.sampled_from([0.0, 0.0001, 0.001, 0.02, 0.2, 1.5]),
    share=st.sampled_from([0.003, 0.1, 1.0]),
    seed=st.integers(0, 2**32),
)
def test_no_second_holds_more_than_its_share_however_late_each_one_comes(
    rate: float, lateness: float, share: float, seed: int
) -> None:
    chance = random.Random(seed)

    def late() -> float:
        return chance.expovariate(1 / lateness) if lateness and chance.random() < share else 0.0

    count = min(int(rate * 5) + 20, 4_000)
    left = sent(rate, iter([1] * count), late, late)
    assert fullest_second(left) <= 1.01 * rate + 1


@settings(deadline=None, max_examples=100)
@given(
    rate=RATES,
    requests=st.lists(st.integers(1, 100), min_size=1, max_size=60),
    pauses=st.lists(st.floats(0, 3), min_size=1, max_size=60),
)
def test_requests_of_many_messages_keep_to_it_too_and_a_larger_one_leaves_alone(
    rate: float, requests: list[int], pauses: list[float]
) -> None:
    waits = iter(pauses)
    left = sent(rate, iter(requests), lambda: 0.0, lambda: next(waits, 0.0))
    assert fullest_second(left) <= max(1.01 * rate + 1, max(requests))


@pytest.mark.parametrize("rate", [0.5, 1.5, 10.0, 80.0, 200.0, 1_000.0, 3_000.0])
@pytest.mark.parametrize("grain", [0.0, 0.001])
def test_over_a_minute_the_asked_rate_is_reached_and_not_passed(rate: float, grain: float) -> None:
    chance = random.Random(7)
    left = sent(rate, iter([1] * int(rate * 62)), lambda: chance.uniform(0, grain))
    first = left[0][0]
    in_a_minute = sum(at < first + 60 for at, _ in left)
    assert 0.995 * rate * 60 <= in_a_minute <= rate * 60 + 1


def test_standing_still_for_a_moment_every_second_costs_nothing_in_the_long_run() -> None:
    slots, now, left, begins = Slots(1_000.0), 50.0, 0, 50.0
    while now < begins + 60:
        if slots.free_at(1, now) <= now:
            slots.leave(1, now)
            left += 1
        else:
            now += 0.001
        if left % 1_000 == 0:
            now += 0.05  # a collection of garbage
    assert left >= 0.995 * 60_000


def test_what_is_missed_for_longer_than_a_moment_is_not_caught_up() -> None:
    slots = Slots(100.0)
    slots.leave(1, slots.free_at(1, 10.0))
    now, left = 70.0, 0
    while now < 70.9:
        if slots.free_at(1, now) <= now:
            slots.leave(1, now)
            left += 1
        else:
            now += 0.001
    assert left <= 100 * (0.9 + CATCH_UP) + 2


def test_catching_up_is_no_burst() -> None:
    slots = Slots(1_000.0)
    slots.leave(1, slots.free_at(1, 10.0))
    now, at_once = 10.2, 0
    while slots.free_at(1, now) <= now:
        slots.leave(1, now)
        at_once += 1
    assert 1 <= at_once <= 10  # 200 are owed


def test_time_that_is_forgiven_is_not_caught_up() -> None:
    slots = Slots(10.0)
    slots.leave(1, slots.free_at(1, 10.0))
    slots.forgive(10.25)
    assert slots.free_at(1, 10.25) <= 10.25
    slots.leave(1, 10.25)
    assert slots.free_at(1, 10.25) == pytest.approx(10.35)


def test_a_slower_rate_holds_at_once_for_what_has_just_left_too() -> None:
    slots, now = Slots(100.0), 10.0
    for _ in range(100):
        now = max(now, slots.free_at(1, now))
        slots.leave(1, now)
    slots.change(10.0)
    assert slots.free_at(1, now) >= now + 0.9


@pytest.mark.parametrize("rate", [80.0, 3_000.0, 1_000_000.0])
def test_what_is_remembered_does_not_grow_with_the_rate(rate: float) -> None:
    slots, now = Slots(rate), 10.0
    for _ in range(20_000):
        now = max(now, slots.free_at(1, now))
        slots.leave(1, now)
    assert len(slots._window._left) <= min(math.ceil(rate * 1.01) + 1, 2_010)
