"""Whose an event is: by the vendor's ids, else by the person's address within bounds."""

from __future__ import annotations

from datetime import timedelta

import pytest

from campaign.providers.heard import Happening
from tests.outcomes.sent import ANA, BEN, DAY, MINUTE, NOON, SECOND, Sent, heard

MEXICO, ARGENTINA, BRAZIL = "+525512345678", "+541123456789", "+551187654321"


def test_an_id_says_whose_an_event_is_whatever_the_address(sent: Sent) -> None:
    run = sent.run("spring", {ANA: "c-1", BEN: "c-2"})
    place = sent.place_of(heard(Happening.READ, ids=("m-9", "c-2"), address=ANA))
    assert place is not None
    assert (place.run_id, place.number) == (run.id, 1)


def test_an_event_without_a_number_is_matched_by_its_id_and_else_fits_nobody(sent: Sent) -> None:
    sent.run("spring", {ANA: "c-1"})
    assert sent.place_of(heard(ids=("c-1",), address="US.13491208655302741918")) is not None
    assert sent.place_of(heard(ids=("c-7",), address="US.13491208655302741918")) is None
    assert sent.place_of(heard(ids=("c-7",))) is None


@pytest.mark.parametrize(
    ("identity", "as_the_vendor_writes_it"),
    [
        (MEXICO, "5215512345678"),
        (MEXICO, "whatsapp:+525512345678"),
        (ARGENTINA, "5491123456789"),
        (ARGENTINA, "+541123456789"),
        (BRAZIL, "5511987654321"),
        (BRAZIL, "+551187654321"),
    ],
)
def test_a_reply_finds_its_person_in_whichever_form_the_vendor_has_the_number(
    sent: Sent, identity: str, as_the_vendor_writes_it: str
) -> None:
    sent.run("spring", {ANA: "c-1", identity: "c-2"})
    place = sent.place_of(heard(address=as_the_vendor_writes_it))
    assert place is not None
    assert place.number == 1


def test_a_reply_belongs_to_the_newest_message_before_it(sent: Sent) -> None:
    first = sent.run("spring", {ANA: "c-1"}, NOON)
    second = sent.run("summer", {ANA: "c-2"}, NOON + DAY)
    found = [sent.place_of(heard(after=after, address=ANA)) for after in (DAY / 2, DAY * 2)]
    assert [place and place.run_id for place in found] == [first.id, second.id]


@pytest.mark.parametrize(
    ("after", "fits"),
    [
        (-MINUTE, False),
        (-SECOND, False),
        # Vendors that write whole seconds cut off the rest.
        (-SECOND / 2, True),
        (SECOND, True),
        (30 * DAY - SECOND, True),
        (30 * DAY + SECOND, False),
    ],
)
def test_a_reply_is_one_to_a_message_of_the_thirty_days_before_it(
    sent: Sent, after: timedelta, fits: bool
) -> None:
    sent.run("spring", {ANA: "c-1"})
    assert (sent.place_of(heard(after=after, address=ANA)) is not None) is fits


@pytest.mark.parametrize(
    ("began", "fits"),
    [
        (None, False),
        (2 * MINUTE, True),
        # By a clock that is nearly right.
        (-3 * SECOND, True),
        (-MINUTE, False),
        (3 * MINUTE, False),
    ],
)
@pytest.mark.parametrize("what", [Happening.DELIVERED, Happening.UNDELIVERED, Happening.CLOSED])
def test_what_is_said_of_a_message_is_ours_only_if_it_was_made_when_we_wrote(
    sent: Sent, what: Happening, began: timedelta | None, fits: bool
) -> None:
    sent.run("spring", {ANA: "c-1"})
    place = sent.place_of(heard(what, after=3 * DAY, address=ANA, began=began))
    assert (place is not None) is fits


def test_of_two_messages_near_in_time_the_one_just_before_its_making_is_meant(sent: Sent) -> None:
    first = sent.run("spring", {ANA: None}, NOON)
    second = sent.run("summer", {ANA: None}, NOON + MINUTE)
    found = [
        sent.place_of(heard(Happening.READ, after=DAY, address=ANA, began=began))
        for began in (50 * SECOND, 80 * SECOND)
    ]
    assert [place and place.run_id for place in found] == [first.id, second.id]


@pytest.mark.parametrize("after", [-5 * MINUTE, -DAY / 24])
@pytest.mark.parametrize("what", [Happening.REPLIED, Happening.CLOSED])
def test_what_was_before_our_newest_message_in_a_conversation_is_of_the_one_before(
    sent: Sent, what: Happening, after: timedelta
) -> None:
    first = sent.run("spring", {ANA: "c-1"}, NOON - 2 * DAY)
    second = sent.run("summer", {ANA: "c-1"}, NOON)
    places = [sent.place_of(heard(what, when, ids=("c-1",))) for when in (after, MINUTE)]
    assert [place and place.run_id for place in places] == [first.id, second.id]


def test_what_becomes_late_of_an_earlier_message_in_a_conversation_is_not_of_ours(
    sent: Sent,
) -> None:
    first = sent.run("spring", {ANA: "c-1"}, NOON - 2 * DAY)
    sent.run("summer", {ANA: "c-1"}, NOON)
    failed = heard(Happening.UNDELIVERED, MINUTE, ids=("c-1",), began=-2 * DAY)
    place = sent.place_of(failed)
    assert place is not None
    assert place.run_id == first.id
    assert sent.place_of(heard(Happening.READ, ids=("c-1",), began=-5 * DAY)) is None


def test_the_id_of_a_message_that_was_found_by_the_address_is_known_from_then_on(
    sent: Sent,
) -> None:
    run = sent.run("spring", {ANA: "session-1"})
    told = heard(Happening.SENT, ids=("sms-1",), address=ANA, began=SECOND, message="sms-1")
    first = sent.place_of(told)
    later = sent.place_of(heard(Happening.READ, DAY, ids=("sms-1",)))
    assert first == later
    assert later is not None
    assert (later.run_id, later.number) == (run.id, 0)


def test_an_id_of_a_conversation_that_goes_on_says_nothing_of_what_was_before_our_message(
    sent: Sent,
) -> None:
    sent.run("spring", {ANA: "c-1"}, NOON)
    assert sent.place_of(heard(Happening.CLOSED, after=-DAY, ids=("c-1",))) is None


def test_events_of_another_provider_and_of_rehearsals_are_nobodys(sent: Sent) -> None:
    sent.run("spring", {ANA: "c-1"}, sandbox=True)
    assert sent.place_of(heard(ids=("c-1",), address=ANA)) is None
