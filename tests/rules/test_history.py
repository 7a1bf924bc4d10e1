"""What is remembered of a great many messages, and in how much memory."""

from __future__ import annotations

import tracemalloc

import pytest

from campaign.rules import history as module
from campaign.rules.history import History, Known

from .people import DAY, HOUR, NOW, known


def test_a_hundred_thousand_contacts_take_a_few_megabytes() -> None:
    def contacts() -> list[Known]:
        return [known(f"+4917139{number:06}", DAY, number) for number in range(100_000)]

    history, found = History(), contacts()
    tracemalloc.start()
    history.begin(found)
    kept, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert kept < 100_000 * 32
    assert history.messages("+4917139000007", round((NOW - 2 * DAY) * 1000)) == 1


def test_what_came_lately_is_set_aside_when_it_is_much_and_still_counts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "_MOST_LATELY", 50)
    history = History()
    since = round((NOW - 2 * HOUR) * 1000)
    for number in range(200):
        name = f"p{number % 100}"
        history.learn([known(name, HOUR - number, number, initiated=True)])
    history.learn([known("p7", 1.0, 500, initiated=True)])
    assert len(history._lately) <= 51
    assert [history.messages(f"p{number}", since) for number in (7, 8, 100)] == [3, 2, 0]
    assert history.people(round(NOW * 1000)) == 100


def test_what_is_under_way_is_looked_at_again_until_it_is_too_long_ago() -> None:
    history = History()
    history.learn([known("ana", 90.0, 1, is_open=True), known("ben", 10.0, 2)])
    assert history.oldest_open(round((NOW - 100.0) * 1000)) == round((NOW - 90.0) * 1000)
    assert history.oldest_open(round((NOW - 60.0) * 1000)) is None


def test_what_is_told_once_more_counts_once_though_it_was_set_aside_meanwhile(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "_MOST_LATELY", 1)
    history = History()
    told = [known("ana", HOUR, 1), known("ben", HOUR, 2), known("cem", 1.0, 3)]
    history.begin([known("dora", HOUR, 4)])
    history.learn(told)
    history.learn([*told, known("dora", HOUR, 4), known("ana", HOUR - 1.0, 5)])
    since = round((NOW - 2 * HOUR) * 1000)
    assert [history.messages(name, since) for name in ("ana", "ben", "cem", "dora")] == [2, 1, 1, 1]
