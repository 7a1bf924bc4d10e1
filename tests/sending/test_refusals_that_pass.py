"""Refusals of one recipient that may pass: tried again soon, held until later, or final."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from campaign.ledger.protocol import Ledger
from campaign.ledger.records import Settlement, State
from campaign.providers.protocol import Kind, Outcome, Scope
from campaign.sending.ending import Ending
from campaign.sending.settling import held_until, settlement
from tests.sending.stage import (
    ACCEPTED,
    ALL_REFUSED,
    NOT_SENT,
    REFUSED,
    THROTTLED,
    UNKNOWN,
    Answer,
    InOneStep,
    Stage,
    fast,
)

OUT_OF_REACH = Outcome(Kind.REJECTED, "not_delivered_now", detail="handset off", retry=True)
HOUR = 3600.0
CAPPED = Outcome(Kind.REJECTED, "not_delivered_now", detail="one a day", hold=HOUR)


class Remembering(InOneStep):
    """A ledger that remembers settlements; who is held becomes pending, as if time had passed."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self.settled: list[Settlement] = []

    def write(self, lease: Any, **writes: Any) -> list[int | None]:
        settlements = writes.pop("settlements", ())
        self.settled += settlements
        return self._ledger.write(lease, settlements=[_passed(s) for s in settlements], **writes)

    def refused(self, run_id: int, number: int, reason: str) -> int:
        return self._ledger.refused(run_id, number, reason)


def _passed(one: Settlement) -> Settlement:
    held = one.state is State.HELD
    return replace(one, state=State.PENDING, not_before=None) if held else one


async def test_who_was_out_of_reach_is_tried_again_by_itself(stage: Stage) -> None:
    result = await stage.run(
        lambda number, tries: OUT_OF_REACH if number == 3 and tries < 2 else ACCEPTED
    )
    assert result.ending is Ending.FINISHED
    assert stage.counts == {"accepted": 10}
    assert stage.outcomes(3) == ["rejected", "rejected", "accepted"]


async def test_who_stays_out_of_reach_fails_after_all_attempts(stage: Stage) -> None:
    result = await stage.run(lambda number, tries: OUT_OF_REACH if number == 3 else ACCEPTED)
    assert result.ending is Ending.FINISHED
    assert stage.counts == {"accepted": 9, "failed": 1}
    assert (stage.entries[3].reason, stage.outcomes(3)) == (
        "not_delivered_now",
        ["rejected"] * 3,
    )


async def test_nobody_else_waits_for_who_is_out_of_reach(stage: Stage) -> None:
    await stage.run(
        lambda number, tries: OUT_OF_REACH if number == 0 and tries == 0 else ACCEPTED,
        fast(concurrency=1, first_wait=0.2, longest_wait=0.2),
    )
    assert stage.told == []
    assert stage.transport.sent_to == [*range(10), 0]


async def test_a_run_that_stops_gives_up_nobody_who_was_out_of_reach(stage: Stage) -> None:
    def script(number: int, tries: int) -> Answer:
        if number == 3 and tries == 2:
            stage.engine.interrupt()
        return OUT_OF_REACH if number == 3 else ACCEPTED

    result = await stage.run(script)
    assert result.ending is Ending.INTERRUPTED
    assert stage.counts == {"accepted": 9, "pending": 1}


async def test_a_refusal_without_a_flag_is_final_at_once(stage: Stage) -> None:
    await stage.run(lambda number, tries: REFUSED if number == 3 else ACCEPTED)
    assert stage.counts == {"accepted": 9, "failed": 1}
    assert stage.outcomes(3) == ["rejected"]


