"""One timer for many things that all wait equally long."""

from __future__ import annotations

import asyncio

from campaign.sending.after import After


async def test_what_is_still_there_after_its_time_is_acted_on_in_order_and_once() -> None:
    acted: list[str] = []
    over = asyncio.Event()

    def act(thing: str) -> None:
        acted.append(thing)
        if thing == "last":
            over.set()

    after = After(0.02, act)
    for thing in ("a", "b", "gone", "c"):
        after.add(thing)
    after.remove("gone")
    after.remove("gone")  # twice is as good as once
    await asyncio.sleep(0.01)
    after.add("last")
    async with asyncio.timeout(5):
        await over.wait()
    assert acted == ["a", "b", "c", "last"]
    assert after.take_latest() is None


async def test_a_thing_that_comes_again_has_its_whole_time_again() -> None:
    acted: list[str] = []
    after = After(0.05, acted.append)
    after.add("early")
    over = asyncio.get_running_loop().call_later
    done = asyncio.Event()
    for seconds in (0.02, 0.04, 0.06, 0.08):
        over(seconds, lambda: (after.remove("early"), after.add("early")))
    over(0.09, lambda: (acted.append("now"), after.remove("early"), done.set()))
    async with asyncio.timeout(5):
        await done.wait()
    assert acted == ["now"]


async def test_what_came_last_is_taken_first() -> None:
    after = After(60, lambda thing: None)
    for thing in (1, 2, 3):
        after.add(thing)
    after.remove(3)
    assert [after.take_latest() for _ in range(3)] == [2, 1, None]
    after.stop()


async def test_nothing_is_acted_on_after_the_end() -> None:
    acted: list[int] = []
    after = After(0.001, acted.append)
    after.add(1)
    after.stop()
    await asyncio.sleep(0.02)
    assert acted == []
