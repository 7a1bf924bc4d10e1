"""The only door to the provider: claims and their outcomes."""

from __future__ import annotations

from pathlib import Path

import pytest

from campaign.errors import LedgerError
from campaign.ledger.records import Skip, State
from tests.ledger.ledgers import Held, claim, outcome

FINAL = (State.ACCEPTED, State.SCHEDULED, State.FAILED, State.UNKNOWN)


def test_the_first_claim_opens_the_first_attempt(held: Held) -> None:
    assert held.claim(0, 1) == [1, 1]
    assert held.state(0) is State.SENDING


def test_who_is_being_sent_to_cannot_be_claimed_again(held: Held) -> None:
    held.claim(0)
    assert held.claim(0) == [None]


def test_two_claims_for_one_recipient_in_one_write_open_one_attempt(held: Held) -> None:
    assert held.claim(0, 0) == [1, None]


@pytest.mark.parametrize("state", FINAL)
def test_who_is_settled_cannot_be_claimed_again(held: Held, state: State) -> None:
    held.claim(0)
    held.settle(0, 1, state)
    assert held.claim(0) == [None]
    assert held.state(0) is state


def test_who_is_pending_again_can_be_claimed_with_the_next_attempt(held: Held) -> None:
    held.claim(0)
    held.settle(0, 1, State.PENDING)
    assert held.claim(0) == [2]


def test_a_recipient_may_be_settled_and_claimed_again_in_one_write(held: Held) -> None:
    held.claim(0)
    written = held.ledger.write(
        held.lease, claims=[claim(0)], settlements=[outcome(0, 1, State.PENDING)]
    )
    assert written == [2]


def test_a_skipped_recipient_is_never_claimed(held: Held) -> None:
    held.ledger.write(held.lease, skips=[Skip(0, "key-0", "suppressed")])
    assert held.claim(0) == [None]


@pytest.mark.parametrize("state", [State.SENDING, State.ACCEPTED, State.UNKNOWN])
def test_a_skip_never_overwrites_what_was_sent(held: Held, state: State) -> None:
    held.claim(0)
    if state is not State.SENDING:
        held.settle(0, 1, state)
    held.ledger.write(held.lease, skips=[Skip(0, "key-0", "suppressed")])
    assert held.state(0) is state
    assert held.ledger.counts(held.run.id).skipped == 0


@pytest.mark.parametrize(
    ("number", "attempt"), [(1, 1), (0, 2), (0, 0)], ids=["nobody", "later", "earlier"]
)
def test_only_an_open_claim_of_that_attempt_is_settled(
    held: Held, number: int, attempt: int
) -> None:
    held.claim(0)
    with pytest.raises(LedgerError, match=f"Recipient {number} has no open claim"):
        held.settle(number, attempt, State.ACCEPTED)
    assert held.state(0) is State.SENDING
    assert held.ledger.attempts(held.run.id, number) == []


def test_an_outcome_is_written_once(held: Held) -> None:
    held.claim(0)
    held.settle(0, 1, State.ACCEPTED)
    with pytest.raises(LedgerError, match="no open claim"):
        held.settle(0, 1, State.FAILED)
    assert held.state(0) is State.ACCEPTED


def test_a_write_that_fails_writes_nothing_of_it(held: Held) -> None:
    held.claim(0)
    before = held.ledger.counts(held.run.id)
    with pytest.raises(LedgerError):
        held.ledger.write(
            held.lease,
            claims=[claim(1)],
            skips=[Skip(2, "key-2", "suppressed")],
            settlements=[outcome(0, 1, State.ACCEPTED), outcome(9, 1, State.ACCEPTED)],
        )
    assert held.ledger.counts(held.run.id) == before
    assert [held.state(number) for number in (0, 1, 2)] == [State.SENDING, None, None]
    assert held.claim(1) == [1]


