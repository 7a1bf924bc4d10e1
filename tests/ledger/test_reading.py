"""What the ledger says afterwards: entries, attempts, reasons, events, and runs by name."""

from __future__ import annotations

import pytest

from campaign.errors import LedgerError
from campaign.ledger.hearing import COLUMNS
from campaign.ledger.records import Skip, State
from campaign.ledger.runs import now_ms
from tests.ledger.ledgers import NAME, RUN, Held, ensure, plan


def test_an_entry_says_all_that_the_vendor_said(held: Held) -> None:
    before = now_ms()
    held.claim(3)
    details = {"reason": "refused", "code": "21", "detail": "no", "provider_id": "abc"}
    held.settle(3, 1, State.FAILED, **details, evidence={"channel_url": "x"}, http_status=400)
    (entry,) = held.ledger.entries(held.run.id, 0, 9)
    assert (entry.number, entry.key, entry.state, entry.attempts) == (3, "key-3", "failed", 1)
    assert {name: getattr(entry, name) for name in details} == details
    assert entry.evidence == {"channel_url": "x"}
    assert entry.claimed_at is not None
    assert entry.settled_at is not None
    assert before <= entry.claimed_at <= entry.settled_at <= now_ms()


@pytest.mark.parametrize("people", [0, 1, 3, 4, 6, 7])
def test_everybody_in_a_state_is_found_once_page_by_page(
    held: Held, monkeypatch: pytest.MonkeyPatch, people: int
) -> None:
    monkeypatch.setattr("campaign.ledger.sql_ledger._PAGE", 3)
    held.claim(8, 9)
    held.settle(8, 1, State.ACCEPTED)
    held.claim(*range(people))
    found = [entry.number for entry in held.ledger.in_state(held.run.id, State.SENDING)]
    assert found == [*range(people), 9]


