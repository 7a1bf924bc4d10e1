"""A door keeps a rate where requests leave, whatever held them up on their way to it."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import anyio
import anyio.lowlevel

from campaign.providers.protocol import Outcome
from campaign.sending.door import Door
from tests.sending.stage import ACCEPTED, FailingLedger, Stage, fast


async def left_through(
    door: Door, crowd: int, sender: str | None = None
) -> list[tuple[int, float]]:
    """Have a crowd come at once; return who left when, in the order in which they left."""
    left: list[tuple[int, float]] = []

    async def one(number: int) -> None:
        await door.through(1, sender)
        left.append((number, time.monotonic()))

    async with anyio.create_task_group() as tasks:
        for number in range(crowd):
            tasks.start_soon(one, number)
    return left


def fullest_second_of_many(moments: list[float]) -> int:
    """The same where the moments are in order, and too many to look at each with each."""
    most = first = 0
    for place, at in enumerate(moments):
        while at - moments[first] >= 1.0:
            first += 1
        most = max(most, place - first + 1)
    return most


def fullest_second(moments: list[float]) -> int:
    return max(sum(at <= other < at + 1 for other in moments) for at in moments)


async def test_a_crowd_that_was_held_up_leaves_within_the_rate_and_in_its_order() -> None:
    left = await left_through(Door(40.0), 60)
    assert [number for number, _ in left] == list(range(60))
    assert fullest_second([at for _, at in left]) <= 40 * 1.01 + 1


async def test_a_ledger_that_stood_still_does_not_let_a_crowd_out(tmp_path: Path) -> None:
    moments: list[float] = []
    stood_still: list[bool] = []

    def script(number: int, tries: int) -> Outcome:
        moments.append(time.monotonic())
        return ACCEPTED

    def standing_still(written: Mapping[str, Any]) -> bool:
        if written["claims"] and len(moments) >= 5 and not stood_still:
            stood_still.append(True)
            time.sleep(0.6)  # the writer's own thread
        return False

    with Stage(tmp_path, people=60) as stage:
        stage.ledger = FailingLedger(stage.held.ledger, standing_still)  # type: ignore[assignment]
        await stage.run(script, fast(rate=40.0, concurrency=100))
        assert stage.counts == {"accepted": 60}
    assert stood_still
    assert fullest_second(moments) <= 40 * 1.01 + 1


async def test_nothing_is_awaited_where_there_is_room() -> None:
    door = Door(40.0)
    assert [await door.through(1, None) for _ in range(20)] == [False] * 20


async def test_each_sender_keeps_to_its_own_rate() -> None:
    door = Door(1000.0, per_sender=10.0)
    left = await left_through(door, 15, "one")
    assert fullest_second([at for _, at in left]) <= 10 * 1.01 + 1
    assert await door.through(1, "another") is False


async def test_who_stops_waiting_leaves_the_line_to_the_others() -> None:
    door = Door(10.0)
    await left_through(door, 11)
    with anyio.move_on_after(0.05) as gone:
        await door.through(1, None)
    assert gone.cancelled_caught
    assert await door.through(1, None) is True


async def test_a_long_line_leaves_as_fast_as_the_rate_allows_however_seldom_it_is_looked_at() -> (
    None
):
    door = Door(3000.0)
    left: list[float] = []
    turns = 0

    async def one() -> None:
        await door.through(1, None)
        left.append(time.monotonic())

    async def busy_loop() -> None:
        """What a loop with much to do is like: each turn takes two milliseconds."""
        nonlocal turns
        while len(left) < 6000:
            time.sleep(0.002)  # noqa: ASYNC251 - to hold the loop up
            turns += 1
            await anyio.lowlevel.checkpoint()

    async with anyio.create_task_group() as tasks:
        for _ in range(6000):
            tasks.start_soon(one)
        tasks.start_soon(busy_loop)
    # One a turn would be six thousand turns.
    assert turns < 2000
    assert fullest_second_of_many(left) <= 3000 * 1.01 + 1


async def test_who_was_called_and_goes_away_costs_nobody_their_place() -> None:
    door = Door(20.0)
    await left_through(door, 21)
    async with anyio.create_task_group() as tasks:
        for _ in range(5):
            tasks.start_soon(door.through, 1, None)
        await anyio.wait_all_tasks_blocked()
        tasks.cancel_scope.cancel()
    left = await left_through(door, 21)
    assert len(left) == 21
    assert left[-1][1] - left[0][1] < 1.0


async def test_a_request_of_more_than_a_second_holds_leaves_alone() -> None:
    door = Door(10.0)
    moments: list[tuple[float, int]] = []

    async def one(messages: int) -> None:
        await door.through(messages, None)
        moments.append((time.monotonic(), messages))

    async with anyio.create_task_group() as tasks:
        for messages in (5, 40, 5):
            tasks.start_soon(one, messages)
    (first, _), (large, _), (last, _) = moments
    assert [messages for _, messages in moments] == [5, 40, 5]
    assert large - first > 1.0
    assert last - large > 1.0


async def test_who_comes_while_others_are_called_leaves_after_them() -> None:
    door = Door(1000.0)
    left: list[str] = []

    async def one(name: str) -> None:
        await door.through(1, None)
        left.append(name)

    await left_through(door, 1009)
    async with anyio.create_task_group() as tasks:
        for number in range(30):
            tasks.start_soon(one, f"{number:02}")
            await anyio.sleep(0.0001 if number % 3 else 0.9 / 30)
        for number in range(30, 600):
            tasks.start_soon(one, f"{number:03}")
            await anyio.lowlevel.checkpoint()
    assert [int(name) for name in left] == list(range(600))
