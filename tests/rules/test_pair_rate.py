"""One message in six seconds to one person."""

from __future__ import annotations

from campaign.rules.history import History
from campaign.rules.moment import Hold
from campaign.rules.pair_rate import PairRate

from .people import NOW, Person, foreseen, known


def test_who_got_a_message_from_another_run_a_moment_ago_waits_until_six_seconds_have_passed() -> (
    None
):
    history = History()
    history.learn([known("ana", 2.0, chat=True), known("ana", 4.0, 1, chat=True)])
    rule = PairRate(history)
    assert rule.objection(Person("ana"), NOW) == Hold("pair_rate", NOW + 4.0)
    assert rule.objection(Person("ana"), NOW + 4.0) is None
    assert rule.objection(Person("ben"), NOW) is None


def test_other_channels_and_attempts_of_the_run_itself_make_nobody_wait() -> None:
    history = History()
    history.learn([known("ana", 2.0), known("ana", 1.0, 1, chat=True, own=True)])
    assert PairRate(history).objection(Person("ana"), NOW) is None


def test_a_forecast_says_nothing_of_seconds() -> None:
    history = History()
    history.learn([known("ana", 2.0, chat=True)])
    assert foreseen(PairRate(history), [Person("ana"), Person("ben")]) == [None, None]