async def test_who_is_capped_is_held_for_longer_each_time_and_fails_at_the_third(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("campaign.sending.engine._now", lambda: 1_000_000)
    with Stage(tmp_path, people=1) as stage:
        ledger = Remembering(stage.held.ledger)
        stage.ledger = ledger  # type: ignore[assignment]
        for _ in range(3):
            result = await stage.run(lambda number, tries: CAPPED)
            assert result.ending is Ending.FINISHED
            assert len(stage.transport.sent_to) == 1
    assert [(one.state, one.not_before) for one in ledger.settled] == [
        (State.HELD, 1_000_000 + 3_600_000),
        (State.HELD, 1_000_000 + 7_200_000),
        (State.FAILED, None),
    ]
    assert [one.outcome for one in ledger.settled] == ["rejected"] * 3


async def test_a_hold_counts_no_attempts_that_said_nothing_about_the_recipient(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("campaign.sending.engine._now", lambda: 0)
    before = [THROTTLED, NOT_SENT, THROTTLED]
    with Stage(tmp_path, people=1) as stage:
        ledger = Remembering(stage.held.ledger)
        stage.ledger = ledger  # type: ignore[assignment]
        await stage.run(lambda number, tries: [*before, CAPPED][tries], fast(attempts=9))
    assert (ledger.settled[-1].state, ledger.settled[-1].not_before) == (State.HELD, 3_600_000)


async def test_a_hold_counts_no_throttles_of_an_earlier_execution_either(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("campaign.sending.engine._now", lambda: 0)

    def throttled(number: int, tries: int) -> Answer:
        if tries == 2:
            stage.engine.interrupt()
        return THROTTLED

    with Stage(tmp_path, people=1) as stage:
        ledger = Remembering(stage.held.ledger)
        stage.ledger = ledger  # type: ignore[assignment]
        await stage.run(throttled)
        await stage.run(lambda number, tries: CAPPED)
        assert stage.outcomes(0) == ["throttled"] * 3 + ["rejected"]
    assert (ledger.settled[-1].state, ledger.settled[-1].not_before) == (State.HELD, 3_600_000)


async def test_a_hold_goes_before_a_retry(tmp_path: Path) -> None:
    with Stage(tmp_path, people=1) as stage:
        ledger = Remembering(stage.held.ledger)
        stage.ledger = ledger  # type: ignore[assignment]
        await stage.run(lambda number, tries: replace(CAPPED, retry=True))
    assert [one.state for one in ledger.settled] == [State.HELD]


@pytest.mark.parametrize("outcome", [ACCEPTED, UNKNOWN, THROTTLED, NOT_SENT, ALL_REFUSED, REFUSED])
def test_only_a_refusal_of_one_recipient_holds(outcome: Outcome) -> None:
    asked = replace(outcome, hold=HOUR)
    alone = outcome is REFUSED
    assert (held_until(asked, 0, 0) is not None) == alone


@pytest.mark.parametrize("resend", [None, True, False])
async def test_whether_a_person_may_send_again_is_written_down(
    tmp_path: Path, resend: bool | None
) -> None:
    with Stage(tmp_path, people=1) as stage:
        ledger = Remembering(stage.held.ledger)
        stage.ledger = ledger  # type: ignore[assignment]
        await stage.run(lambda number, tries: replace(REFUSED, resend=resend))
    assert [one.resend for one in ledger.settled] == [resend]


@pytest.mark.parametrize("flags", [{"retry": True}, {"hold": HOUR}])
async def test_a_refusal_of_the_whole_campaign_stops_whatever_its_flags_say(
    stage: Stage, flags: Mapping[str, Any]
) -> None:
    answer = replace(ALL_REFUSED, **flags)
    result = await stage.run(lambda number, tries: answer, fast(concurrency=1))
    assert (result.ending, answer.scope) == (Ending.STOPPED, Scope.CAMPAIGN)
    assert stage.counts == {"pending": 10}


def test_nobody_who_may_have_got_it_is_tried_again_for_a_flag() -> None:
    for outcome in (UNKNOWN, ACCEPTED):
        asked = replace(outcome, retry=True, hold=HOUR)
        assert settlement(1, 1, asked, 1, will_repeat=True).state == outcome.kind.value
