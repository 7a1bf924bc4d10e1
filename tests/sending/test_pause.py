"""Waiting when the vendor asks for it, on a clock that stands still until it is moved."""

from __future__ import annotations

import math
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaign.sending.pause import Pause


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
