"""How fast, in every way in which a contract says it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from campaign.definition.rate import AtMost

from .fakes import FIRST, load_text, problems_of

HOW = (
    "must be a whole number of messages per minute, hour or day "
    "(write it like 1000/min, 20000/h or 50000/d; `rate.limit` is the one per second)"
)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def test_every_part_of_a_contract_is_read(tmp_path: Path) -> None:
    text = (
        "rate: {limit: 80/s, use: 90%, per_sender: 10/s, at_most: [1000/min, 20000/h, 50000/d], "
        "concurrency: 200}\n"
    )
    rate = load_text(FIRST + text, tmp_path).definition.rate
    assert (rate.limit, rate.use, rate.per_sender, rate.concurrency) == (80, 90, 10, 200)
    assert rate.at_most == [
        AtMost(1_000, "min", MINUTE),
        AtMost(20_000, "h", HOUR),
        AtMost(50_000, "d", DAY),
    ]


@pytest.mark.parametrize(
    ("written", "caps"),
    [
        ("500/min", ["500/min"]),
        ("500 / minute", ["500/min"]),
        ("[500/m, 9000/hour, 1/day]", ["500/min", "9000/h", "1/d"]),
    ],
)
def test_caps_are_read_as_people_write_them_and_said_in_one_way(
    tmp_path: Path, written: str, caps: list[str]
) -> None:
    rate = load_text(f"{FIRST}rate: {{at_most: {written}}}\n", tmp_path).definition.rate
    assert [str(cap) for cap in rate.at_most] == caps


@pytest.mark.parametrize("written", ["50000", "80/s", "0/d", "1.5/min", "many/d", "10/w"])
def test_a_cap_that_is_none_is_refused_with_an_example(tmp_path: Path, written: str) -> None:
    (problem,) = problems_of(f"{FIRST}rate: {{at_most: [1000/min, {written}]}}\n", tmp_path)
    assert problem == f"11:28 `rate.at_most`, item 2 {HOW}"


def test_two_caps_for_the_same_window_are_refused(tmp_path: Path) -> None:
    (problem,) = problems_of(f"{FIRST}rate: {{at_most: [5/d, 1/h, 6/day]}}\n", tmp_path)
    assert problem == "11:7 `rate` has two caps per d in `at_most` (keep the smaller one)"


@pytest.mark.parametrize("written", ["0%", "101%", "0.9", "most"])
def test_a_share_of_the_limit_is_a_percentage(tmp_path: Path, written: str) -> None:
    (problem,) = problems_of(f"{FIRST}rate: {{limit: 80/s, use: {written}}}\n", tmp_path)
    assert problem.startswith("11:26 `rate.use`: a share is a percentage above 0% and up to 100%")


def test_a_rate_of_each_sender_needs_senders(tmp_path: Path) -> None:
    agent = FIRST.replace('sender: "+15551234567"\n', "")
    assert agent != FIRST
    problems = problems_of(f"{agent}rate: {{per_sender: 10/s}}\n", tmp_path)
    assert any(
        "`rate.per_sender` is of each one of `sender`, and there is none "
        "(name them, or say `rate.limit`)" in problem
        for problem in problems
    )


@pytest.mark.parametrize(
    ("written", "hint"),
    [
        ("0.9", "write 90%, or 0.9% if you mean that"),
        ("90", "write 90%"),
        ("1", "5% or 0.5%"),
        ("250", "5% or 0.5%"),
    ],
)
def test_a_share_without_its_sign_is_answered_with_what_it_may_mean(
    tmp_path: Path, written: str, hint: str
) -> None:
    (problem,) = problems_of(f"{FIRST}rate: {{limit: 80/s, use: {written}}}\n", tmp_path)
    assert problem.endswith(f"a share is a percentage above 0% and up to 100%: {hint}")


def test_a_rate_above_the_highest_is_told_the_highest(tmp_path: Path) -> None:
    (problem,) = problems_of(f"{FIRST}rate: 1000001/s\n", tmp_path)
    assert problem.endswith("a rate is at most 1,000,000/s")


@pytest.mark.parametrize(
    ("written", "rates"),
    [("5.000/s", "5000/s or 5/s"), ("12.500/min", "12500/min or 12.5/min")],
)
def test_a_dot_that_may_group_a_thousand_is_asked_about(
    tmp_path: Path, written: str, rates: str
) -> None:
    (problem,) = problems_of(f"{FIRST}rate: {written}\n", tmp_path)
    assert problem.endswith(f"may mean two rates: write {rates}")


@pytest.mark.parametrize("written", ["2.5/s", "0.125/s", "1.25/min"])
def test_a_dot_that_groups_nothing_is_a_decimal_point(tmp_path: Path, written: str) -> None:
    rate = load_text(f"{FIRST}rate: {written}\n", tmp_path).definition.rate
    number, unit = written.split("/")
    assert rate.limit == pytest.approx(float(number) / (60 if unit == "min" else 1))


@pytest.mark.parametrize(
    "written",
    [
        "workers: true",
        "rate: {concurrency: true}",
        "retry: {attempts: yes}",
        "stop_when: {unknown: true}",
        "ramp: {steps: [{send: true, wait: 1h}]}",
    ],
)
def test_true_is_no_number(tmp_path: Path, written: str) -> None:
    (problem,) = problems_of(f"{FIRST}{written}\n", tmp_path)
    assert "must be a whole number" in problem
