"""When the attempts of a run were made, and how long answers took, as both databases count it."""

from __future__ import annotations

from campaign.ledger.records import State
from tests.ledger.ledgers import Held


def test_attempts_are_counted_by_their_time_but_for_those_that_never_left(held: Held) -> None:
    held.claim(0, 1, 2, 3)
    for number in range(3):
        held.settle(number, 1, State.ACCEPTED)
    held.settle(3, 1, State.PENDING, outcome="not_sent")
    for number, began in ((0, 10_000), (1, 10_999), (2, 12_000), (3, 12_000)):
        held.store.rewrite("UPDATE attempt SET started_at = ? WHERE number = ?", began, number)
    assert held.ledger.attempts_by_time(held.run.id, 1000) == {10: 2, 12: 1}
    assert held.ledger.attempts_by_time(held.run.id, 60_000) == {0: 3}


def test_only_what_the_vendor_answered_took_any_time(held: Held) -> None:
    held.claim(0, 1, 2, 3)
    for number in range(3):
        held.settle(number, 1, State.ACCEPTED, http_status=200)
    held.settle(3, 1, State.UNKNOWN)
    for number, took in ((0, 40), (1, 40), (2, -5), (3, 30_000)):
        held.store.rewrite(
            "UPDATE attempt SET started_at = 1000, ended_at = ? WHERE number = ?",
            1000 + took,
            number,
        )
    assert held.ledger.answer_times(held.run.id) == {40: 2, 0: 1}
    assert held.ledger.answer_times(held.run.id + 1) == {}
