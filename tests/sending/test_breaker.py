"""What stops a run that does no good, and what does not: who is left always stays pending."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaign.ledger.records import Settlement, State
from campaign.providers.protocol import Kind, Outcome
from campaign.sending.breaker import LOOKS_BACK, Breaker, Thresholds
from campaign.sending.ending import Ending, Result
from tests.sending.stage import (
    ACCEPTED,
    NOT_SENT,
    OPTED_OUT,
    REFUSED,
    THROTTLED,
    UNKNOWN,
    Stage,
    fast,
)

CAPPED = Outcome(Kind.REJECTED, "capped", detail="not today", hold=3600.0)
OUT_OF_REACH = Outcome(Kind.REJECTED, "not_delivered_now", detail="handset off", retry=True)
OTHER = replace(REFUSED, code="18")


async def sent(
    folder: Path, people: int, answer: Callable[[int], Outcome], stop_when: Thresholds, batch: int
) -> tuple[Result, dict[str, int]]:
    with Stage(folder, people) as stage:
        speed = fast(concurrency=1, stop_when=stop_when, batch=batch)
        result = await stage.run(lambda number, tries: answer(number), speed)
        return result, dict(stage.counts)


async def test_in_a_row_is_what_the_definition_says(tmp_path: Path) -> None:
    result, counts = await sent(tmp_path, 10, lambda number: UNKNOWN, Thresholds(in_a_row=3), 1)
    assert (result.ending, result.why) == (
        Ending.STOPPED,
        "3 times in a row unknown (server_error); `stop_when.in_a_row` is 3",
    )
    assert counts == {"unknown": 3, "pending": 7}


async def test_a_batch_is_one_answer_in_a_row(tmp_path: Path) -> None:
    result, counts = await sent(tmp_path, 30, lambda number: UNKNOWN, Thresholds(in_a_row=3), 5)
    assert result.ending is Ending.STOPPED
    assert counts == {"unknown": 15, "pending": 15}


async def test_so_many_unknown_in_all_stop_the_run_with_the_last_error(tmp_path: Path) -> None:
    lost = replace(UNKNOWN, detail="HTTP 502")
    result, counts = await sent(
        tmp_path, 50, lambda number: ACCEPTED if number % 4 else lost, Thresholds(unknown=5), 1
    )
    assert (result.ending, result.why) == (
        Ending.STOPPED,
        "5 became unknown (the last one: server_error: HTTP 502); `stop_when.unknown` is 5",
    )
    assert counts == {"accepted": 12, "unknown": 5, "pending": 33}


async def test_each_recipient_of_a_batch_counts_towards_the_unknown(tmp_path: Path) -> None:
    result, counts = await sent(tmp_path, 30, lambda number: UNKNOWN, Thresholds(unknown=8), 5)
    assert result.ending is Ending.STOPPED
    assert counts == {"unknown": 10, "pending": 20}


async def test_refusals_of_any_kind_beyond_the_rate_stop_the_run(tmp_path: Path) -> None:
    result, counts = await sent(
        tmp_path,
        300,
        lambda number: OPTED_OUT if number % 10 == 0 else ACCEPTED,
        Thresholds(failed_rate=5),
        1,
    )
    assert (result.ending, result.why) == (
        Ending.STOPPED,
        (
            "6 of the last 51 outcomes were failed (the last one: opted_out); "
            "`stop_when.failed_rate` is 5% of 100"
        ),
    )
    assert counts == {"accepted": 45, "failed": 6, "pending": 249}


async def test_a_rate_that_is_met_but_not_exceeded_stops_nothing(tmp_path: Path) -> None:
    result, counts = await sent(
        tmp_path,
        300,
        lambda number: OPTED_OUT if number % 20 == 0 else ACCEPTED,
        Thresholds(failed_rate=5),
        1,
    )
    assert result.ending is Ending.FINISHED
    assert counts == {"accepted": 285, "failed": 15}


@pytest.mark.parametrize("share", [0.3, 7.0, 29.0, 57.5, 99.0])
def test_a_rate_is_exceeded_by_exactly_the_next_whole_recipient(share: float) -> None:
    breaker = Breaker(5, Thresholds(failed_rate=share))
    stops_at = next(
        number
        for number in range(1, LOOKS_BACK + 1)
        if breaker.settled([Settlement(number, 1, State.FAILED, "rejected", 1)])
    )
    assert stops_at == int(share) + 1


async def test_a_rate_of_everybody_never_stops_a_run(tmp_path: Path) -> None:
    result, _ = await sent(tmp_path, 150, lambda n: OPTED_OUT, Thresholds(failed_rate=100), 10)
    assert result.ending is Ending.FINISHED


async def test_more_than_half_in_the_same_trouble_stop_a_run_by_themselves(tmp_path: Path) -> None:
    """Trouble that is never long in a row, such as every second server being down."""
    result, counts = await sent(
        tmp_path, 200, lambda number: ACCEPTED if number % 3 == 0 else UNKNOWN, Thresholds(), 1
    )
    assert result.ending is Ending.STOPPED
    assert result.why == (
        "51 of the last 77 outcomes were unknown (server_error), more than half of 100"
    )
    assert counts == {"accepted": 26, "unknown": 51, "pending": 123}


async def test_half_in_the_same_trouble_is_not_more_than_half(tmp_path: Path) -> None:
    result, counts = await sent(
        tmp_path, 300, lambda number: ACCEPTED if number % 2 else REFUSED, Thresholds(), 1
    )
    assert result.ending is Ending.FINISHED
    assert counts == {"accepted": 150, "failed": 150}


async def test_refusals_with_different_codes_are_different_troubles(tmp_path: Path) -> None:
    result, _ = await sent(
        tmp_path, 300, lambda number: REFUSED if number % 2 else OTHER, Thresholds(), 1
    )
    assert result.ending is Ending.FINISHED


@pytest.mark.parametrize(
    "answer", [OPTED_OUT, CAPPED, OUT_OF_REACH], ids=["opted out", "capped", "out of reach"]
)
def test_what_is_about_the_recipient_is_never_a_trouble(answer: Outcome) -> None:
    breaker = Breaker(5, Thresholds())
    assert {breaker.note([answer]) for _ in range(500)} == {None}
    assert {breaker.note([UNKNOWN, answer]) for _ in range(50)} == {None}


def test_a_refusal_that_is_tried_again_and_says_nothing_about_the_recipient_is_a_trouble() -> None:
    breaker = Breaker(5, Thresholds())
    answers = [breaker.note([replace(REFUSED, retry=True)]) for _ in range(20)]
    assert answers[:19] == [None] * 19
    assert answers[19] == "20 times in a row rejected (refused: no); `stop_when.in_a_row` is 20"


def test_a_vendor_that_is_busy_neither_adds_to_a_row_nor_ends_it() -> None:
    breaker = Breaker(5, Thresholds(in_a_row=3))
    answers = [UNKNOWN, THROTTLED, UNKNOWN, NOT_SENT, UNKNOWN]
    assert [breaker.note([answer]) is not None for answer in answers] == [False] * 4 + [True]


def test_who_waits_to_be_tried_again_is_no_outcome_yet() -> None:
    breaker = Breaker(5, Thresholds(failed_rate=1))
    pending = Settlement(1, 1, State.PENDING, "rejected", 1)
    held = Settlement(1, 1, State.HELD, "rejected", 1)
    failed = Settlement(1, 2, State.FAILED, "rejected", 1)
    assert breaker.settled([pending] * 300 + [held] * 5 + [failed]) is None
    why = breaker.settled([failed])
    assert why is not None
    assert why.startswith("2 of the last 7 outcomes")


@given(
    st.lists(
        st.sampled_from([ACCEPTED, UNKNOWN, REFUSED, OTHER, OPTED_OUT, THROTTLED]), max_size=250
    )
)
def test_the_share_is_that_of_the_latest_hundred_and_of_no_more(answers: list[Outcome]) -> None:
    breaker = Breaker(5, Thresholds(in_a_row=1000))
    said: list[Outcome] = []
    for answer in answers:
        why = breaker.note([answer])
        if answer is not THROTTLED:
            said.append(answer)
        latest = said[-LOOKS_BACK:]
        expected = answer in (UNKNOWN, REFUSED, OTHER) and latest.count(answer) > LOOKS_BACK // 2
        assert (why is not None) == expected
