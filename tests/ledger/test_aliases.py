"""Whose conversation a vendor speaks of: by its ids first, and by the person's address."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import pytest

from campaign.ledger import aliases
from campaign.ledger.records import (
    GIVEN_UP,
    Claim,
    Decision,
    Entry,
    Lease,
    PlanRecord,
    Run,
    State,
)
from campaign.ledger.sql_ledger import SqlLedger
from tests.ledger.ledgers import Held, Store, claim, outcome, plan

ANA, BEN = "+491713920001", "+491713920002"
HOUR = 3_600_000


def names(entry: Entry) -> Iterator[str]:
    """Return what the vendor calls them: the id of its answer, and one of its evidence."""
    if entry.provider_id is not None:
        yield entry.provider_id
    yield from entry.evidence.get("names", [])


def learn(held: Held, *, provider: str = "sendbird", sandbox: bool = False) -> int:
    return held.ledger.learn(provider, names, sandbox=sandbox)


def numbers(held: Held, *ids: str, provider: str = "sendbird") -> dict[str, int]:
    places = held.ledger.places_of_ids(provider, ids, sandbox=False)
    return {name: newest.number for name, (newest, *_) in places.items()}


def people(held: Held, *identities: str) -> dict[str, list[tuple[int, int]]]:
    places = held.ledger.places_of_people("sendbird", identities, sandbox=False)
    return {name: [(one.run_id, one.number) for one in found] for name, found in places.items()}


def sent(held: Held, *which: int) -> None:
    held.claim(*which)
    for number in which:
        held.settle(number, 1, State.ACCEPTED, provider_id=f"id-{number}")


def begin(
    ledger: SqlLedger, name: str, *, provider: str = "sendbird", sandbox: bool = False
) -> tuple[Run, Lease]:
    run = ledger.ensure_run(name, "once", provider=provider, channel="sms", sandbox=sandbox)
    lease = ledger.acquire(run.id)
    ledger.set_plan(lease, plan())
    return run, lease


def test_who_was_sent_to_is_known_by_every_id_of_the_vendors(held: Held) -> None:
    sent(held, 0)
    held.claim(1)
    held.settle(1, 1, State.ACCEPTED, provider_id="id-1", evidence={"names": ["other-1", "id-1"]})
    assert learn(held) == 2
    asked = ("id-0", "id-1", "other-1", "id-9")
    assert numbers(held, *asked) == {"id-0": 0, "id-1": 1, "other-1": 1}
    (entry,) = held.ledger.entries(held.run.id, 1, 1)
    place = held.ledger.places_of_ids("sendbird", ["other-1"], sandbox=False)["other-1"][0]
    assert (place.run_id, place.claimed_at) == (held.run.id, entry.claimed_at)


def test_a_person_is_known_by_the_address_and_not_by_the_key(held: Held) -> None:
    held.ledger.write(held.lease, claims=[Claim(0, "customer-1", ANA), Claim(1, BEN)])
    held.settle(0, 1, State.UNKNOWN)
    held.settle(1, 1, State.ACCEPTED)
    assert learn(held) == 2
    assert people(held, ANA, BEN, "customer-1") == {
        ANA: [(held.run.id, 0)],
        BEN: [(held.run.id, 1)],
    }


def test_whoever_is_found_by_an_id_is_named_by_the_address(held: Held) -> None:
    held.ledger.write(held.lease, claims=[Claim(0, "customer-1", ANA), Claim(1, BEN)])
    for number in (0, 1):
        held.settle(number, 1, State.ACCEPTED, provider_id=f"id-{number}")
    learn(held)
    found = held.ledger.places_of_ids("sendbird", ["id-0", "id-1"], sandbox=False)
    assert {name: place.identity for name, (place,) in found.items()} == {"id-0": ANA, "id-1": BEN}
    (place,) = held.ledger.places_of_people("sendbird", [ANA], sandbox=False)[ANA]
    assert place.identity == ANA


def test_nobody_is_learnt_twice_and_who_comes_later_is_learnt_then(held: Held) -> None:
    sent(held, 0, 1)
    assert [learn(held), learn(held)] == [2, 0]
    sent(held, 2)
    assert [learn(held), learn(held)] == [1, 0]
    assert numbers(held, "id-0", "id-1", "id-2") == {"id-0": 0, "id-1": 1, "id-2": 2}


def test_who_was_claimed_long_ago_is_not_looked_at_again(held: Held) -> None:
    sent(held, 0)
    held.store.rewrite("UPDATE recipient SET claimed_at = claimed_at - 100000")
    assert learn(held) == 1
    held.store.rewrite("DELETE FROM alias")
    assert learn(held) == 0


def test_nobody_else_waits_for_a_claim_that_is_still_open(held: Held) -> None:
    held.claim(0)
    held.store.rewrite("UPDATE recipient SET claimed_at = claimed_at - 1800000")
    sent(held, 1)
    assert learn(held) == 1
    assert numbers(held, "id-1") == {"id-1": 1}
    held.settle(0, 1, State.ACCEPTED, provider_id="id-0")
    assert learn(held) == 1
    assert numbers(held, "id-0") == {"id-0": 0}


def test_an_open_claim_of_a_killed_run_makes_nobody_read_all_that_came_since(held: Held) -> None:
    held.claim(0)
    held.store.rewrite("UPDATE recipient SET claimed_at = claimed_at - 1800000")
    sent(held, 1)
    held.store.rewrite("UPDATE recipient SET claimed_at = claimed_at - 600000 WHERE number = 1")
    assert learn(held) == 1
    held.store.rewrite("DELETE FROM alias")
    assert learn(held) == 0, "who came after the open claim was looked at again"
    held.settle(0, 1, State.ACCEPTED, provider_id="id-0")
    assert [learn(held), learn(held)] == [1, 0]
    assert numbers(held, "id-0") == {"id-0": 0}


def test_a_claim_that_was_waited_for_and_came_to_nothing_is_nobodys(held: Held) -> None:
    held.claim(0)
    held.store.rewrite("UPDATE recipient SET claimed_at = claimed_at - 1800000")
    assert learn(held) == 0
    held.settle(0, 1, State.PENDING, outcome="not_sent")
    assert learn(held) == 0
    held.claim(0)
    held.settle(0, 2, State.ACCEPTED, provider_id="id-0")
    assert [learn(held), learn(held)] == [1, 0]


def test_who_was_claimed_an_hour_ago_and_never_heard_of_is_known_by_the_address(
    held: Held,
) -> None:
    held.claim(0)
    held.store.rewrite("UPDATE recipient SET claimed_at = claimed_at - ?", HOUR - 60_000)
    assert learn(held) == 0
    held.store.rewrite("UPDATE recipient SET claimed_at = claimed_at - 120000")
    held.store.rewrite("DELETE FROM learned")
    assert [learn(held), learn(held)] == [1, 0]
    assert people(held, "key-0") == {"key-0": [(held.run.id, 0)]}


def test_a_claim_that_shows_itself_after_later_ones_is_learnt_too(held: Held) -> None:
    sent(held, 0)
    assert learn(held) == 1
    sent(held, 1)
    held.store.rewrite("UPDATE recipient SET claimed_at = claimed_at - 40000 WHERE number = 1")
    assert learn(held) == 1
    assert numbers(held, "id-1") == {"id-1": 1}


def test_who_is_sent_to_again_is_known_by_the_new_id_and_by_the_earlier_one(held: Held) -> None:
    held.claim(0)
    held.settle(0, 1, State.UNKNOWN, provider_id="early")
    assert learn(held) == 1
    for table in ("recipient", "alias"):
        held.store.rewrite(f"UPDATE {table} SET claimed_at = claimed_at - 5000")
    again = Decision(0, State.UNKNOWN, State.PENDING, "resolved_not_sent", "ana")
    held.ledger.decide(held.lease, [again])
    before = held.ledger.places_of_ids("sendbird", ["early"], sandbox=False)["early"][0]
    held.claim(0)
    held.settle(0, 2, State.ACCEPTED, provider_id="late")
    assert learn(held) == 1
    assert numbers(held, "early", "late") == {"early": 0, "late": 0}
    (place,) = held.ledger.places_of_people("sendbird", ["key-0"], sandbox=False)["key-0"]
    assert place.claimed_at > before.claimed_at


def test_the_id_that_a_look_up_found_leads_to_whom_it_was_found_for(held: Held) -> None:
    held.claim(0)
    held.settle(0, 1, State.UNKNOWN)
    held.store.rewrite("UPDATE recipient SET claimed_at = claimed_at - 500000")
    assert learn(held) == 1
    found = Decision(0, State.UNKNOWN, State.ACCEPTED, "found", "vendor", provider_id="id-0")
    held.ledger.decide(held.lease, [found])
    assert numbers(held, "id-0") == {}
    learn(held)
    assert numbers(held, "id-0") == {"id-0": 0}


def test_a_decision_that_shows_itself_after_later_ones_is_looked_at_too(held: Held) -> None:
    for number in (0, 1):
        held.claim(number)
        held.settle(number, 1, State.UNKNOWN)
        found = Decision(
            number, State.UNKNOWN, State.ACCEPTED, "found", "v", provider_id=f"{number}"
        )
        held.ledger.decide(held.lease, [found])
    held.store.rewrite("UPDATE decision SET number = 5 WHERE number = 0")
    held.store.rewrite("UPDATE recipient SET claimed_at = claimed_at - 500000")
    held.store.rewrite("UPDATE recipient SET provider_id = NULL WHERE number = 0")
    assert learn(held) == 2
    held.store.rewrite("UPDATE decision SET number = 0 WHERE number = 5")
    held.store.rewrite("UPDATE recipient SET provider_id = '0' WHERE number = 0")
    learn(held)
    assert numbers(held, "0", "1") == {"0": 0, "1": 1}


@pytest.mark.parametrize("state", [State.PENDING, State.FAILED])
def test_who_certainly_got_nothing_was_not_written_to(held: Held, state: State) -> None:
    held.claim(0)
    held.settle(0, 1, state, outcome="rejected", provider_id="id-0")
    learn(held)
    assert people(held, "key-0") == {}
    assert numbers(held, "id-0") == ({"id-0": 0} if state is State.FAILED else {})


def test_whom_a_person_gave_up_may_have_got_the_message(held: Held) -> None:
    held.claim(0)
    held.settle(0, 1, State.UNKNOWN)
    held.ledger.decide(
        held.lease, [Decision(0, State.UNKNOWN, State.SKIPPED, GIVEN_UP, "ana@host")]
    )
    assert learn(held) == 1
    assert people(held, "key-0") == {"key-0": [(held.run.id, 0)]}


def test_of_several_runs_that_wrote_to_a_person_the_newest_comes_first(held: Held) -> None:
    ledger = held.ledger
    for age, name in ((30, "first"), (20, "second"), (10, "third")):
        run, lease = begin(ledger, name)
        ledger.write(lease, claims=[Claim(age, ANA)])
        same = outcome(age, 1, State.ACCEPTED, provider_id="conversation")
        ledger.write(lease, settlements=[same])
        held.store.rewrite(
            "UPDATE recipient SET claimed_at = claimed_at - ? WHERE run_id = ?", age, run.id
        )
    assert learn(held) == 3
    found = ledger.places_of_people("sendbird", [ANA], sandbox=False)[ANA]
    assert [place.number for place in found] == [10, 20, 30]
    by_id = ledger.places_of_ids("sendbird", ["conversation"], sandbox=False)["conversation"]
    assert [place.number for place in by_id] == [10, 20, 30]


def test_another_provider_and_a_rehearsal_know_other_people(held: Held) -> None:
    ledger = held.ledger
    places = {}
    for provider, sandbox in (("zild", False), ("sendbird", True)):
        run, lease = begin(ledger, f"{provider}-{sandbox}", provider=provider, sandbox=sandbox)
        ledger.write(lease, claims=[claim(3)])
        ledger.write(lease, settlements=[outcome(3, 1, State.ACCEPTED, provider_id="id-0")])
        places[provider, sandbox] = run.id
    sent(held, 0)
    assert learn(held) == 1
    assert learn(held, provider="zild") == 1
    assert learn(held, sandbox=True) == 1
    assert numbers(held, "id-0") == {"id-0": 0}
    for (provider, sandbox), run_id in places.items():
        found = ledger.places_of_ids(provider, ["id-0"], sandbox=sandbox)
        assert found["id-0"][0].run_id == run_id
        assert ledger.places_of_people(provider, ["key-0"], sandbox=sandbox) == {}


@pytest.mark.parametrize("page", [1, 2, 3])
def test_everybody_is_learnt_however_many_fit_a_page(
    held: Held, monkeypatch: pytest.MonkeyPatch, page: int
) -> None:
    monkeypatch.setattr(aliases, "PAGE", page)
    sent(held, *range(6))
    held.store.rewrite("UPDATE recipient SET claimed_at = 5 WHERE number < 4")
    assert [learn(held), learn(held)] == [6, 0]
    assert numbers(held, *(f"id-{number}" for number in range(6))) == {
        f"id-{number}": number for number in range(6)
    }


def test_who_breaks_off_goes_on_where_it_was(held: Held, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aliases, "PAGE", 2)
    sent(held, *range(6))
    held.store.rewrite("UPDATE recipient SET claimed_at = claimed_at - 100000 + number")
    asked: list[int] = []

    def breaks_off(entry: Entry) -> Iterable[str]:
        asked.append(entry.number)
        if len(asked) == 4:
            raise KeyboardInterrupt
        return names(entry)

    with pytest.raises(KeyboardInterrupt):
        held.ledger.learn("sendbird", breaks_off, sandbox=False)
    assert len(numbers(held, *(f"id-{number}" for number in range(6)))) == 2
    assert learn(held) == 4
    assert len(numbers(held, *(f"id-{number}" for number in range(6)))) == 6


def test_by_a_new_plan_no_name_leads_to_whom_the_number_was_before(held: Held) -> None:
    held.claim(0)
    held.store.rewrite("UPDATE recipient SET claimed_at = claimed_at - ?", 2 * HOUR)
    assert learn(held) == 1
    held.settle(0, 1, State.PENDING, outcome="not_sent")
    another: PlanRecord = plan(hash="xyz")
    held.ledger.set_plan(held.lease, another)
    held.ledger.write(held.lease, claims=[Claim(0, "somebody else")])
    held.settle(0, 1, State.ACCEPTED)
    learn(held)
    assert people(held, "key-0", "somebody else") == {"somebody else": [(held.run.id, 0)]}


def test_an_id_that_no_index_takes_keeps_nobody_from_being_learnt(held: Held) -> None:
    held.claim(0)
    odd = ["x" * 100_000, "", "half \ud83d", "\0"]
    held.settle(0, 1, State.ACCEPTED, evidence={"names": odd})
    sent(held, 1)
    assert learn(held) == 2
    assert numbers(held, *odd, "id-1") == {"half \ud83d": 0, "\0": 0, "id-1": 1}


def test_nobody_asked_for_is_nobody(store: Store) -> None:
    ledger = store.open()
    assert ledger.learn("sendbird", names, sandbox=False) == 0
    assert ledger.places_of_ids("sendbird", [], sandbox=False) == {}
    assert ledger.places_of_people("sendbird", [], sandbox=False) == {}
    ledger.close()
