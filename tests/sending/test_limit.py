"""A limit counts who was claimed, and nobody who was about to be."""

from __future__ import annotations

import time
from collections.abc import Sequence
from itertools import count
from pathlib import Path

import pytest

from campaign.ledger.records import Claim
from campaign.message.form import Form
from campaign.rules.moment import Hold
from campaign.sending.books import Books
from campaign.sending.ending import Ending
from campaign.sending.todo import Todo
from tests.sending.stage import ACCEPTED, THROTTLED, Stage, fast


class TurnsAway:
    """A gate that turns some people away, and a judge that knows of it only then."""

    serial = False
    brief = True

    def __init__(self, *numbers: int) -> None:
        self.numbers = set(numbers)
        self.turned_away: set[int] = set()

    def admits(self, claims: Sequence[Claim], now: int) -> list[bool]:
        self.turned_away |= {claim.number for claim in claims} & self.numbers
        return [claim.number not in self.numbers for claim in claims]

    def judge(self, todo: Todo, now: float) -> Form | str:
        return "suppressed" if todo.number in self.turned_away else Form.TEXT


@pytest.mark.parametrize("batch", [1, 2, 3])
@pytest.mark.parametrize("concurrency", [1, 4])
async def test_who_is_turned_away_at_the_claim_leaves_their_place_to_the_next(
    batch: int, concurrency: int, tmp_path: Path
) -> None:
    gate = TurnsAway(0, 2, 3)
    with Stage(tmp_path, people=8) as stage:
        stage.judge = gate.judge
        stage.books = lambda ledger, lease: Books(ledger, lease, gate)
        result = await stage.run(
            lambda number, tries: ACCEPTED, fast(limit=3, batch=batch, concurrency=concurrency)
        )
        assert sorted(stage.transport.sent_to) == [1, 4, 5]
        assert stage.counts == {"accepted": 3, "skipped": 3, "pending": 2}
        assert result.ending is Ending.LIMIT


async def test_who_is_refused_after_a_wait_leaves_their_place_to_the_next(tmp_path: Path) -> None:
    asked: list[int] = []

    def judge(todo: Todo, now: float) -> Form | str:
        asked.append(todo.number)
        return "suppressed" if todo.number == 0 and asked.count(0) > 1 else Form.TEXT

    with Stage(tmp_path, people=2) as stage:
        stage.judge = judge
        # A tenth of a second passes between two looks at the clock.
        stage.clock = count(time.time(), 0.1).__next__
        result = await stage.run(lambda number, tries: ACCEPTED, fast(limit=1))
        assert stage.transport.sent_to == [1]
        assert stage.counts == {"skipped": 1, "accepted": 1}
        assert result.ending is Ending.FINISHED


async def test_who_was_claimed_once_keeps_their_place_whatever_becomes_of_them(
    tmp_path: Path,
) -> None:
    asked: list[int] = []

    def judge(todo: Todo, now: float) -> Form | str:
        asked.append(todo.number)
        # Once before the first claim, and once more after the vendor asked to slow down.
        return "suppressed" if todo.number == 0 and asked.count(0) > 1 else Form.TEXT

    with Stage(tmp_path, people=3) as stage:
        stage.judge = judge
        result = await stage.run(
            lambda number, tries: ACCEPTED if number else THROTTLED, fast(limit=1, concurrency=1)
        )
        assert stage.transport.sent_to == [0]
        assert stage.counts == {"skipped": 1, "pending": 2}
        assert result.ending is Ending.LIMIT


@pytest.mark.parametrize("limit", [1, 3])
async def test_who_had_to_wait_a_moment_begins_only_where_the_limit_has_room(
    limit: int, tmp_path: Path
) -> None:
    asked: set[int] = set()

    def judge(todo: Todo, now: float) -> Form | Hold:
        first = todo.number not in asked
        asked.add(todo.number)
        return Hold("pair_rate", now + 0.05) if first and todo.number < 6 else Form.TEXT

    with Stage(tmp_path, people=8) as stage:
        stage.judge = judge
        result = await stage.run(lambda number, tries: ACCEPTED, fast(limit=limit))
        assert len(stage.transport.sent_to) == limit
        assert stage.counts == {"accepted": limit, "pending": 8 - limit}
        assert result.ending is Ending.LIMIT
