"""Who is held: until their time has come, or until the rules that held them are asked anew."""

from __future__ import annotations

from campaign.ledger.records import Skip, State
from tests.ledger.ledgers import Held, outcome

NOON = 1_790_000_000_000


def hold(held: Held) -> None:
    """The vendor holds 0, a rule holds 1 and 2, and a rule holds 3 whom the vendor held before."""
    held.claim(0, 3)
    vendor = [outcome(number, 1, State.HELD, not_before=NOON) for number in (0, 3)]
    held.ledger.write(held.lease, settlements=vendor)
    held.ledger.release_due(held.lease, NOON)
    held.claim(0)
    held.ledger.write(
        held.lease,
        settlements=[outcome(0, 2, State.HELD, not_before=NOON + 1)],
        skips=[Skip(number, f"key-{number}", "quiet_hours", NOON + number) for number in (1, 2, 3)],
    )


def states(held: Held) -> list[State]:
    return [held.state(number) for number in range(4)]


def test_those_are_released_whose_time_has_come_by_the_clock_that_is_given(held: Held) -> None:
    hold(held)
    assert states(held) == [State.HELD] * 4
    assert held.ledger.next_due(held.run.id) == NOON + 1
    assert held.ledger.release_due(held.lease, NOON) == 0
    assert held.ledger.release_due(held.lease, NOON + 2) == 3
    assert states(held) == [State.PENDING, State.PENDING, State.PENDING, State.HELD]
    assert held.ledger.counts(held.run.id).held == 1


def test_whom_only_a_rule_held_may_be_released_before_their_time_and_nobody_else(
    held: Held,
) -> None:
    hold(held)
    assert held.ledger.release_due(held.lease, NOON, ours=True) == 2
    assert states(held) == [State.HELD, State.PENDING, State.PENDING, State.HELD]
    assert held.ledger.counts(held.run.id).held == 2
