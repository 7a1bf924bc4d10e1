"""So many different people in any 24 hours, and who may be messaged when the tier is full."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaign.rules.history import History, Known
from campaign.rules.moment import Hold
from campaign.rules.tier import Tier, days, sentence
from campaign.rules.window import Window

from .people import DAY, HOUR, NOW, SECOND, Person, foreseen, known

OPEN = round((NOW - HOUR) * 1_000_000)
"""When somebody wrote whose window is open."""


def tier(people: int, *messages: Known) -> Tier:
    history = History()
    history.learn(messages)
    return Tier(people, history, Window(matters=True, column="at"))


def first(name: str, ago: float, number: int = 0, **more: bool) -> Known:
    return known(name, ago, number, initiated=True, **more)


def held(found: Hold | None) -> bool:
    return found is not None


def test_there_is_room_until_so_many_people_were_messaged() -> None:
    rule = tier(2, first("ana", HOUR))
    assert rule.objection(Person("cem"), NOW) is None
    rule.history.learn([first("ben", HOUR, 1)])
    assert held(rule.objection(Person("cem"), NOW))


def test_a_full_tier_has_room_when_the_first_person_falls_out() -> None:
    rule = tier(2, first("ana", 5 * HOUR), first("ben", HOUR, 1))
    found = rule.objection(Person("cem"), NOW)
    assert found is not None
    assert found.reason == "tier_reached"
    assert found.until == NOW - 5 * HOUR + DAY
    assert found.why is not None
    assert "2 people were messaged in the last 24 hours" in found.why
    assert rule.objection(Person("cem"), found.until) is None
    assert held(rule.objection(Person("cem"), found.until - 0.001))


def test_a_tier_that_was_higher_has_room_when_enough_people_have_fallen_out() -> None:
    rule = tier(2, *(first(f"p{n}", (10 - n) * HOUR, n) for n in range(5)))
    found = rule.objection(Person("cem"), NOW)
    assert found is not None
    assert found.until == NOW - 7 * HOUR + DAY


def test_a_person_counts_once_and_from_the_latest_message() -> None:
    rule = tier(2, first("ana", 23 * HOUR), first("ana", HOUR, 1))
    assert rule.objection(Person("ben"), NOW) is None
    rule.history.learn([first("ben", 2 * HOUR, 2)])
    found = rule.objection(Person("cem"), NOW)
    assert found is not None
    assert found.until == NOW - 2 * HOUR + DAY


def test_who_is_counted_already_may_be_messaged_again() -> None:
    rule = tier(1, first("ana", HOUR))
    assert rule.objection(Person("ana"), NOW) is None
    assert held(rule.objection(Person("ben"), NOW))


def test_who_has_an_open_window_needs_no_room_and_takes_none() -> None:
    rule = tier(1, known("ben", HOUR, 1))
    assert rule.objection(Person("cem"), NOW) is None
    rule.history.learn([first("ana", HOUR)])
    assert rule.objection(Person("dan", initiated=False), NOW) is None


def test_a_message_that_was_not_sent_gives_its_place_back() -> None:
    rule = tier(1, first("ana", HOUR, is_open=True))
    rule.history.learn([first("ana", HOUR, counts=False)])
    assert rule.objection(Person("ben"), NOW) is None


def test_claims_that_were_perhaps_never_written_are_forgotten_and_others_are_not() -> None:
    rule = tier(1, first("ana", 30 * HOUR))
    rule.history.learn([first("ana", SECOND, 1), first("ben", SECOND, 2)], hoped=True)
    assert held(rule.objection(Person("cem"), NOW))
    rule.history.learn([first("ben", SECOND, 2)])
    rule.history.despair()
    assert held(rule.objection(Person("cem"), NOW))
    assert held(rule.objection(Person("ana"), NOW))
    assert rule.objection(Person("ben"), NOW) is None


def test_the_forecast_fills_the_room_in_the_order_of_the_list() -> None:
    rule = tier(3, first("ana", HOUR))
    people = [
        Person("ben"),
        Person("ana"),
        Person("open", last_inbound=OPEN, initiated=False),
        Person("cem"),
        Person("dan"),
    ]
    assert foreseen(rule, people) == [None, None, None, None, "tier_reached"]
    assert foreseen(rule, people, verdict="skipped") == [None] * 5


@pytest.mark.parametrize(
    ("people", "limit", "needed"),
    [(50_000, 10_000, 5), (50_001, 10_000, 6), (1, 250, 1), (0, 250, 0)],
)
def test_the_days_that_a_list_takes_are_counted(people: int, limit: int, needed: int) -> None:
    assert days(people, limit) == needed


def test_the_arithmetic_is_said_in_a_sentence() -> None:
    assert sentence(50_000, 10_000) == "50,000 people at tier 10,000 = 5 days"
    assert sentence(200, 250) == "200 people at tier 250 = 1 day"


NAMES = st.sampled_from([f"p{number}" for number in range(8)])
MESSAGES = st.lists(
    st.builds(
        known,
        NAMES,
        st.floats(0, 30 * HOUR),
        st.integers(0, 20),
        initiated=st.booleans(),
        own=st.booleans(),
        counts=st.booleans(),
    ),
    max_size=20,
)
LISTS = st.lists(
    st.builds(
        lambda name, is_open: Person(name, not is_open, OPEN if is_open else None),
        NAMES,
        st.booleans(),
    ),
    unique_by=lambda person: person.identity,
)


@given(MESSAGES, MESSAGES, LISTS, st.integers(1, 6))
def test_the_forecast_says_what_happens_when_the_list_is_sent_to_in_order(
    early: list[Known], lately: list[Known], people: list[Person], limit: int
) -> None:
    rule = tier(limit)
    rule.history.begin(early)
    rule.history.learn(lately)
    expected = foreseen(rule, people)
    happened: list[str | None] = []
    for number, one in enumerate(people):
        objection = rule.objection(one, NOW)
        happened.append(None if objection is None else objection.reason)
        if objection is None and one.initiated:
            rule.history.learn(
                [first(one.identity, 0.0, number, own=True)._replace(claim=(99, number))]
            )
    assert happened == expected


@given(MESSAGES, st.integers(1, 6))
def test_the_time_that_is_named_is_the_first_at_which_there_is_room(
    messages: list[Known], limit: int
) -> None:
    rule = tier(limit, *messages)
    found = rule.objection(Person("somebody"), NOW)
    if found is None:
        assert rule.history.people(round(NOW * 1000)) < limit
    else:
        assert found.until > NOW
        assert held(rule.objection(Person("somebody"), found.until - 0.001))
        assert rule.objection(Person("somebody"), found.until) is None
