"""Couriers do every job they are given, with no more at work than there are places."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import anyio
import pytest

from campaign.sending.couriers import Couriers

Work = Callable[[int, anyio.CancelScope], Awaitable[None]]


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

    async def work(job: int, steady: anyio.CancelScope) -> None:
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
    async def work(job: int, steady: anyio.CancelScope) -> None:
        if job == 3:
            raise OSError("the third")
        await anyio.sleep_forever()

    with pytest.raises(ExceptionGroup) as caught:
        await given(10, 10, work)
    assert [str(error) for error in caught.value.exceptions] == ["the third"]


async def test_a_place_without_a_job_is_there_for_the_next() -> None:
    done: list[int] = []

    async def work(job: int, steady: anyio.CancelScope) -> None:
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

    async def work(job: int, steady: anyio.CancelScope) -> None:
        try:
            await anyio.sleep_forever()
        finally:
            steady.shield = True
            await anyio.lowlevel.checkpoint()
            finished.append(job)
            steady.shield = False

    async with anyio.create_task_group() as tasks:
        couriers = Couriers(tasks, 3, work)
        for job in range(3):
            await couriers.place()
            couriers.give(job)
        await anyio.lowlevel.checkpoint()
        tasks.cancel_scope.cancel()
    assert sorted(finished) == [0, 1, 2]


async def test_who_waits_for_a_job_leaves_when_everything_is_broken_off() -> None:
    async def work(job: int, steady: anyio.CancelScope) -> None:
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
