"""Every way to stop: nobody is claimed any more, and what is under way is still settled."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from pathlib import Path
from typing import Any

import anyio
import anyio.from_thread
import pytest

from campaign.errors import LedgerError
from campaign.ledger.records import Claim, State
from campaign.message.form import Form
from campaign.providers.protocol import Kind, Outcome
from campaign.sending.breaker import Thresholds
from campaign.sending.ending import Ending
from campaign.sending.todo import Todo
from tests.sending.stage import (
    ACCEPTED,
    ALL_REFUSED,
    OPTED_OUT,
    REFUSED,
    THROTTLED,
    UNKNOWN,
    Answer,
    FailingLedger,
    Stage,
    fast,
    todo,
)

IN_A_ROW = Thresholds().in_a_row


async def test_a_refusal_of_the_whole_campaign_stops_at_the_first_and_blames_nobody(
    stage: Stage,
) -> None:
    result = await stage.run(lambda number, tries: ALL_REFUSED, fast(concurrency=1))
    assert result.ending is Ending.STOPPED
    assert result.why == "the vendor refuses the whole campaign (key_refused): bad key"
    assert stage.transport.sent_to == [0]
    assert stage.counts == {"pending": 10}
    assert stage.outcomes(0) == ["rejected"]


@pytest.mark.parametrize("outcome", [UNKNOWN, REFUSED], ids=["unknown", "refused"])
async def test_the_same_trouble_many_times_in_a_row_stops_the_run(
    tmp_path: Path, outcome: Outcome
) -> None:
    with Stage(tmp_path, people=50) as stage:
        result = await stage.run(lambda number, tries: outcome, fast(concurrency=1))
        assert result.ending is Ending.STOPPED
        assert f"{IN_A_ROW} times in a row {outcome.kind}" in (result.why or "")
        assert len(stage.transport.sent_to) == IN_A_ROW
        assert stage.counts["pending"] == 50 - IN_A_ROW


async def test_an_outage_with_many_faces_stops_the_run_too(tmp_path: Path) -> None:
    faces = [Outcome(Kind.UNKNOWN, why) for why in ("no_answer", "server_error", "connection_lost")]
    with Stage(tmp_path, people=50) as stage:
        result = await stage.run(lambda number, tries: faces[number % 3], fast(concurrency=1))
        assert result.ending is Ending.STOPPED
        assert stage.counts == {"unknown": IN_A_ROW, "pending": 50 - IN_A_ROW}


async def test_a_list_of_people_who_opted_out_stops_nothing(tmp_path: Path) -> None:
    with Stage(tmp_path, people=50) as stage:
        result = await stage.run(lambda number, tries: OPTED_OUT)
        assert result.ending is Ending.FINISHED
        assert stage.counts == {"failed": 50}


async def test_trouble_that_comes_and_goes_stops_nothing(tmp_path: Path) -> None:
    with Stage(tmp_path, people=50) as stage:
        result = await stage.run(
            lambda number, tries: ACCEPTED if number % IN_A_ROW == 0 else UNKNOWN,
            fast(concurrency=1),
        )
        assert result.ending is Ending.FINISHED
        assert stage.counts == {"accepted": 3, "unknown": 47}


@pytest.mark.parametrize("batch", [1, 2])
async def test_a_limit_lets_so_many_begin_and_leaves_the_rest_pending(
    stage: Stage, batch: int
) -> None:
    result = await stage.run(lambda number, tries: ACCEPTED, fast(limit=3, batch=batch))
    assert result.ending is Ending.LIMIT
    assert stage.counts == {"accepted": 3, "pending": 7}


async def test_a_repeat_does_not_count_towards_the_limit(stage: Stage) -> None:
    result = await stage.run(
        lambda number, tries: ACCEPTED if tries else THROTTLED, fast(limit=3, concurrency=1)
    )
    assert result.ending is Ending.LIMIT
    assert stage.counts == {"accepted": 3, "pending": 7}


async def test_a_limit_that_leaves_nobody_out_is_no_limit(stage: Stage) -> None:
    result = await stage.run(lambda number, tries: ACCEPTED, fast(limit=10))
    assert result.ending is Ending.FINISHED


async def test_a_skipped_recipient_does_not_count_towards_the_limit(stage: Stage) -> None:
    stage.judge = lambda todo, now: Form.TEXT if todo.number > 4 else "suppressed"
    await stage.run(lambda number, tries: ACCEPTED, fast(limit=2))
    assert stage.counts == {"skipped": 5, "accepted": 2, "pending": 3}


async def test_an_interrupt_waits_for_the_answers_under_way_and_leaves_the_rest(
    stage: Stage,
) -> None:
    async def script(number: int, tries: int) -> Outcome:
        if stage.transport.under_way == 4:
            stage.engine.interrupt()
        await anyio.wait_all_tasks_blocked()
        return ACCEPTED

    result = await stage.run(script, fast(concurrency=4))
    assert result.ending is Ending.INTERRUPTED
    assert stage.counts == {"accepted": 4, "pending": 6}


async def test_an_abort_settles_what_is_under_way_as_unknown_and_leaves_the_rest(
    stage: Stage,
) -> None:
    async def script(number: int, tries: int) -> Outcome:
        if number == 0:
            return ACCEPTED
        if stage.transport.under_way == 3:
            stage.engine.abort()
        await anyio.sleep_forever()
        return ACCEPTED

    result = await stage.run(script, fast(concurrency=3))
    assert result.ending is Ending.INTERRUPTED
    assert stage.counts == {"accepted": 1, "unknown": 3, "pending": 6}
    assert {e.reason for e in stage.entries.values() if e.state is State.UNKNOWN} == {"interrupted"}


async def test_an_interrupt_during_a_pause_does_not_wait_for_its_end(stage: Stage) -> None:
    def script(number: int, tries: int) -> Answer:
        if number == 2:
            stage.engine.interrupt()
            return Outcome(Kind.THROTTLED, "throttled", wait=3600.0)
        return ACCEPTED

    result = await stage.run(script, fast(concurrency=1))
    assert result.ending is Ending.INTERRUPTED
    assert stage.counts == {"accepted": 2, "pending": 8}


async def test_when_the_caller_is_cancelled_every_claim_is_still_settled(stage: Stage) -> None:
    """Even when the cancellation reaches the books before it reaches the engine."""
    with anyio.CancelScope() as scope:

        async def script(number: int, tries: int) -> Outcome:
            if stage.transport.under_way == 4:
                scope.cancel()
            await anyio.sleep_forever()
            return ACCEPTED

        await stage.run(script, fast(concurrency=4))
    assert scope.cancelled_caught
    assert stage.counts == {"unknown": 4, "pending": 6}


@pytest.mark.parametrize("what", ["claims", "settlements"])
async def test_when_the_ledger_fails_nothing_is_sent_any_more(stage: Stage, what: str) -> None:
    writes = 0

    def fails(written: Mapping[str, Any]) -> bool:
        nonlocal writes
        writes += bool(written[what])
        return writes > 3

    failing = FailingLedger(stage.held.ledger, fails)
    stage.ledger = failing  # type: ignore[assignment]
    sent_after_that = []

    def script(number: int, tries: int) -> Answer:
        sent_after_that.append(failing.failed)
        return ACCEPTED

    with pytest.raises(LedgerError, match="disk is full"):
        await stage.run(script, fast(concurrency=2))
    assert not any(sent_after_that)
    stage.held.ledger.recover(stage.held.lease)
    counts = stage.counts
    assert set(stage.transport.sent_to) <= {
        number for number, entry in stage.entries.items() if entry.state != "pending"
    }
    assert counts["accepted"] >= 2
    assert counts["accepted"] + counts.get("unknown", 0) + counts["pending"] == 10


async def test_a_provider_that_raises_leaves_one_unknown_and_breaks_nobody_else_off(
    stage: Stage,
) -> None:
    bug = anyio.Event()

    def broken(outcomes: list[Outcome]) -> list[Outcome]:
        if outcomes[0] is REFUSED:
            bug.set()
            raise KeyError("conversation")
        return outcomes

    async def script(number: int, tries: int) -> Outcome:
        if number == 1:
            return REFUSED
        await bug.wait()
        await anyio.wait_all_tasks_blocked()
        return ACCEPTED

    stage.vendor.bug = broken
    with pytest.raises(KeyError, match="conversation"):
        await stage.run(script, fast(concurrency=4))
    assert stage.counts["unknown"] == 1
    assert stage.entries[1].detail == "KeyError: 'conversation'"
    assert stage.counts["accepted"] >= 1
    assert stage.counts["pending"] >= 5


@pytest.mark.parametrize("answers", [0, 1, 3])
async def test_a_wrong_number_of_outcomes_is_a_bug_and_nobody_of_the_request_is_pending(
    tmp_path: Path, answers: int
) -> None:
    with Stage(tmp_path, people=4) as stage:
        with pytest.raises(AssertionError, match=f"{answers} outcomes for 2 messages"):
            await stage.run(
                lambda number, tries: [ACCEPTED] * answers, fast(batch=2, concurrency=1)
            )
        assert stage.counts == {"unknown": 2, "pending": 2}


async def test_a_provider_that_cannot_write_the_request_sends_nothing(stage: Stage) -> None:
    def request(messages: Any) -> Any:
        raise ValueError("no such channel")

    stage.vendor.request = request  # type: ignore[method-assign]
    with pytest.raises(ValueError, match="no such channel"):
        await stage.run(lambda number, tries: ACCEPTED, fast(concurrency=1))
    assert stage.transport.requests == []
    assert stage.counts == {"pending": 10}
    assert stage.entries == {}  # not even claimed


async def test_a_provider_that_cannot_write_the_request_for_a_part_of_a_batch_sends_nothing(
    stage: Stage,
) -> None:
    write = stage.vendor.request

    def request(messages: Any) -> Any:
        if len(messages) == 1:
            raise ValueError("not for one alone")
        return write(messages)

    async def everybody() -> AsyncGenerator[Todo]:
        for number in range(10):
            yield todo(number)

    stage.held.ledger.write(stage.held.lease, claims=[Claim(0, "key-0")])
    stage.vendor.request = request  # type: ignore[method-assign]
    with pytest.raises(ValueError, match="not for one alone"):
        await stage.run(lambda number, tries: ACCEPTED, fast(concurrency=1, batch=2), everybody())
    assert stage.transport.requests == []
    assert stage.counts == {"sending": 1, "pending": 9}
    assert stage.outcomes(1) == ["not_sent"]


async def test_an_abort_between_claim_and_request_costs_nobody_anything(stage: Stage) -> None:
    token = anyio.lowlevel.current_token()

    def aborting(written: Mapping[str, Any]) -> bool:
        if written["claims"]:
            anyio.from_thread.run_sync(stage.engine.abort, token=token)
        return False

    stage.ledger = FailingLedger(stage.held.ledger, aborting)  # type: ignore[assignment]
    result = await stage.run(lambda number, tries: ACCEPTED, fast(concurrency=1))
    assert result.ending is Ending.INTERRUPTED
    assert stage.transport.requests == []
    assert stage.counts == {"pending": 10}
    assert stage.outcomes(0) == ["not_sent"]


async def test_a_terminal_that_is_gone_does_not_cost_an_outcome(stage: Stage) -> None:
    def tell(sentence: str) -> None:
        raise BrokenPipeError

    stage.tell = tell
    with pytest.raises(BrokenPipeError):
        await stage.run(lambda number, tries: THROTTLED, fast(concurrency=2))
    assert stage.counts == {"pending": 10}


async def test_a_list_that_breaks_off_is_raised_when_what_is_under_way_is_answered(
    stage: Stage,
) -> None:
    async def broken_list() -> AsyncGenerator[Todo]:
        for number in range(3):
            yield todo(number)
        while len(stage.transport.requests) < 3:  # noqa: ASYNC110 - it tells nobody
            await anyio.sleep(0.001)
        raise OSError("the plan cannot be read")

    async def script(number: int, tries: int) -> Outcome:
        await anyio.wait_all_tasks_blocked()
        return ACCEPTED

    with pytest.raises(OSError, match="plan cannot be read"):
        await stage.run(script, todos=broken_list())
    assert stage.counts == {"accepted": 3, "pending": 7}


async def test_who_waits_for_a_slow_ledger_when_a_stop_comes_is_not_sent_to(stage: Stage) -> None:
    token = anyio.lowlevel.current_token()

    def interrupting(written: Mapping[str, Any]) -> bool:
        if written["claims"]:
            anyio.from_thread.run_sync(stage.engine.interrupt, token=token)
        return False

    stage.ledger = FailingLedger(stage.held.ledger, interrupting)  # type: ignore[assignment]
    result = await stage.run(lambda number, tries: ACCEPTED, fast(concurrency=4))
    assert result.ending is Ending.INTERRUPTED
    assert stage.transport.requests == []
    assert stage.counts == {"pending": 10}
    stage.ledger = stage.held.ledger
    await stage.run(lambda number, tries: ACCEPTED)
    assert stage.counts == {"accepted": 10}
