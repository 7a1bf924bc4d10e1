"""What is taken in: opt-outs first, then who wrote, then what became of whose message."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations

import pytest

from campaign.ledger.sql_ledger import SqlLedger
from campaign.outcomes import intake as intake_module
from campaign.outcomes.unmatched import kept, read
from campaign.providers.heard import Happening
from campaign.reporting.stopped import asked_to_stop
from campaign.rules.suppression import hashed
from tests.outcomes.sent import ANA, BEN, CEM, DAY, LATER, MINUTE, NOON, Sent, account, heard, ms

MEXICAN = "+5215512345678"
"""An older form of a number."""


def test_what_happened_stands_beside_each_recipient_whatever_the_order(sent: Sent) -> None:
    run = sent.run("spring", {ANA: "a", BEN: "b", CEM: "c"})
    events = [
        heard(Happening.DELIVERED, MINUTE, ids=("a",)),
        heard(Happening.READ, 2 * MINUTE, ids=("a",)),
        heard(Happening.UNDELIVERED, MINUTE, ids=("b",), code="63024"),
        heard(Happening.DELIVERED, 2 * MINUTE, ids=("b",)),
    ]
    for order in permutations(events):
        sent.intake().take(order)
    assert sent.told(run) == {0: "read", 1: "undelivered", 2: None}
    assert sent.intake().take(events).changed == 0, "what was heard before changes nothing"


@pytest.mark.parametrize("word", ["STOP", "stop!", "Unsubscribe", "BAJA", "sair"])
def test_a_whole_answer_that_is_an_opt_out_word_puts_the_person_on_the_list(
    sent: Sent, word: str
) -> None:
    sent.run("spring", {ANA: "a"})
    taken = sent.intake().take([heard(address=ANA, text=word)])
    assert taken.opted_out == 1
    assert list(sent.listed()) == [ANA]
    assert str(sent.listed()[ANA]).endswith(f" on {NOON + 5 * MINUTE:%Y-%m-%d}")
    assert sent.intake().take([heard(address=ANA, text=word)]).opted_out == 0


def test_whoever_is_put_on_the_list_is_one_who_asked_to_be_left_alone_in_the_report(
    sent: Sent,
) -> None:
    run = replace(sent.run("spring", {ANA: "a", BEN: "b"}), created_at=ms(NOON - DAY))
    sent.ledger.suppress("number", [CEM], who="somebody", why="asked on the telephone")
    sent.intake().take([heard(address=ANA, text="Stop!"), heard(address=BEN, text="thank you")])
    assert list(asked_to_stop(run, "number", sent.ledger)) == [ANA]


@pytest.mark.parametrize("text", ["please don't stop", "yes", "START", None])
def test_any_other_answer_puts_nobody_there_and_start_takes_nobody_off(
    sent: Sent, text: str | None
) -> None:
    sent.ledger.suppress("number", [BEN], who="somebody")
    taken = sent.intake().take([heard(address=ANA, text=text), heard(address=BEN, text=text)])
    assert taken.opted_out == 0
    assert list(sent.listed()) == [BEN]


def test_somebody_whom_no_run_knows_may_opt_out_too(sent: Sent) -> None:
    taken = sent.intake().take([heard(address="whatsapp:+5215512345678", text="STOP")])
    assert (taken.opted_out, taken.unmatched) == (1, 1)
    assert list(sent.listed()) == ["+525512345678"]
    assert sent.inbound() == {"+525512345678": ms(NOON + 5 * MINUTE)}


def test_whoever_is_on_the_list_as_a_hash_is_there_already(sent: Sent) -> None:
    sent.ledger.suppress("number", [hashed(ANA)], who="somebody")
    assert sent.intake().take([heard(address=ANA, text="STOP")]).opted_out == 0
    assert list(sent.listed()) == [hashed(ANA)]


def test_an_opt_out_stands_before_anything_else_is_done_with_its_events(
    sent: Sent, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent.run("spring", {ANA: "a"})

    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("the power went")

    monkeypatch.setattr(SqlLedger, "heard_from", broken)
    monkeypatch.setattr(SqlLedger, "hear", broken)
    events = [heard(Happening.READ, ids=("a",)), heard(address=BEN, text="STOP")]
    with pytest.raises(RuntimeError):
        sent.intake().take(events)
    assert list(sent.listed()) == [BEN]


def test_whoever_names_no_number_is_known_by_the_conversation(sent: Sent) -> None:
    sent.run("spring", {ANA: "a"})
    event = heard(ids=("a",), address="US.13491208655302741918", text="STOP")
    assert sent.intake().take([event]).opted_out == 1
    assert list(sent.listed()) == [ANA]
    assert list(sent.inbound()) == [ANA]


def test_a_wish_without_a_number_waits_for_its_conversation_to_be_known(sent: Sent) -> None:
    taken = sent.intake().take([heard(after=LATER, ids=("a",), text="Stop it. My secret is 4711")])
    assert taken.unmatched == 1
    taken = sent.intake().take([heard(after=LATER, ids=("b",), text="stop")])
    assert (taken.opted_out, taken.unmatched) == (0, 1)
    sent.run("spring", {ANA: "a", BEN: "b"}, at=None)
    again = sent.intake().try_again()
    assert (again.matched, again.opted_out, again.left) == (2, 1, 0)
    assert list(sent.listed()) == [BEN]


def test_no_text_of_a_person_is_kept() -> None:
    event = heard(address=ANA, text="my card is 4711", ids=("a", "b"), began=MINUTE, code="x")
    assert "4711" not in kept(event)
    assert read(kept(event)).ids == ("a", "b")
    assert kept(read(kept(event))) == kept(event)


def test_what_was_written_before_a_removal_puts_nobody_back_and_what_comes_later_does(
    sent: Sent,
) -> None:
    old, other = heard(after=-DAY, address=ANA, text="STOP"), heard(after=-DAY, address=BEN)
    assert sent.intake().take([old, replace(other, text="STOP")]).opted_out == 2
    assert sent.ledger.unsuppress("number", [ANA]) == {ANA}
    assert sent.intake().take([old, replace(other, text="STOP")]).opted_out == 0
    assert list(sent.listed()) == [BEN]
    assert sent.intake().take([heard(after=DAY, address=ANA, text="STOP")]).opted_out == 1
    assert set(sent.listed()) == {ANA, BEN}


def test_whoever_was_taken_off_as_a_hash_is_not_put_back_either(sent: Sent) -> None:
    sent.ledger.suppress("number", [hashed(MEXICAN)], who="somebody")
    sent.ledger.unsuppress("number", [hashed(MEXICAN)])
    said = heard(after=-DAY, address="+525512345678", text="STOP")
    assert sent.intake().take([said]).opted_out == 0
    assert sent.listed() == {}


def test_a_rehearsal_puts_nobody_on_the_list_and_opens_no_window(sent: Sent) -> None:
    run = sent.run("spring", {ANA: "a"}, sandbox=True)
    taken = sent.intake(sandbox=True).take([heard(ids=("a",), address=ANA, text="STOP")])
    assert (taken.changed, taken.opted_out) == (1, 1)
    assert sent.told(run) == {0: "replied"}
    assert (sent.listed(), sent.inbound()) == ({}, {})


def test_when_somebody_last_wrote_and_to_which_number_is_kept(sent: Sent) -> None:
    ours, other = "+12025550100", "+12025550101"
    sent.intake().take(
        [
            heard(after=2 * MINUTE, address=ANA, sender="whatsapp:+12025550100"),
            heard(after=MINUTE, address=ANA, sender=ours),
            heard(after=3 * MINUTE, address=ANA, sender=other),
            heard(Happening.READ, 4 * MINUTE, address=ANA, sender=ours),
        ]
    )
    assert sent.inbound([ours]) == {ANA: ms(NOON + 2 * MINUTE)}
    assert sent.inbound() == {ANA: ms(NOON + 3 * MINUTE)}


def test_what_fits_nobody_is_kept_and_matched_once_its_message_is_known(sent: Sent) -> None:
    event = heard(Happening.READ, LATER, ids=("a",))
    for _ in range(3):
        assert sent.intake().take([event]).unmatched == 1
    assert sent.intake().try_again().left == 1
    run = sent.run("spring", {ANA: "a"}, at=None)
    again = sent.intake().try_again()
    assert (again.matched, again.changed, again.left) == (1, 1, 0)
    assert sent.told(run) == {0: "read"}


def test_what_fits_nobody_for_thirty_days_is_dropped_and_counted(sent: Sent) -> None:
    sent.intake().take([heard(ids=("a",)), heard(ids=("b",))])
    assert sent.intake().try_again().dropped == 0
    now = intake_module._now()
    later = now + 31 * 24 * 3600 * 1000
    again = intake_module.Intake(sent.ledger, account(), "a test", now=lambda: later).try_again()
    assert (again.dropped, again.left) == (2, 0)
    assert sent.intake().try_again().left == 0


def test_what_is_too_old_is_not_kept_for_another_thirty_days_when_it_is_read_again(
    sent: Sent,
) -> None:
    event = heard(Happening.READ, -31 * DAY, ids=("a",))
    assert sent.intake().take([event]).unmatched == 0
    assert sent.intake().try_again().left == 0


def test_an_event_that_names_no_time_is_kept_once_whenever_it_is_received(sent: Sent) -> None:
    for minutes in range(5):
        event = heard(Happening.DELIVERED, minutes * MINUTE, ids=("a",))
        sent.intake().take([replace(event, at_receipt=True)])
    (one,) = sent.ledger.unmatched("zild", sandbox=False)
    assert read(one.event).at == NOON
    sent.intake().take([heard(Happening.DELIVERED, MINUTE, ids=("a",))])
    assert sent.intake().try_again().left == 2, "the vendor's own time makes it another event"


def test_a_look_at_what_fits_nobody_costs_the_same_however_many_there_are_and_all_have_their_turn(
    sent: Sent, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake_module, "_AT_A_TIME", 10)
    monkeypatch.setattr(intake_module, "_PAGE", 4)
    names = [f"c-{number}" for number in range(25)]
    sent.intake().take([heard(after=LATER, ids=(name,)) for name in names])
    looks = [sent.intake().try_again() for _ in range(2)]
    assert [(one.tried, one.left) for one in looks] == [(10, 25), (10, 25)]
    sent.run("spring", {"+4917139000": names[0], "+4917139001": names[24]}, at=None)
    again = sent.intake().try_again()
    assert (again.tried, again.matched, again.left) == (10, 2, 23), "to the end, and from the start"


def test_many_that_fit_nobody_are_gone_through_page_by_page(
    sent: Sent, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake_module, "_PAGE", 7)
    people = {f"+4917139{number:05}": f"c-{number}" for number in range(40)}
    sent.intake().take([heard(after=LATER, ids=(name,)) for name in people.values()])
    run = sent.run("spring", dict(list(people.items())[:33]), at=None)
    again = sent.intake().try_again()
    assert (again.matched, again.left) == (33, 7)
    assert set(sent.told(run).values()) == {"replied"}
