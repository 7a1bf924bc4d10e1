from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from campaign.definition.caps import Cap

from .fakes import FIRST, load_text, problems_of

WEEK = timedelta(days=7)
HOW = '(write it like "at most 2 in 7 days"; minutes, hours, days and weeks are known)'
TIERS = "(Meta's tiers are 250, 2000, 10000, 100000 and unlimited)"


@pytest.mark.parametrize(
    ("written", "caps"),
    [
        ("at most 2 in 7 days", [Cap(2, WEEK)]),
        ("At most 2 in 1 week", [Cap(2, WEEK)]),
        ("2 in 7d", [Cap(2, WEEK)]),
        ("1 in 90 min", [Cap(1, timedelta(minutes=90))]),
        ("[1 in 24 hours, 10 in 4 weeks]", [Cap(1, timedelta(days=1)), Cap(10, 4 * WEEK)]),
    ],
)
def test_caps_are_read_as_people_write_them(tmp_path: Path, written: str, caps: list[Cap]) -> None:
    assert (
        load_text(f"{FIRST}frequency_cap: {written}\n", tmp_path).definition.frequency_cap == caps
    )


@pytest.mark.parametrize(
    "written", ["2", "2 a week", "at most 0 in 7 days", "2 in 0 days", "2 in 7", "two in 7 days"]
)
def test_a_cap_that_is_none_is_refused_with_an_example(tmp_path: Path, written: str) -> None:
    (problem,) = problems_of(f"{FIRST}frequency_cap: {written}\n", tmp_path)
    assert "must say how many messages in how long" in problem
    assert HOW in problem


def test_a_cap_looks_back_a_year_at_most(tmp_path: Path) -> None:
    (problem,) = problems_of(f"{FIRST}frequency_cap: 2 in 53 weeks\n", tmp_path)
    assert "looks back more than a year" in problem


@pytest.mark.parametrize(
    ("cap", "said"),
    [
        (Cap(2, WEEK), "at most 2 in 7 days"),
        (Cap(1, timedelta(minutes=90)), "at most 1 in 90 minutes"),
    ],
)
def test_a_cap_is_said_as_it_is_written(cap: Cap, said: str) -> None:
    assert str(cap) == said


CHATS = """\
name: spring-sale
channel: whatsapp
provider: {name: tower, sandbox: true}
sender: 12
recipients: people.csv
message: {template: {id: 7}}
"""


@pytest.mark.parametrize(
    ("written", "people"),
    [
        ("250", 250),
        ("10000", 10_000),
        ("'10,000'", 10_000),
        ("10k", 10_000),
        ("100K", 100_000),
        ("unlimited", None),
    ],
)
def test_a_tier_is_so_many_people(tmp_path: Path, written: str, people: int | None) -> None:
    loaded = load_text(f"{CHATS}rate: {{tier: {written}}}\n", tmp_path)
    assert loaded.definition.rate.tier == people


@pytest.mark.parametrize("written", ["0", "-250", "2.5", "true", "lots", "'10,00'"])
def test_a_tier_that_is_none_is_refused_with_those_that_there_are(
    tmp_path: Path, written: str
) -> None:
    (problem,) = problems_of(f"{CHATS}rate: {{tier: {written}}}\n", tmp_path)
    assert problem.startswith("7:14 `rate.tier` must be how many people in 24 hours")
    assert TIERS in problem


def test_a_tier_is_nothing_where_whatsapp_is_not_the_channel(tmp_path: Path) -> None:
    (problem,) = problems_of(f"{FIRST}rate: {{tier: 250}}\n", tmp_path)
    assert problem == (
        "11:14 `rate.tier` is WhatsApp's, and nothing on the channel `sms` "
        "(remove it; `rate.limit` says how fast)"
    )


def test_caps_and_tiers_may_change_while_a_run_is_going_on(tmp_path: Path) -> None:
    plain = load_text(CHATS, tmp_path).fingerprint
    more = f"{CHATS}frequency_cap: 2 in 7 days\nrate: {{tier: 250}}\n"
    assert load_text(more, tmp_path).fingerprint == plain
