"""Couriers do every job they are given, with no more at work than there are places."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import anyio
import pytest

from campaign.sending.couriers import Courier, Couriers

Work = Callable[[int, Courier], Awaitable[None]]


async def given(jobs: int, size: int, work: Work) -> None:
    async with anyio.create_task_group() as tasks:
        couriers = Couriers(tasks, size, work)
        for job in range(jobs):
            await couriers.place()
            couriers.give(job)
        couriers.dismiss()


async def test_every_job_is_done_once_and_no_more_at_a_time_than_there_are_places() -> None:
    done: list[int] = []
    at_work, most = 0, 0

    async def work(job: int, courier: Courier) -> None:
        nonlocal at_work, most
        at_work += 1
        most = max(most, at_work)
        for _ in range(10 + job % 4):
            await anyio.lowlevel.checkpoint()
        at_work -= 1
        done.append(job)

    await given(500, 7, work)
    assert sorted(done) == list(range(500))
    assert most == 7


async def test_a_job_that_fails_ends_all_couriers_with_its_error() -> None:
    async def work(job: int, courier: Courier) -> None:
        if job == 3:
            raise OSError("the third")
        await anyio.sleep_forever()

    with pytest.raises(ExceptionGroup) as caught:
        await given(10, 10, work)
    assert [str(error) for error in caught.value.exceptions] == ["the third"]


async def test_a_place_without_a_job_is_there_for_the_next() -> None:
    done: list[int] = []

    async def work(job: int, courier: Courier) -> None:
        done.append(job)

    async with anyio.create_task_group() as tasks:
        couriers = Couriers(tasks, 1, work)
        await couriers.place()
        couriers.keep_free()
        await couriers.place()
        couriers.give(1)
        couriers.dismiss()
    assert done == [1]


async def test_what_is_shielded_is_finished_when_the_crew_is_broken_off() -> None:
    finished: list[int] = []

    async def work(job: int, courier: Courier) -> None:
        try:
            await anyio.sleep_forever()
        finally:
            courier.scope.shield = True
            await anyio.lowlevel.checkpoint()
            finished.append(job)
            courier.scope.shield = False

    async with anyio.create_task_group() as tasks:
        couriers = Couriers(tasks, 3, work)
        for job in range(3):
            await couriers.place()
            couriers.give(job)
        await anyio.lowlevel.checkpoint()
        tasks.cancel_scope.cancel()
    assert sorted(finished) == [0, 1, 2]


async def test_who_waits_for_a_job_leaves_when_everything_is_broken_off() -> None:
    async def work(job: int, courier: Courier) -> None:
        pass

    async with anyio.create_task_group() as tasks:
        couriers = Couriers(tasks, 3, work)
        await couriers.place()
        couriers.give(1)
        for _ in range(3):
            await anyio.lowlevel.checkpoint()
        tasks.cancel_scope.cancel()
    couriers.dismiss()  # nobody is left whom this could wake
    assert tasks.cancel_scope.cancelled_caught


async def test_who_leaves_a_place_early_lets_the_next_job_begin_and_still_ends_its_own() -> None:
    began: list[int] = []
    ended: list[int] = []
    all_began = anyio.Event()

    async def work(job: int, courier: Courier) -> None:
        began.append(job)
        if len(began) == 5:
            all_began.set()
        courier.leave_place()
        await all_began.wait()
        ended.append(job)

    await given(5, 1, work)
    assert (began, sorted(ended)) == ([0, 1, 2, 3, 4], [0, 1, 2, 3, 4])


async def test_a_place_that_was_left_twice_is_one_place() -> None:
    holding, most = 0, 0

    async def work(job: int, courier: Courier) -> None:
        nonlocal holding, most
        holding += 1
        most = max(most, holding)
        await anyio.lowlevel.checkpoint()
        holding -= 1
        courier.leave_place()
        courier.leave_place()
        await anyio.lowlevel.checkpoint()

    await given(50, 3, work)
    assert most == 3