def test_no_more_than_a_page_of_those_in_a_state_is_read_ahead(
    held: Held, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("campaign.ledger.sql_ledger._PAGE", 2)
    held.claim(0, 1, 2, 3)
    found = iter(held.ledger.in_state(held.run.id, State.SENDING))
    assert next(found).number == 0
    held.settle(1, 1, State.ACCEPTED)
    held.settle(2, 1, State.ACCEPTED)
    assert [entry.number for entry in found] == [1, 3]


def test_entries_come_in_the_order_of_the_plan_and_only_from_the_range(held: Held) -> None:
    held.claim(8, 2, 5)
    assert [entry.number for entry in held.ledger.entries(held.run.id, 2, 5)] == [2, 5]


def test_what_is_known_of_a_range_comes_by_column_with_every_row_in_its_place(held: Held) -> None:
    held.claim(3, 4, 5, 8)
    held.settle(4, 1, State.FAILED, reason="refused", detail='no "\n\u2028 Łukasz', code="21")
    held.settle(5, 1, State.ACCEPTED, provider_id="abc")
    found = held.ledger.columns(held.run.id, 4, 8)
    entries = {one.number: one for one in held.ledger.entries(held.run.id, 4, 8)}
    assert sorted(found["number"]) == [4, 5, 8]
    for name, values in found.items():
        if name in COLUMNS:
            continue
        said = {number: getattr(entries[number], name) for number in entries}
        assert dict(zip(found["number"], values, strict=True)) == said


def test_of_a_range_in_which_nobody_is_known_there_are_columns_with_nothing(held: Held) -> None:
    held.claim(3)
    columns = held.ledger.columns(held.run.id, 4, 9)
    assert columns
    assert all(len(values) == 0 for values in columns.values())


def test_decided_leaves_out_who_may_still_be_sent_to(held: Held) -> None:
    held.claim(0, 1, 2, 3)
    held.settle(1, 1, State.PENDING)
    held.settle(2, 1, State.ACCEPTED)
    held.ledger.write(held.lease, skips=[Skip(4, "key-4", "suppressed")])
    assert sorted(held.ledger.decided(held.run.id, 0, 9)) == [0, 2, 3, 4]
    assert list(held.ledger.decided(held.run.id, 1, 2)) == [2]


def test_every_attempt_is_kept_in_order(held: Held) -> None:
    for attempt, state in enumerate((State.PENDING, State.PENDING, State.ACCEPTED), 1):
        held.claim(0)
        said = {"outcome": f"o{attempt}", "reason": f"r{attempt}", "http_status": 200 + attempt}
        held.settle(0, attempt, state, **said)
    found = held.ledger.attempts(held.run.id, 0)
    assert [(a.attempt, a.outcome, a.reason, a.http_status) for a in found] == [
        (1, "o1", "r1", 201),
        (2, "o2", "r2", 202),
        (3, "o3", "r3", 203),
    ]
    assert all(a.started_at == 1 and a.ended_at > 1 for a in found)


def test_reasons_join_what_the_plan_refused_and_what_the_vendor_refused(held: Held) -> None:
    refusals = {("skipped", "duplicate"): 2, ("held", "holdout"): 3}
    held.ledger.set_plan(held.lease, plan(10, refusals))
    held.claim(0, 1, 2)
    held.settle(0, 1, State.FAILED, reason="opted_out")
    held.settle(1, 1, State.FAILED, reason="opted_out")
    held.settle(2, 1, State.ACCEPTED)
    held.ledger.write(held.lease, skips=[Skip(3, "key-3", "duplicate")])
    assert dict(held.ledger.reasons(held.run.id)) == {
        ("skipped", "duplicate"): 3,
        ("held", "holdout"): 3,
        ("failed", "opted_out"): 2,
    }


def test_events_come_in_the_order_in_which_they_happened(held: Held) -> None:
    held.ledger.note(held.lease, "started", "10 to send")
    held.ledger.note(held.lease, "finished")
    events = held.ledger.events(held.run.id)
    assert [(what, detail) for _, what, detail in events] == [
        ("started", "10 to send"),
        ("finished", None),
    ]
    assert events[0][0] <= events[1][0] <= now_ms()


def test_the_same_run_again_is_the_same_run(held: Held) -> None:
    assert ensure(held.ledger).id == held.run.id
    assert ensure(held.ledger, "another").id != held.run.id


def test_runs_are_found_by_name_and_the_newest_first(held: Held) -> None:
    ensure(held.ledger, "second")
    held.ledger.ensure_run(NAME, "trial", provider="zild", channel="whatsapp", sandbox=True)
    newest = held.ledger.latest_run(NAME, sandbox=False)
    trial = held.ledger.latest_run(NAME, sandbox=True)
    assert newest is not None
    assert trial is not None
    assert (newest.run, trial.run, trial.provider) == ("second", "trial", "zild")
    assert held.ledger.run_names(NAME) == ["trial", "second", RUN]
    assert held.ledger.find_run(NAME, "never") is None
    assert held.ledger.latest_run("nobody", sandbox=False) is None


def test_two_runs_of_one_campaign_do_not_share_recipients(held: Held) -> None:
    held.claim(0)
    other = ensure(held.ledger, "second")
    lease = held.ledger.acquire(other.id)
    held.ledger.set_plan(lease, plan(5))
    assert not held.ledger.decided(other.id, 0, 9)
    assert held.ledger.counts(other.id).pending == 5


def test_the_plan_is_read_back_as_it_was_frozen(held: Held) -> None:
    frozen = plan(7, {("held", "holdout"): 2}, definition={"message": "m", "rate": "r"})
    held.ledger.set_plan(held.lease, frozen)
    run = held.ledger.find_run(NAME, RUN)
    assert run is not None
    assert (run.plan_path, run.plan_hash, run.list_hash) == (
        frozen.path,
        frozen.hash,
        frozen.list_hash,
    )
    assert (run.planned, run.sendable, run.definition) == (9, 7, frozen.definition)


def test_a_plan_may_be_replaced_while_nobody_was_sent_to(held: Held) -> None:
    held.claim(0)
    held.settle(0, 1, State.PENDING)
    assert held.ledger.may_replan(held.run.id)
    held.ledger.set_plan(held.lease, plan(3))
    assert held.ledger.counts(held.run.id).as_dict() == {
        **dict.fromkeys((state.value for state in State), 0),
        "planned": 3,
        "pending": 3,
    }
    assert held.claim(0) == [1]


@pytest.mark.parametrize("state", [None, State.ACCEPTED, State.FAILED, State.UNKNOWN])
def test_a_plan_under_which_somebody_was_sent_to_is_never_replaced(
    held: Held, state: State | None
) -> None:
    held.claim(0)
    if state is not None:
        held.settle(0, 1, state)
    before = held.ledger.counts(held.run.id)
    assert not held.ledger.may_replan(held.run.id)
    with pytest.raises(LedgerError, match="cannot be replaced"):
        held.ledger.set_plan(held.lease, plan(3))
    assert held.ledger.counts(held.run.id) == before


def test_a_skip_at_the_last_moment_also_decides_the_plan(held: Held) -> None:
    held.ledger.write(held.lease, skips=[Skip(0, "key-0", "suppressed")])
    assert not held.ledger.may_replan(held.run.id)
