"""What one run may know of what the others did."""

from __future__ import annotations

import pytest

from campaign.ledger import contacts
from campaign.ledger.records import (
    GIVEN_UP,
    Claim,
    Contact,
    Decision,
    Lease,
    Run,
    Skip,
    State,
)
from campaign.ledger.sql_ledger import SqlLedger
from tests.ledger.ledgers import Held, Store, outcome, plan

ANA, BEN = "+491713920001", "+491713920002"


def begin(ledger: SqlLedger, name: str, *, sandbox: bool = False) -> tuple[Run, Lease]:
    run = ledger.ensure_run(name, "once", provider="zild", channel="whatsapp", sandbox=sandbox)
    lease = ledger.acquire(run.id)
    ledger.set_plan(lease, plan())
    return run, lease


def told(ledger: SqlLedger, run: Run, since: int = 0, *, own: bool = True) -> list[Contact]:
    return list(ledger.contacts(since, run.id, sandbox=run.sandbox, own=own))


def test_a_run_sees_whom_other_campaigns_claimed_by_their_identities(held: Held) -> None:
    run, lease = begin(held.ledger, "spring")
    held.ledger.write(lease, claims=[Claim(0, "customer-1", ANA, True), Claim(1, BEN, None, False)])
    first, second = told(held.ledger, held.run)
    assert (first.identity, first.initiated, first.channel) == (ANA, True, "whatsapp")
    assert (second.identity, second.initiated, second.number) == (BEN, False, 1)
    assert first.run_id == run.id
    assert first.at == second.at


@pytest.mark.parametrize(
    ("state", "counts"),
    [
        (State.ACCEPTED, True),
        (State.SCHEDULED, True),
        (State.UNKNOWN, True),
        (State.FAILED, False),
        (State.PENDING, False),
    ],
)
def test_who_may_have_got_a_message_counts_and_who_has_not_does_not(
    held: Held, state: State, counts: bool
) -> None:
    held.claim(0)
    (under_way,) = told(held.ledger, held.run)
    assert under_way.counts
    held.settle(0, 1, state)
    (settled,) = told(held.ledger, held.run)
    assert (settled.counts, settled.at) == (counts, under_way.at)


def test_an_unknown_whom_a_person_gave_up_may_have_got_the_message_all_the_same(
    held: Held,
) -> None:
    held.claim(0)
    held.settle(0, 1, State.UNKNOWN)
    skip = Decision(0, State.UNKNOWN, State.SKIPPED, GIVEN_UP, "ana@host")
    assert held.ledger.decide(held.lease, [skip]) == 1
    (contact,) = told(held.ledger, held.run)
    assert (contact.state, contact.counts) == (State.SKIPPED, True)


@pytest.mark.parametrize(("channel", "initiated"), [("whatsapp", True), ("sms", False)])
def test_a_chat_of_which_an_earlier_version_kept_no_window_counts_as_outside_one(
    held: Held, channel: str, initiated: bool
) -> None:
    held.claim(0)
    held.store.rewrite("UPDATE run SET channel = ?", channel)
    (contact,) = told(held.ledger, held.run)
    assert contact.initiated is initiated


def test_who_was_never_claimed_is_no_contact(held: Held) -> None:
    held.ledger.write(held.lease, skips=[Skip(0, "key-0", "suppressed"), Skip(1, "k", "x", 5)])
    assert told(held.ledger, held.run) == []


def test_a_rehearsal_is_seen_by_nobody_else_and_sees_only_itself(held: Held) -> None:
    one, lease = begin(held.ledger, "spring", sandbox=True)
    other, _ = begin(held.ledger, "summer", sandbox=True)
    held.claim(0)
    held.ledger.write(lease, claims=[Claim(0, ANA)])
    assert [contact.identity for contact in told(held.ledger, held.run)] == ["key-0"]
    assert [contact.identity for contact in told(held.ledger, one)] == [ANA]
    assert told(held.ledger, other) == []
    assert list(held.ledger.contacts(0, 0, sandbox=True)) == []
    assert len(list(held.ledger.contacts(0, 0, sandbox=False))) == 1


def test_a_run_may_leave_its_own_claims_out_and_what_is_long_ago(held: Held) -> None:
    run, _ = begin(held.ledger, "spring")
    held.claim(0)
    (contact,) = told(held.ledger, run, own=False)
    assert told(held.ledger, held.run, own=False) == []
    assert told(held.ledger, run, contact.at) == [contact]
    assert told(held.ledger, run, contact.at + 1) == []


def test_one_persons_contacts_are_those_of_other_real_runs_between_the_moments(held: Held) -> None:
    spring, lease = begin(held.ledger, "spring")
    rehearsal, rehearsed = begin(held.ledger, "summer", sandbox=True)
    held.ledger.write(lease, claims=[Claim(0, "customer-1", ANA, True), Claim(1, BEN)])
    held.ledger.write(rehearsed, claims=[Claim(0, ANA)])
    held.ledger.write(held.lease, claims=[Claim(0, BEN)])
    ana, ben = told(held.ledger, held.run, own=False)

    def of(identity: str, run: Run, since: int = 0, until: int = ana.at) -> list[Contact]:
        return held.ledger.contacts_of_one(
            identity, run.id, since=since, until=until, sandbox=run.sandbox
        )

    assert of(ANA, held.run) == of(ANA, held.run, since=ana.at) == [ana]
    assert of(BEN, held.run) == [ben]
    assert of(ANA, held.run, since=ana.at + 1, until=ana.at + 2) == []
    assert of(ANA, held.run, until=ana.at - 1) == []
    assert of(ANA, spring) == of(ANA, rehearsal) == []


def test_many_claims_of_one_instant_are_each_told_once(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(contacts, "PAGE", 3)
    held = Held(store, sendable=20)
    held.claim(*range(8))
    held.claim(*range(8, 13))
    held.ledger.write(held.lease, settlements=[outcome(2, 1, State.PENDING)])
    assert sorted(contact.number for contact in told(held.ledger, held.run)) == list(range(13))
    held.ledger.close()


class Doorkeeper:
    """Lets some in, and remembers what the ledger told it meanwhile."""

    serial = True
    brief = True

    def __init__(self, ledger: SqlLedger, run: Run, *numbers: int) -> None:
        self._ledger, self._run, self._numbers = ledger, run, numbers
        self.seen: list[int] = []

    def admits(self, claims: list[Claim], now: int) -> list[bool]:
        self.seen = [contact.number for contact in told(self._ledger, self._run)]
        return [claim.number in self._numbers for claim in claims]


def test_who_is_turned_away_is_not_claimed_and_may_come_again(held: Held) -> None:
    gate = Doorkeeper(held.ledger, held.run, 1, 2)
    claims = [Claim(number, f"key-{number}") for number in (0, 1, 2, 1)]
    assert held.ledger.write(held.lease, claims=claims, gate=gate) == [0, 1, 1, None]
    assert [held.state(number) for number in (0, 1)] == [None, State.SENDING]
    assert held.ledger.counts(held.run.id).sending == 2
    assert held.claim(0) == [1]


def test_a_gate_sees_what_was_claimed_before_and_what_is_settled_with_the_claims(
    held: Held,
) -> None:
    gate = Doorkeeper(held.ledger, held.run, 5)
    held.claim(3, 4)
    held.ledger.write(held.lease, claims=[Claim(5, "key-5")], gate=gate)
    assert gate.seen == [3, 4]
    settled = [outcome(5, 1, State.PENDING)]
    again = held.ledger.write(
        held.lease, claims=[Claim(5, "key-5")], settlements=settled, gate=gate
    )
    assert again == [2]
