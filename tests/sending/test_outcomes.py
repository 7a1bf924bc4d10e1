"""From what a vendor answers to where a recipient stands, and how often it is tried."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import replace
from pathlib import Path

import anyio
import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campaign.providers.protocol import Kind, Outcome, Scope
from campaign.sending.ending import Ending
from campaign.sending.settling import settlement
from campaign.sending.todo import Todo
from tests.sending.stage import (
    ACCEPTED,
    ALL_REFUSED,
    KEY,
    NOT_SENT,
    OPTED_OUT,
    REFUSED,
    SCHEDULED,
    THROTTLED,
    UNKNOWN,
    Answer,
    Stage,
    fast,
    todo,
)


@pytest.mark.parametrize(
    ("outcome", "state"),
    [(ACCEPTED, "accepted"), (SCHEDULED, "scheduled"), (OPTED_OUT, "failed"), (UNKNOWN, "unknown")],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_everybody_is_sent_to_once_and_stands_where_the_vendor_says(
    stage: Stage, outcome: Outcome, state: str
) -> None:
    result = await stage.run(lambda number, tries: outcome)
    assert result.ending is Ending.FINISHED
    assert stage.counts == {state: 10}
    assert sorted(stage.transport.sent_to) == list(range(10))
    assert {entry.reason for entry in stage.entries.values()} == {outcome.reason}


async def test_what_the_vendor_said_is_kept(stage: Stage) -> None:
    said = Outcome(
        Kind.REJECTED, "opted_out", code="21610", detail="STOP", http_status=400, evidence={"a": 1}
    )
    await stage.run(lambda number, tries: said)
    entry = stage.entries[3]
    assert (entry.key, entry.code, entry.detail, entry.evidence) == (
        "key-3",
        "21610",
        "STOP",
        {"a": 1},
    )


@pytest.mark.parametrize(
    "error",
    [httpx.ReadTimeout("slow"), httpx.ReadError("reset"), httpx.RemoteProtocolError("gone")],
    ids=lambda error: type(error).__name__,
)
async def test_a_lost_answer_is_unknown_and_never_sent_again(
    stage: Stage, error: Exception
) -> None:
    await stage.run(lambda number, tries: error)
    assert stage.counts == {"unknown": 10}
    assert await stage.run(lambda number, tries: ACCEPTED)
    assert stage.transport.sent_to == []


ECHO = f"bad header: Authorization: Bearer {KEY}"
ESCAPED = KEY.replace("/", r"\/")


@pytest.mark.parametrize(
    "answer",
    [
        httpx.RemoteProtocolError(ECHO),
        httpx.ConnectError(ECHO),
        replace(REFUSED, detail=ECHO, code=KEY),
        replace(ACCEPTED, provider_id=KEY, evidence={"to": [{"key": ESCAPED}], "n": 1}),
        replace(UNKNOWN, detail=ESCAPED),
        replace(ALL_REFUSED, detail=ECHO),
    ],
    ids=lambda answer: str(getattr(answer, "reason", type(answer).__name__)),
)
async def test_no_secret_reaches_the_ledger_or_a_report_whoever_echoes_it(
    stage: Stage, answer: Answer
) -> None:
    result = await stage.run(lambda number, tries: answer, fast(concurrency=1))
    ledger, run = stage.held.ledger, stage.held.run.id
    attempts = [ledger.attempts(run, number) for number in range(10)]
    shown = repr((stage.entries, attempts, stage.told, result))
    assert "***" in shown
    assert "kret-77aa" not in shown


async def test_a_bug_that_quotes_a_secret_is_written_down_without_it(stage: Stage) -> None:
    def broken(outcomes: list[Outcome]) -> list[Outcome]:
        raise KeyError(ECHO)

    stage.vendor.bug = broken
    with pytest.raises(KeyError):
        await stage.run(lambda number, tries: ACCEPTED, fast(concurrency=1))
    assert stage.entries[0].detail == "KeyError: 'bad header: Authorization: Bearer ***'"


async def test_throttling_pauses_the_sender_and_uses_up_no_attempts(stage: Stage) -> None:
    result = await stage.run(
        lambda number, tries: ACCEPTED if number != 4 or tries >= 8 else THROTTLED,
        fast(attempts=2),
    )
    assert result.ending is Ending.FINISHED
    assert stage.counts == {"accepted": 10}
    assert stage.outcomes(4) == ["throttled"] * 8 + ["accepted"]
    assert any("the vendor asks to slow down" in sentence for sentence in stage.told)


async def test_nothing_leaves_during_a_pause(stage: Stage) -> None:
    asked = Outcome(Kind.THROTTLED, "throttled", wait=0.2)
    during_a_pause = []

    def script(number: int, tries: int) -> Answer:
        during_a_pause.append(stage.engine._pace.pause.seconds > 0)
        return asked if (number, tries) == (3, 0) else ACCEPTED

    await stage.run(script, fast(concurrency=1))
    assert stage.counts == {"accepted": 10}
    assert during_a_pause == [False] * 11
    assert stage.told == ["Waiting 0.2 s: the vendor asks to slow down."]


async def test_who_was_not_reached_is_tried_again_later(stage: Stage) -> None:
    await stage.run(
        lambda number, tries: ACCEPTED if tries else httpx.ConnectError("refused"),
        fast(attempts=30),
    )
    assert stage.counts == {"accepted": 10}
    assert all(stage.outcomes(number) == ["not_sent", "accepted"] for number in range(10))


async def test_who_alone_is_never_reached_fails_after_all_attempts(stage: Stage) -> None:
    # One at a time: somebody else gets through between two tries, so the vendor can be reached.
    result = await stage.run(
        lambda number, tries: NOT_SENT if number == 0 else ACCEPTED, fast(concurrency=1)
    )
    assert result.ending is Ending.FINISHED
    assert stage.counts == {"accepted": 9, "failed": 1}
    assert (stage.entries[0].reason, stage.outcomes(0)) == ("not_connected", ["not_sent"] * 3)


@pytest.mark.parametrize("concurrency", [1, 4, 10])
async def test_a_vendor_that_nobody_reaches_stops_the_run_and_everybody_stays_pending(
    stage: Stage, concurrency: int
) -> None:
    result = await stage.run(lambda number, tries: NOT_SENT, fast(concurrency=concurrency))
    assert result.ending is Ending.STOPPED
    assert result.why == "the vendor cannot be reached after 3 tries: ConnectError: refused"
    assert stage.counts == {"pending": 10}
    await stage.run(lambda number, tries: ACCEPTED)
    assert stage.counts == {"accepted": 10}


async def test_a_vendor_that_throttles_for_ever_stops_the_run_and_everybody_stays_pending(
    stage: Stage,
) -> None:
    result = await stage.run(lambda number, tries: THROTTLED)
    assert (result.ending, result.why) == (
        Ending.STOPPED,
        "the vendor still asks to slow down after 20 pauses",
    )
    assert stage.counts == {"pending": 10}


async def test_two_in_one_request_are_settled_one_by_one(tmp_path: Path) -> None:
    with Stage(tmp_path, people=6) as stage:
        await stage.run(lambda number, tries: [ACCEPTED, OPTED_OUT], fast(batch=2))
        assert sorted(stage.transport.requests) == [[0, 1], [2, 3], [4, 5]]
        assert [stage.entries[n].state for n in range(6)] == ["accepted", "failed"] * 3


async def test_only_messages_that_are_alike_share_a_request(stage: Stage) -> None:
    async def texts() -> AsyncGenerator[Todo]:
        for number, text in enumerate("AABBBA"):
            yield todo(number, text)

    await stage.run(lambda number, tries: ACCEPTED, fast(batch=10), texts())
    assert sorted(stage.transport.requests) == [[0, 1], [2, 3, 4], [5]]


@pytest.mark.parametrize("trouble", [THROTTLED, NOT_SENT], ids=["throttled", "not sent"])
async def test_the_last_request_is_tried_again_even_if_it_was_not_full(
    tmp_path: Path, trouble: Outcome
) -> None:
    with Stage(tmp_path, people=3) as stage:
        result = await stage.run(
            lambda number, tries: ACCEPTED if tries or number != 2 else trouble, fast(batch=2)
        )
        assert result.ending is Ending.FINISHED
        assert stage.counts == {"accepted": 3}


async def test_a_request_that_is_not_full_does_not_wait_for_the_others_to_come_back(
    tmp_path: Path,
) -> None:
    everybody_left = anyio.Event()

    async def script(number: int, tries: int) -> Outcome:
        if number == 2:
            everybody_left.set()
        await everybody_left.wait()
        return ACCEPTED

    with Stage(tmp_path, people=3) as stage:
        await stage.run(script, fast(batch=2))
        assert stage.counts == {"accepted": 3}


async def test_one_lost_answer_about_many_recipients_does_not_stop_the_run(
    tmp_path: Path,
) -> None:
    with Stage(tmp_path, people=60) as stage:
        result = await stage.run(
            lambda number, tries: UNKNOWN if number == 0 else ACCEPTED,
            fast(batch=30, concurrency=1),
        )
        assert result.ending is Ending.FINISHED
        assert stage.counts == {"unknown": 30, "accepted": 30}


OUTCOMES = st.builds(
    Outcome, st.sampled_from(Kind), scope=st.sampled_from(Scope), retry=st.booleans()
)


@given(OUTCOMES, st.booleans())
def test_nobody_becomes_pending_unless_it_is_certain_that_nothing_was_sent(
    outcome: Outcome, will_repeat: bool
) -> None:
    state = settlement(1, 1, outcome, 1, will_repeat=will_repeat).state
    if state == "pending":
        assert outcome.kind in (Kind.THROTTLED, Kind.NOT_SENT, Kind.REJECTED)
        refused_alone = outcome.kind is Kind.REJECTED and outcome.scope is Scope.RECIPIENT
        assert not refused_alone or (outcome.retry and will_repeat)
    else:
        assert outcome.kind is not Kind.THROTTLED
        assert state in ("accepted", "scheduled", "failed", "unknown")
    assert (state == "unknown") == (outcome.kind is Kind.UNKNOWN)


OUT_OF_REACH = Outcome(Kind.REJECTED, "not_delivered_now", http_status=400, retry=True)
ANSWERS = st.sampled_from(
    [ACCEPTED, SCHEDULED, OPTED_OUT, OUT_OF_REACH, UNKNOWN, THROTTLED, NOT_SENT]
)
MAYBE_SENT = {"accepted", "scheduled", "unknown"}


@settings(max_examples=25, deadline=None)
@given(
    scripts=st.lists(st.lists(ANSWERS, min_size=1, max_size=4), min_size=1, max_size=12),
    batch=st.integers(1, 3),
    concurrency=st.integers(1, 5),
    limit=st.none() | st.integers(1, 12),
)
async def test_whatever_the_vendor_answers_everybody_may_have_got_it_at_most_once(
    tmp_path_factory: pytest.TempPathFactory,
    scripts: list[list[Outcome]],
    batch: int,
    concurrency: int,
    limit: int | None,
) -> None:
    """And who is not pending has exactly the state of the last answer.

    A run that ends by itself may break off what is claimed before its first byte: that is an
    attempt of which nothing left.
    """

    def script(number: int, tries: int) -> Answer:
        return scripts[number][min(tries, len(scripts[number]) - 1)]

    with Stage(tmp_path_factory.mktemp("any"), people=len(scripts)) as stage:
        speed = fast(batch=batch, concurrency=concurrency, limit=limit, first_wait=0.0001)
        result = await stage.run(script, speed)
        ledger, run = stage.held.ledger, stage.held.run.id
        tries = {number: ledger.attempts(run, number) for number in range(len(scripts))}
        attempts = {number: [one.outcome for one in tries[number]] for number in tries}
        for number, entry in stage.entries.items():
            *before, last = attempts[number]
            assert not MAYBE_SENT.intersection(before)
            assert entry.state in (last, "pending", "failed")
            assert entry.state != "pending" or last in ("throttled", "not_sent", "rejected")
            assert "rejected" not in before or any(OUT_OF_REACH in one for one in scripts)
        tried = [number for number in attempts if attempts[number]]
        assert limit is None or len(tried) <= limit
        everything = [one for number in tries for one in tries[number]]
        broken_off = [one for one in everything if one.reason == "not_in_time"]
        assert not broken_off or result.ending is Ending.STOPPED
        assert {one.outcome for one in broken_off} <= {"not_sent"}
        assert len(stage.transport.sent_to) == len(everything) - len(broken_off)
        assert stage.transport.peak <= concurrency
