"""Test messages in the ledger: claimed before they leave, and in no run."""

from __future__ import annotations

from contextlib import closing

import pytest

from campaign.errors import LedgerError
from campaign.ledger.records import State
from campaign.ledger.team_records import TeamClaim
from tests.ledger.ledgers import NAME, Held, Store

BO = "+491713920001"


def wish(address: str = BO, *, name: str = NAME, sandbox: bool = False) -> TeamClaim:
    return TeamClaim(name, "sendbird", "sms", sandbox, address, "row 2 of list.csv", "me@here")


def test_a_claim_is_there_for_the_next_process_before_anything_is_settled(store: Store) -> None:
    with closing(store.open()) as ledger:
        ledger.claim_test(wish())
        with closing(store.open()) as other:
            found = other.last_test(NAME, BO, sandbox=False)
    assert found is not None
    assert (found.state, found.who, found.source) == (
        State.SENDING,
        "me@here",
        "row 2 of list.csv",
    )


def test_what_became_of_it_is_kept_and_written_once(store: Store) -> None:
    with closing(store.open()) as ledger:
        number = ledger.claim_test(wish())
        ledger.settle_test(number, State.FAILED, reason="refused", detail="half \ud83d", code="7")
        found = ledger.last_test(NAME, BO, sandbox=False)
        assert found is not None
        assert (found.state, found.reason) == (State.FAILED, "refused")
        with pytest.raises(LedgerError, match="not open"):
            ledger.settle_test(number, State.ACCEPTED)


def test_the_newest_counts_and_others_campaigns_and_rehearsals_do_not(store: Store) -> None:
    with closing(store.open()) as ledger:
        ledger.settle_test(ledger.claim_test(wish()), State.UNKNOWN, reason="no_answer")
        ledger.settle_test(ledger.claim_test(wish()), State.ACCEPTED, provider_id="m1")
        ledger.claim_test(wish(name="another"))
        ledger.claim_test(wish(sandbox=True))
        found = ledger.last_test(NAME, BO, sandbox=False)
        assert found is not None
        assert found.state is State.ACCEPTED
        assert ledger.last_test(NAME, "+491713920002", sandbox=False) is None


def test_no_count_of_a_run_knows_of_a_test(held: Held) -> None:
    before = held.ledger.counts(held.run.id)
    held.ledger.settle_test(held.ledger.claim_test(wish()), State.ACCEPTED)
    assert held.ledger.counts(held.run.id) == before
    assert held.ledger.broken(held.run.id) == []
    assert held.ledger.run_names(NAME) == [held.run.run]


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        ("UPDATE test_send SET settled_at = NULL WHERE state = 'failed'", "failed"),
        ("UPDATE test_send SET settled_at = claimed_at WHERE state = 'unknown'", "unknown"),
        ("UPDATE test_send SET settled_at = claimed_at WHERE state = 'sending'", "sending"),
        ("UPDATE test_send SET state = 'accepted' WHERE state = 'unknown'", "accepted"),
    ],
)
def test_a_state_that_its_times_deny_is_named(held: Held, statement: str, told: str) -> None:
    ledger = held.ledger
    for state in (State.ACCEPTED, State.SCHEDULED, State.FAILED, State.UNKNOWN):
        ledger.settle_test(ledger.claim_test(wish()), state)
    ledger.claim_test(wish())
    assert ledger.broken_tests(NAME) == []
    held.store.rewrite(statement)
    assert ledger.broken_tests(NAME) == [
        f"{BO} has a test message that is {told}, and its times say otherwise."
    ]
    assert ledger.broken_tests("another") == []
