"""The parts of a run's workers are the whole: of the people, of the pace and of every bound."""

from __future__ import annotations

import math
import random
from bisect import bisect_left
from itertools import pairwise

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as some

from campaign.sending.breaker import Thresholds
from campaign.sending.shard import Shard
from campaign.sending.slots import Slots
from campaign.sending.speed import Speed

WORKERS = some.integers(1, 64)


def shards(workers: int) -> list[Shard]:
    return [Shard(place, workers, 7) for place in range(workers)]


@given(WORKERS, some.integers(0, 10**9))
def test_the_shares_of_all_workers_add_up_and_differ_by_one_at_most(
    workers: int, whole: int
) -> None:
    found = [shard.share(whole) for shard in shards(workers)]
    assert sum(found) == whole
    assert max(found) - min(found) <= 1


@given(
    WORKERS,
    some.floats(0.01, 1e6),
    some.integers(64, 10_000),
    some.integers(1, 10**6),
    some.integers(1, 500),
)
def test_the_speeds_of_all_workers_are_that_of_the_run(
    workers: int, rate: float, concurrency: int, limit: int, unknown: int
) -> None:
    whole = Speed(rate, concurrency, 5, 1.0, 60.0, 1, limit, Thresholds(20, unknown, 5.0), rate / 3)
    parts = [shard.speed(whole) for shard in shards(workers)]
    assert math.isclose(sum(part.rate for part in parts), rate)
    assert math.isclose(sum(part.per_sender or 0.0 for part in parts), rate / 3)
    assert sum(part.concurrency for part in parts) == concurrency
    assert min(part.concurrency for part in parts) >= 1
    assert sum(part.limit or 0 for part in parts) == limit
    # Until the first of them stops, together they have no more than what is allowed.
    before = [(part.stop_when.unknown or 0) - 1 for part in parts]
    assert sum(before) + 1 <= unknown
    assert {part.stop_when.in_a_row for part in parts} == {20}


@given(WORKERS, some.floats(0.01, 1e6))
def test_the_slots_of_all_workers_lie_as_far_apart_as_those_of_one(
    workers: int, rate: float
) -> None:
    begins = [shard.first_slot(rate) for shard in shards(workers)]
    slots = sorted(begin + slot * workers / rate for begin in begins for slot in range(3))
    gaps = [later - earlier for earlier, later in pairwise(slots)]
    assert all(math.isclose(gap, 1 / rate, rel_tol=1e-6) for gap in gaps)


@settings(deadline=None, max_examples=30)
@given(some.integers(1, 8), some.floats(1.0, 500.0), some.floats(0.0, 2.0), some.integers(0, 2**32))
def test_no_second_of_all_workers_holds_more_than_the_rate_allows_them(
    workers: int, rate: float, away: float, seed: int
) -> None:
    luck = random.Random(seed)
    left: list[float] = []
    for shard in shards(workers):
        whole = Speed(rate, 64, 5, 1.0, 60.0)
        slots, now = Slots(shard.speed(whole).rate), 100.0 + shard.first_slot(rate)
        for _ in range(min(400, math.ceil(5 * rate / workers))):
            now += away if luck.random() < 0.02 else 0.0
            now = max(now, slots.free_at(1, now))
            slots.leave(1, now)
            left.append(now)
    left.sort()
    fullest = max(bisect_left(left, at + 1.0) - place for place, at in enumerate(left))
    assert fullest <= rate * 1.01 + workers


def of(shard: Shard, numbers: pl.Series) -> set[int]:
    return set(numbers.to_frame("number").filter(shard.holds(pl.col("number")))["number"])


@given(some.integers(1, 8), some.integers(0, 2**31))
def test_everybody_is_in_exactly_one_part_whatever_the_seed(workers: int, seed: int) -> None:
    numbers = pl.Series(range(500), dtype=pl.Int64)
    parts = [of(Shard(place, workers, seed), numbers) for place in range(workers)]
    assert sorted(number for part in parts for number in part) == list(range(500))


def test_what_one_worker_left_is_spread_over_all_of_them_the_next_time() -> None:
    numbers = pl.Series(range(10_000), dtype=pl.Int64)
    left = pl.Series(sorted(of(Shard(0, 2, 1), numbers)))
    again = [len(of(Shard(place, 2, 2), left)) for place in range(2)]
    assert min(again) > 0.45 * len(left)
