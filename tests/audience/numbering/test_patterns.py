"""A pattern matches the same numbers here as in Python."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaign.audience.numbering.patterns import Terms, Unreadable, sequence
from campaign.audience.numbering.runs import Patterns

ATOMS = st.sampled_from(["0", "7", r"\d", "[13]", "[0-4]", "[2-578]"])


def _larger(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    group = inner.map("(?:{})".format)
    return st.one_of(
        st.lists(inner, min_size=1, max_size=3).map("".join),
        st.lists(inner, min_size=2, max_size=3).map("|".join).map("(?:{})".format),
        group.map("{}?".format),
        group.map("{}{{2}}".format),
        group.map("{}{{1,2}}".format),
    )


PATTERNS = st.recursive(ATOMS, _larger, max_leaves=6)


def _matching(patterns: Patterns, length: int) -> list[frozenset[int]]:
    return [answer for size, answer in patterns.runs(length) for _ in range(size)]


@given(whole=PATTERNS, prefix=PATTERNS, length=st.integers(1, 3))
def test_runs_name_the_patterns_that_python_finds(whole: str, prefix: str, length: int) -> None:
    answers = _matching(Patterns(Terms(), [whole], [prefix]), length)
    assert len(answers) == 10**length
    for number, answer in enumerate(answers):
        digits = f"{number:0{length}}"
        assert (0 in answer) == bool(re.fullmatch(whole, digits))
        # A prefix of no digits at all is none.
        found = any(re.fullmatch(prefix, digits[:size]) for size in range(1, length + 1))
        assert (1 in answer) == found


@pytest.mark.parametrize(
    "pattern", [r"1+", "1*", "(?=1)2", "a", "[^1]", "(1", "1)", "?", r"\d{2", "."]
)
def test_what_is_not_read_is_refused(pattern: str) -> None:
    with pytest.raises(Unreadable):
        sequence(pattern)


def test_neighbouring_runs_differ() -> None:
    assert Patterns(Terms(), [r"[0-4]\d{3}|5\d{3}"]).runs(4) == (
        (6000, frozenset({0})),
        (4000, frozenset()),
    )