def test_a_claim_without_an_outcome_becomes_unknown_and_never_pending(held: Held) -> None:
    held.claim(0, 1, 2)
    held.settle(1, 1, State.ACCEPTED)
    held.settle(2, 1, State.PENDING)
    assert held.ledger.recover(held.lease) == 1
    assert [held.state(number) for number in (0, 1, 2)] == [
        State.UNKNOWN,
        State.ACCEPTED,
        State.PENDING,
    ]
    assert held.claim(0) == [None]
    assert held.ledger.reasons(held.run.id)["unknown", "interrupted"] == 1


def test_an_interrupted_attempt_is_written_down_like_every_other(held: Held) -> None:
    held.claim(0)
    held.settle(0, 1, State.PENDING)
    held.claim(0)
    (entry,) = held.ledger.entries(held.run.id, 0, 0)
    held.ledger.recover(held.lease)
    _, attempt = held.ledger.attempts(held.run.id, 0)
    assert (attempt.attempt, attempt.outcome, attempt.reason) == (2, "unknown", "interrupted")
    assert attempt.started_at == entry.claimed_at
    assert attempt.ended_at >= attempt.started_at


def test_claims_that_were_left_open_are_found_among_all_that_were_not(held: Held) -> None:
    held.claim(*range(10))
    for number in set(range(10)) - {0, 4, 9}:
        held.settle(number, 1, State.ACCEPTED)
    assert held.ledger.recover(held.lease) == 3
    unknown = list(held.ledger.in_state(held.run.id, State.UNKNOWN))
    assert [(one.number, one.reason) for one in unknown] == [(n, "interrupted") for n in (0, 4, 9)]
    attempts = [held.ledger.attempts(held.run.id, one.number) for one in unknown]
    assert [[attempt.outcome for attempt in each] for each in attempts] == [["unknown"]] * 3
    assert held.ledger.broken(held.run.id) == []


def test_to_recover_twice_finds_nothing_more(held: Held) -> None:
    held.claim(0)
    assert [held.ledger.recover(held.lease) for _ in range(2)] == [1, 0]


def test_what_an_earlier_attempt_said_is_not_said_of_an_interrupted_one(held: Held) -> None:
    held.claim(0)
    details = {"reason": "throttled", "code": "429", "detail": "slow down", "provider_id": "p"}
    held.settle(0, 1, State.PENDING, **details, evidence={"a": 1})
    held.claim(0)
    held.ledger.recover(held.lease)
    (entry,) = held.ledger.entries(held.run.id, 0, 0)
    said = (entry.reason, entry.code, entry.detail, entry.provider_id, entry.evidence)
    assert said == ("interrupted", None, None, None, {})


def test_what_an_earlier_attempt_said_is_not_said_of_a_skip(held: Held) -> None:
    held.claim(0)
    held.settle(0, 1, State.PENDING, reason="throttled", code="429", detail="slow down")
    held.ledger.write(held.lease, skips=[Skip(0, "key-0", "window_closed")])
    (entry,) = held.ledger.entries(held.run.id, 0, 0)
    said = (entry.state, entry.reason, entry.code, entry.detail)
    assert said == (State.SKIPPED, "window_closed", None, None)


def test_a_vendors_broken_unicode_cannot_keep_an_outcome_from_being_written(held: Held) -> None:
    held.claim(0)
    held.settle(0, 1, State.FAILED, detail="half \ud800 pair", code="\ud800", provider_id="\udfff")
    held.ledger.note(held.lease, "stopped", "because of \ud800")
    (entry,) = held.ledger.entries(held.run.id, 0, 0)
    assert (entry.detail, entry.code) == ("half \\ud800 pair", "\\ud800")
    assert held.ledger.events(held.run.id)[0][2] == "because of \\ud800"


def test_evidence_that_is_no_json_is_written_as_text(held: Held) -> None:
    held.claim(0)
    held.settle(0, 1, State.ACCEPTED, evidence={"path": Path("a/b"), "count": 2})
    (entry,) = held.ledger.entries(held.run.id, 0, 0)
    assert entry.evidence == {"path": "a/b", "count": 2}
