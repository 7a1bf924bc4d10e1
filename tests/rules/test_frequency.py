"""At most so many messages to one person in so much time, whatever the campaign."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaign.rules.frequency import AtMost, FrequencyCap
from campaign.rules.history import History, Known

from .people import DAY, HOUR, NOW, SECOND, Person, foreseen, known

TWICE_A_WEEK = AtMost(2, 7 * DAY)


def cap(history: History, *limits: AtMost) -> FrequencyCap:
    return FrequencyCap(limits or (TWICE_A_WEEK,), history)


def history_of(early: list[Known], lately: list[Known]) -> History:
    history = History()
    history.begin(early)
    history.learn(lately)
    return history


@pytest.mark.parametrize(
    ("messages", "objection"),
    [
        ([], None),
        ([known("ana", 3 * DAY)], None),
        ([known("ana", 3 * DAY), known("ana", HOUR, 1)], "frequency_cap"),
        ([known("ana", 7 * DAY - SECOND), known("ana", HOUR, 1)], "frequency_cap"),
        ([known("ana", 7 * DAY), known("ana", HOUR, 1)], None),
        ([known("ana", 3 * DAY), known("ben", HOUR, 1)], None),
        ([known("ana", 3 * DAY), known("ana", HOUR, 1, counts=False)], None),
    ],
    ids=["none", "one", "two", "just within", "just out", "another person", "one failed"],
)
def test_who_had_so_many_within_the_time_is_refused(
    messages: list[Known], objection: str | None
) -> None:
    for history in (history_of(messages, []), history_of([], messages)):
        assert cap(history).objection(Person("ana"), NOW) == objection
        assert foreseen(cap(history), [Person("ana")]) == [objection]


def test_a_message_that_turns_out_not_sent_counts_no_more() -> None:
    history = history_of([known("ana", 3 * DAY)], [known("ana", SECOND, 1, is_open=True)])
    assert cap(history).objection(Person("ana"), NOW) == "frequency_cap"
    history.learn([known("ana", SECOND, 1, counts=False)])
    assert cap(history).objection(Person("ana"), NOW) is None


def test_the_same_message_told_twice_counts_once() -> None:
    history = history_of([], [known("ana", SECOND), known("ana", SECOND, is_open=True)])
    assert cap(history).objection(Person("ana"), NOW) is None


def test_each_of_several_caps_holds() -> None:
    rule = cap(
        history_of([known("ana", 2 * HOUR), known("ben", 5 * DAY)], []),
        TWICE_A_WEEK,
        AtMost(1, DAY),
    )
    people = [Person("ana"), Person("ben")]
    assert [rule.objection(one, NOW) for one in people] == ["frequency_cap", None]
    assert foreseen(rule, people) == ["frequency_cap", None]


def test_what_the_run_itself_sent_keeps_nobody_from_a_second_attempt() -> None:
    history = history_of([], [known("ana", SECOND, own=True), known("ana", HOUR, 1)])
    assert cap(history).objection(Person("ana"), NOW) is None
    assert foreseen(cap(history), [Person("ana")]) == [None]


MESSAGES = st.lists(
    st.builds(
        known,
        st.sampled_from(["ana", "ben", "cem"]),
        st.floats(0, 10 * DAY),
        st.integers(0, 30),
        counts=st.booleans(),
        own=st.booleans(),
    ),
    max_size=25,
)
LIMITS = st.lists(
    st.builds(AtMost, st.integers(1, 4), st.floats(60.0, 9 * DAY)), min_size=1, max_size=3
)


@given(MESSAGES, MESSAGES, LIMITS)
def test_the_forecast_and_the_moment_of_sending_agree(
    early: list[Known], lately: list[Known], limits: list[AtMost]
) -> None:
    rule = FrequencyCap(limits, history_of(early, lately))
    people = [Person(name) for name in ("ana", "ben", "cem", "dan")]
    assert foreseen(rule, people) == [rule.objection(one, NOW) for one in people]
