"""What always holds: claims first, bounded concurrency, rules judged at the last moment."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any, cast

import anyio
import anyio.lowlevel
import pytest

from campaign.ledger.groups import Begun
from campaign.ledger.protocol import Ledger
from campaign.ledger.records import Claim, Lease
from campaign.message.form import Form
from campaign.providers.protocol import Kind, Outcome
from campaign.sending.books import Books
from campaign.sending.ending import Ending
from campaign.sending.todo import Todo
from tests.sending.stage import ACCEPTED, UNKNOWN, Answer, Stage, fast, todo


@pytest.mark.parametrize("concurrency", [1, 3, 16])
async def test_there_are_never_more_requests_under_way_than_allowed(
    tmp_path: Path, concurrency: int
) -> None:
    async def script(number: int, tries: int) -> Outcome:
        await anyio.sleep(0.001)
        return ACCEPTED

    with Stage(tmp_path, people=100) as stage:
        await stage.run(script, fast(concurrency=concurrency))
        assert stage.counts == {"accepted": 100}
        assert 1 <= stage.transport.peak <= concurrency


class CountingLedger:
    """A ledger that counts the claims that are open after each write, and what was in it."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self.open = 0
        self.most = 0
        self.together = 0

    def write(self, lease: Lease, **writes: Any) -> list[int | None]:
        attempts = self._ledger.write(lease, **writes)
        self._count(attempts, writes)
        return attempts

    def begin(self, lease: Lease, **writes: Any) -> Begun[list[int | None]] | None:
        group = self._ledger.begin(lease, **writes)
        if group is not None:
            self._count(group.result, writes)
        return group

    def _count(self, attempts: list[int | None], writes: dict[str, Any]) -> None:
        self.open += sum(map(bool, attempts)) - len(writes["settlements"])
        self.most = max(self.most, self.open)
        self.together += bool(writes["claims"] and writes["settlements"])


@pytest.mark.parametrize("concurrency", [1, 4])
async def test_an_outcome_and_the_next_claim_are_written_together_and_no_more_are_open_than_places(
    tmp_path: Path, concurrency: int
) -> None:
    with Stage(tmp_path, people=40) as stage:
        counting = CountingLedger(stage.held.ledger)
        stage.books = lambda ledger, lease: Books(cast("Ledger", counting), lease)
        await stage.run(lambda number, tries: ACCEPTED, fast(concurrency=concurrency))
        assert stage.counts == {"accepted": 40}
        assert counting.most == concurrency
        assert counting.together > 0


async def test_requests_do_run_side_by_side(stage: Stage) -> None:
    async def script(number: int, tries: int) -> Outcome:
        while stage.transport.peak < 4:
            await anyio.lowlevel.checkpoint()
        return ACCEPTED

    await stage.run(script, fast(concurrency=4))
    assert stage.transport.peak == 4


async def test_whoever_somebody_else_has_claimed_is_left_to_them(stage: Stage) -> None:
    async def everybody() -> AsyncGenerator[Todo]:
        for number in range(10):
            yield todo(number)

    stage.held.ledger.write(stage.held.lease, claims=[Claim(n, f"key-{n}") for n in (2, 5)])
    result = await stage.run(lambda number, tries: ACCEPTED, fast(batch=2), everybody())
    assert result.ending is Ending.FINISHED
    assert sorted(stage.transport.sent_to) == [0, 1, 3, 4, 6, 7, 8, 9]
    assert stage.counts == {"accepted": 8, "sending": 2}


async def test_who_may_not_be_sent_to_any_more_is_skipped_with_the_reason(stage: Stage) -> None:
    stage.judge = lambda todo, now: "suppressed" if todo.number % 2 else Form.TEXT
    result = await stage.run(lambda number, tries: ACCEPTED)
    assert result.ending is Ending.FINISHED
    assert stage.counts == {"accepted": 5, "skipped": 5}
    assert sorted(stage.transport.sent_to) == [0, 2, 4, 6, 8]
    assert stage.held.ledger.reasons(stage.held.run.id) == {("skipped", "suppressed"): 5}


async def test_many_skips_are_all_written(tmp_path: Path) -> None:
    with Stage(tmp_path, people=1_201) as stage:
        stage.judge = lambda todo, now: "window_closed"
        await stage.run(lambda number, tries: ACCEPTED)
        assert stage.counts == {"skipped": 1_201}


async def test_the_rules_are_judged_again_after_a_pause(stage: Stage) -> None:
    """The window closes while the vendor makes us wait."""
    open_window = True

    def script(number: int, tries: int) -> Answer:
        nonlocal open_window
        if number == 4 and not tries:
            open_window = False
            return Outcome(Kind.THROTTLED, "throttled", wait=0.01)
        return ACCEPTED

    stage.judge = lambda todo, now: Form.TEXT if open_window else "window_closed"
    await stage.run(script, fast(concurrency=1))
    assert stage.counts == {"accepted": 4, "skipped": 6}
    assert stage.transport.sent_to == [0, 1, 2, 3, 4]
    assert stage.outcomes(4) == ["throttled"]


async def test_who_has_to_be_sent_in_another_form_after_a_wait_gets_that_form(
    stage: Stage,
) -> None:
    form = Form.TEXT
    forms: list[bool] = []
    write = stage.vendor.request

    def request(messages):  # type: ignore[no-untyped-def]
        forms.extend(message.text is not None for message in messages)
        return write(messages)

    def script(number: int, tries: int) -> Answer:
        nonlocal form
        form = Form.AGENT
        return ACCEPTED

    stage.vendor.request = request  # type: ignore[method-assign]
    stage.judge = lambda todo, now: form
    await stage.run(script, fast(concurrency=1))
    assert stage.counts == {"accepted": 10}
    assert forms == [True] + [False] * 9


async def test_a_second_pass_sends_only_to_who_is_left(stage: Stage) -> None:
    await stage.run(lambda number, tries: UNKNOWN if number < 2 else ACCEPTED, fast(limit=4))
    first = stage.transport.sent_to
    await stage.run(lambda number, tries: ACCEPTED)
    assert sorted(first + stage.transport.sent_to) == list(range(10))
    assert stage.counts == {"accepted": 8, "unknown": 2}
