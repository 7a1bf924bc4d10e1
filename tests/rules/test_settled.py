"""A great many messages that do not change any more, and how often each of them is sorted."""

from __future__ import annotations

import random

import polars as pl
import pytest

from campaign.rules import history as module
from campaign.rules.history import MINUTE, History
from campaign.rules.settled import COLUMNS, Settled

from .people import HOUR, NOW, known


def lot(*messages: tuple[int, int]) -> pl.DataFrame:
    return pl.DataFrame(list(messages), schema=COLUMNS, orient="row")


def test_messages_are_counted_in_whichever_lot_they_came() -> None:
    chance, settled, plain = random.Random(1), Settled(), list[tuple[int, int]]()
    for size in (0, 1, 7, 100, 3, 3, 50, 1, 0, 200, 2):
        some = [(chance.randrange(-9, 9), chance.randrange(100)) for _ in range(size)]
        settled.add(lot(*some))
        plain += some
    for who in range(-10, 10):
        for at in (-1, 0, 30, 99, 100):
            assert settled.after(who, at) == sum(one == who and then > at for one, then in plain)
            assert settled.has(who, at) is ((who, at) in plain)
    assert sorted(settled.frame().rows()) == sorted(plain)


def test_a_thousand_lots_lie_in_a_few_tables() -> None:
    settled = Settled()
    for number in range(1000):
        settled.add(lot((number, number)))
    assert len(settled._tables) <= 10


def test_much_that_came_lately_is_looked_over_once_a_minute_and_not_at_every_claim(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "_MOST_LATELY", 10)
    looked = []
    set_aside = History._set_aside
    monkeypatch.setattr(
        History, "_set_aside", lambda history: (looked.append(1), set_aside(history))
    )
    history = History()
    for number in range(600):  # one a second
        history.learn([known(f"p{number}", HOUR - number, number)])
    assert len(looked) == 10
    assert len(history._lately) <= 6 * MINUTE / 1000
    since = round((NOW - 2 * HOUR) * 1000)
    assert [history.messages(f"p{number}", since) for number in range(600)] == [1] * 600
