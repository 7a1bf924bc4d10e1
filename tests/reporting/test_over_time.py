"""How fast it was sent and answered, by counts that are known."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from campaign.reporting.over_time import latencies, latency, pace, width_for

HOUR = 3_600_000


@given(st.integers(0, 10**11))
def test_a_run_of_any_length_has_a_readable_number_of_parts(length: int) -> None:
    width = width_for((1_790_000_000_000, 1_790_000_000_000 + length))
    assert width % 1000 == 0
    assert length // width <= 48


def test_each_part_of_the_time_has_its_messages_also_where_there_were_none() -> None:
    table = pace({100: 80, 101: 40, 103: 80}, 1000, 80.0, "UTC")
    assert table is not None
    assert [row[1:] for row in table.rows] == [
        [80, 80.0, 80.0],
        [40, 40.0, 80.0],
        [0, 0.0, 80.0],
        [80, 80.0, 80.0],
    ]


def test_days_without_a_message_between_two_nights_are_no_rows() -> None:
    table = pace({0: 5, 1: 5, 10_000: 5}, HOUR, 1.0, "UTC")
    assert table is not None
    assert [row[1] for row in table.rows] == [5, 5, 5]


def test_an_hour_that_the_clocks_repeat_has_two_rows_of_different_names() -> None:
    began = int(datetime(2026, 10, 24, 22, tzinfo=UTC).timestamp() * 1000) // HOUR
    table = pace(dict.fromkeys(range(began, began + 6), 1), HOUR, 1.0, "Europe/Berlin")
    assert table is not None
    names = [row[0] for row in table.rows]
    assert len(set(names)) == 6
    assert sum("again" in str(name) for name in names) == 1


def test_nine_in_ten_answers_were_there_within_what_the_page_says() -> None:
    table = latency({10: 50, 20: 40, 300: 9, 5000: 1})
    assert table is not None
    assert table.as_list() == [
        {
            "answers": "all",
            "count": 100,
            "median": 0.01,
            "p90": 0.02,
            "p99": 0.3,
            "longest": 5.0,
            "mean": 0.09,
        }
    ]


@given(st.dictionaries(st.integers(0, 100_000), st.integers(1, 50), min_size=1))
def test_every_answer_is_in_one_part_and_the_longer_shares_take_longer(
    answers: dict[int, int],
) -> None:
    counted, table = latencies(answers), latency(answers)
    assert counted is not None
    assert table is not None
    assert sum(int(str(row[1])) for row in counted.rows) == sum(answers.values())
    times = [float(str(table.value("all", name))) for name in ("median", "p90", "p99", "longest")]
    assert all(one <= other for one, other in pairwise(times))


def test_without_an_attempt_there_is_nothing_to_show() -> None:
    assert pace({}, 1000, 80.0, "UTC") is None
    assert latency({}) is None
    assert latencies({}) is None
