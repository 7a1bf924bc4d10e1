"""A careful beginning: how many the message reaches before each wait, whatever happens between."""

from __future__ import annotations

from pathlib import Path

import anyio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campaign.definition.ramp import short_ramp
from campaign.rules.moment import Hold
from campaign.sending.ending import Ending, Result
from campaign.sending.ramp import Step
from campaign.sending.todo import Todo
from tests.definition.fakes import FIRST, load_text, problems_of
from tests.sending.stage import (
    ACCEPTED,
    OPTED_OUT,
    REFUSED,
    THROTTLED,
    UNKNOWN,
    Answer,
    Stage,
    fast,
    todos_of,
)

HOUR = 3600.0


class Clock:
    """A clock that stands still, and jumps over every wait as soon as one is told of."""

    def __init__(self, stage: Stage) -> None:
        self.now = 1_790_000_000.0
        self.sent_before_waits: list[int] = []
        self.accepted_before_waits: list[int] = []
        self._stage = stage
        stage.clock = lambda: self.now
        stage.jump = self.jump

    def jump(self, reached: int, until: float) -> None:
        self.sent_before_waits.append(len(self._stage.transport.sent_to))
        self.accepted_before_waits.append(self._stage.counts.get("accepted", 0))
        self.now = until


@pytest.fixture
def clock(stage: Stage) -> Clock:
    return Clock(stage)


async def run(stage: Stage, *answers: Answer, people: int = 10, **speed: int) -> Result:
    """Answer the first ones as said, and accept everybody else."""

    def script(number: int, tries: int) -> Answer:
        return answers[number] if number < len(answers) and tries == 0 else ACCEPTED

    decided = stage.held.ledger.decided(stage.held.run.id, 0, people)
    left = [number for number in range(people) if number not in decided]
    return await stage.run(script, fast(**speed), todos_of(left))


@pytest.mark.anyio
async def test_so_many_are_first_and_the_others_come_after_the_wait(
    stage: Stage, clock: Clock
) -> None:
    stage.steps = [Step(3, HOUR)]
    began = clock.now
    result = await run(stage)
    assert result.ending is Ending.FINISHED
    assert stage.counts == {"accepted": 10}
    assert clock.sent_before_waits == [3]
    assert stage.waits == [(3, began + HOUR)]


@pytest.mark.anyio
async def test_steps_follow_one_another(stage: Stage, clock: Clock) -> None:
    stage.steps = [Step(2, HOUR), Step(5, 2 * HOUR)]
    await run(stage)
    assert clock.sent_before_waits == [2, 7]
    assert clock.now == 1_790_000_000.0 + 3 * HOUR


@pytest.mark.anyio
async def test_a_list_that_ends_with_the_first_step_waits_for_nothing(
    stage: Stage, clock: Clock
) -> None:
    stage.steps = [Step(10, HOUR)]
    await run(stage)
    assert (stage.counts, stage.waits) == ({"accepted": 10}, [])


@pytest.mark.anyio
async def test_who_is_refused_makes_room_and_who_is_unknown_does_not(
    stage: Stage, clock: Clock
) -> None:
    stage.steps = [Step(6, HOUR)]
    await run(stage, OPTED_OUT, UNKNOWN, OPTED_OUT)
    # Five accepted and one unknown, and two that certainly have no message.
    assert clock.sent_before_waits == [8]
    assert stage.counts == {"accepted": 7, "failed": 2, "unknown": 1}


@pytest.mark.anyio
async def test_a_vendor_that_throttles_gets_nobody_over_the_step(
    stage: Stage, clock: Clock
) -> None:
    stage.steps = [Step(3, HOUR)]
    await run(stage, THROTTLED, THROTTLED, ACCEPTED)
    assert stage.counts == {"accepted": 10}
    assert clock.accepted_before_waits == [3]


@pytest.mark.anyio
async def test_a_request_for_many_is_cut_where_the_step_ends(stage: Stage, clock: Clock) -> None:
    stage.steps = [Step(3, HOUR)]
    await run(stage, batch=4)
    assert stage.transport.requests[0] == [0, 1, 2]
    assert sorted(stage.transport.sent_to) == list(range(10))


@pytest.mark.anyio
async def test_more_than_half_of_a_step_in_trouble_stops_the_run(
    stage: Stage, clock: Clock
) -> None:
    stage.steps = [Step(4, HOUR)]
    result = await run(stage, REFUSED, UNKNOWN, OPTED_OUT, concurrency=1)
    assert result.ending is Ending.STOPPED
    assert result.why == "3 failed or became unknown in a step of `ramp` that has 4, more than half"
    assert stage.counts == {"failed": 2, "unknown": 1, "pending": 7}
    assert stage.waits == []


@pytest.mark.anyio
async def test_half_of_a_step_in_trouble_does_not(stage: Stage, clock: Clock) -> None:
    stage.steps = [Step(4, HOUR)]
    result = await run(stage, REFUSED, UNKNOWN, concurrency=1)
    assert result.ending is Ending.FINISHED


@pytest.mark.anyio
async def test_when_the_ramp_is_over_trouble_is_for_the_breaker_alone(
    stage: Stage, clock: Clock
) -> None:
    stage.steps = [Step(1, HOUR)]
    result = await run(stage, ACCEPTED, REFUSED, OPTED_OUT, concurrency=1)
    assert result.ending is Ending.FINISHED
    assert stage.counts == {"accepted": 8, "failed": 2}


@pytest.mark.anyio
async def test_a_resume_goes_on_with_the_step_and_waits_out_what_is_left_of_it(
    stage: Stage, clock: Clock
) -> None:
    stage.steps = [Step(4, HOUR)]
    began = clock.now
    await run(stage, people=2)
    assert stage.waits == []
    await run(stage, people=4)
    clock.now += 600  # whoever resumes does so ten minutes later
    await run(stage)
    assert stage.counts == {"accepted": 10}
    assert clock.sent_before_waits == [0]
    assert stage.waits == [(4, began + HOUR)]


