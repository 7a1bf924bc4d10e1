"""Every figure on the page of performance is a program's, and every bar is judged by one."""

from __future__ import annotations

import re
from collections.abc import Iterable

import pytest

from benchmarks import page
from benchmarks.bars import HEAD, NOT_MET, Bar, bars_in, shown
from benchmarks.page import PAGE, REACH, blocks, with_block, with_reach
from benchmarks.suite import ALL

TEXT = PAGE.read_text(encoding="utf-8")
MARKED = """\
# Speed

<!-- reach -->
<!-- /reach -->

A person's.

<!-- pace -->
old
<!-- /pace -->
"""
FAST = Bar("rate", "≥ 99 %", "99.9 %", True)
SLOW = Bar("memory", "≤ 2 GiB", "3 GiB", False)


def tables(text: str) -> Iterable[str]:
    return re.findall(r"^\|.*\n\|[-:| ]+\|$", text, re.MULTILINE)


def test_every_benchmark_has_its_block_and_every_block_a_benchmark() -> None:
    assert sorted(blocks(TEXT)) == sorted([REACH, *(benchmark.name for benchmark in ALL)])


def test_no_table_on_the_page_is_written_by_hand() -> None:
    outside = TEXT
    for content in blocks(TEXT).values():
        outside = outside.replace(content, "")
    assert list(tables(outside)) == []


def test_every_figure_says_where_and_by_which_command_it_was_measured() -> None:
    for benchmark in ALL:
        if content := blocks(TEXT)[benchmark.name]:
            head = content.partition("\n")[0]
            assert head.startswith(f"`python -m benchmarks {benchmark.name}"), benchmark.name
            assert " cores " in head, benchmark.name


def test_the_bars_on_top_are_those_of_the_tables_below() -> None:
    assert with_reach(TEXT, page.reasons()) == TEXT


def test_a_bar_that_is_not_met_has_its_reason_beside_it() -> None:
    assert [line for line in TEXT.splitlines() if page.NO_REASON in line] == []


def test_a_block_is_replaced_and_what_a_person_wrote_stays() -> None:
    found = with_block(MARKED, "pace", "new")
    assert found == MARKED.replace("old", "new")


def test_text_with_backslashes_comes_through_as_it_is() -> None:
    assert r"a\1b\n" in with_block(MARKED, "pace", r"a\1b\n")


def test_a_block_that_the_page_has_no_place_for_is_refused() -> None:
    with pytest.raises(ValueError, match="no place for wire"):
        with_block(MARKED, "wire", "new")


def test_the_bars_of_all_blocks_are_gathered_on_top() -> None:
    text = with_block(MARKED, "pace", f"| rate |\n|---|\n| 80/s |\n\n{shown([FAST, SLOW])}")
    assert bars_in(blocks(with_reach(text, {}))[REACH])[0] == FAST
    assert blocks(with_reach(text, {}))[REACH].startswith(HEAD)


def test_a_reason_stands_beside_a_bar_that_is_not_met_and_beside_no_other() -> None:
    text = with_block(MARKED, "pace", shown([FAST, SLOW]))
    found = with_reach(text, {"memory": "the list is held whole", "rate": "of no use"})
    assert f"| 3 GiB | {NOT_MET}: the list is held whole |" in found
    assert "of no use" not in found


def test_gathering_the_bars_twice_changes_nothing() -> None:
    once = with_reach(with_block(MARKED, "pace", shown([FAST, SLOW])), {"memory": "why"})
    assert with_reach(once, {"memory": "why"}) == once


def test_a_bar_survives_the_page() -> None:
    assert bars_in(f"Text.\n\n{shown([FAST, SLOW])}\n\nMore | text.\n") == [FAST, SLOW]