@pytest.mark.anyio
async def test_a_resume_after_the_wait_does_not_wait_again(stage: Stage, clock: Clock) -> None:
    stage.steps = [Step(4, HOUR)]
    await run(stage, people=4)
    clock.now += HOUR
    await run(stage)
    assert (stage.counts, stage.waits) == ({"accepted": 10}, [])


@pytest.mark.anyio
async def test_a_process_that_died_before_it_noted_the_step_waits_from_when_it_is_back(
    stage: Stage, clock: Clock
) -> None:
    await run(stage, people=4)  # without a ramp nothing is noted
    stage.steps = [Step(4, HOUR)]
    clock.now += 600
    back = clock.now
    await run(stage)
    assert stage.waits == [(4, back + HOUR)]
    assert stage.counts == {"accepted": 10}


@pytest.mark.anyio
async def test_a_stop_ends_the_wait_at_once(stage: Stage) -> None:
    stage.steps = [Step(4, HOUR)]
    stage.jump = lambda reached, until: stage.engine.interrupt()
    with anyio.fail_after(5):
        result = await run(stage)
    assert result.ending is Ending.INTERRUPTED
    assert stage.counts == {"accepted": 4, "pending": 6}


@pytest.mark.anyio
async def test_who_is_held_after_the_wait_leaves_room_for_others(
    stage: Stage, clock: Clock
) -> None:
    stage.steps = [Step(2, HOUR), Step(3, HOUR)]
    allowed = stage.judge
    noon = clock.now + HOUR

    def judge(todo: Todo, now: float) -> object:
        # 2 and 3 have waited for the first step to be over; now it is too late for them.
        return (
            Hold("quiet_hours", noon + 24 * HOUR)
            if todo.number in (2, 3) and now >= noon
            else allowed(todo, now)
        )

    stage.judge = judge  # type: ignore[assignment]
    await run(stage, concurrency=1)
    assert stage.counts == {"accepted": 8, "held": 2}
    assert clock.sent_before_waits == [2, 5]


def test_how_long_it_waits_is_known_before(stage: Stage) -> None:
    stage.steps = [Step(3, HOUR), Step(4, 2 * HOUR)]
    now = 1_790_000_000.0
    stage.clock = lambda: now
    ramp = stage.ramp(stage.held.ledger, stage.held.lease)
    assert [ramp.waits(still) for still in (0, 3, 4, 7, 8)] == [0, 0, HOUR, HOUR, 3 * HOUR]


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.integers(1, 4), min_size=1, max_size=4),
    st.lists(st.sampled_from([ACCEPTED, OPTED_OUT, UNKNOWN, THROTTLED]), max_size=12),
    st.lists(st.integers(0, 12), max_size=2),
    st.integers(1, 5),
)
def test_no_wait_is_ever_left_out(
    tmp_path_factory: pytest.TempPathFactory,
    sizes: list[int],
    answers: list[Answer],
    executions: list[int],
    concurrency: int,
) -> None:
    """Before the n-th wait is over, no more than the first n steps may have the message."""
    with Stage(tmp_path_factory.mktemp("ramp"), 12) as stage:
        stage.steps = [Step(size, HOUR) for size in sizes]
        clock = Clock(stage)
        began = clock.now
        gone_at: list[tuple[float, int]] = []

        def script(number: int, tries: int) -> Answer:
            answer = answers[number] if number < len(answers) and tries == 0 else ACCEPTED
            counts = stage.held.ledger.counts(stage.held.run.id)
            gone_at.append((clock.now, counts.sent + counts.unknown + counts.sending))
            return answer

        async def all_executions() -> None:
            for people in (*sorted(executions), 12, 12, 12):
                decided = stage.held.ledger.decided(stage.held.run.id, 0, 12)
                left = [number for number in range(people) if number not in decided]
                await stage.run(script, fast(concurrency=concurrency), todos_of(left))

        anyio.run(all_executions)
        for now, gone in gone_at:
            waits = int((now - began) // HOUR)
            assert gone <= sum(sizes[: waits + 1]) or waits >= len(sizes)


def test_a_ramp_is_written_as_people_say_it(tmp_path: Path) -> None:
    text = "first 100, wait 30 min, then 1000, wait 1 h, then all"
    ramp = load_text(f"{FIRST}ramp: {text}\n", tmp_path).definition.ramp
    steps = "[{send: 100, wait: 30m}, {send: 1000, wait: 60m}]"
    full = load_text(f"{FIRST}ramp: {{steps: {steps}}}\n", tmp_path).definition.ramp
    assert ramp == full
    assert short_ramp("first 5, wait 10s, then all") == {"steps": [{"send": 5, "wait": "10s"}]}


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (
            "100 then all",
            (
                "11:7 `ramp` must name how many are first, how long to wait, and then all (write "
                '"first 100, wait 30 min, then all", or '
                '"first 100, wait 30 min, then 1000, wait 1 h, then all")'
            ),
        ),
        ("{steps: []}", "11:15 `ramp.steps` must not be empty"),
        ("first 0, wait 1h, then all", "11:7 `ramp` must be at least 1"),
        (
            "{steps: [{send: 5, wait: 0s}]}",
            "11:32 `ramp.steps`, item 1.wait must be more than 0 seconds",
        ),
    ],
)
def test_a_ramp_that_means_nothing_is_refused(tmp_path: Path, text: str, problem: str) -> None:
    assert problems_of(f"{FIRST}ramp: {text}\n", tmp_path) == [problem]
