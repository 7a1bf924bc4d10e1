"""Each reason and each exit code is named in what some test expects, and documented."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from campaign.reasons import reasons
from campaign.reporting.summary import EXIT_CODES

TESTS = Path(__file__).parent
REFERENCE = TESTS.parent / "docs" / "reference"
ENDS = {"exit_code", "returncode"}
"""What a test calls the exit code of a summary, and of a process."""


def _trees() -> Iterator[ast.Module]:
    for path in TESTS.rglob("test_*.py"):
        if path != Path(__file__):
            yield ast.parse(path.read_text(encoding="utf-8"))


def _expectations(tree: ast.Module) -> Iterator[ast.AST]:
    """Yield where a test says what it expects: its assertions, its cases, and tables of cases.

    What a helper hands to the code under test is no expectation.
    """
    for node in ast.walk(tree):
        if isinstance(node, ast.Assert):
            yield node.test
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield from node.decorator_list if node.name.startswith("test_") else ()
    for statement in tree.body:
        if isinstance(statement, ast.Assign | ast.AnnAssign) and statement.value is not None:
            yield statement.value


@cache
def _expected_words() -> frozenset[object]:
    return frozenset(
        part.value
        for tree in _trees()
        for place in _expectations(tree)
        for part in ast.walk(place)
        if isinstance(part, ast.Constant) and isinstance(part.value, str)
    )


@cache
def _expected_ends() -> frozenset[object]:
    """Every number in an assertion that speaks of an exit code, or in the cases of its test."""
    found: set[object] = set()
    for tree in _trees():
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                said = [part for part in ast.walk(node) if isinstance(part, ast.Assert)]
                speaking = [one for one in said if _speaks_of_an_end(one)]
                places = [*speaking, *(node.decorator_list if speaking else ())]
                found |= {
                    part.value
                    for place in places
                    for part in ast.walk(place)
                    if isinstance(part, ast.Constant) and type(part.value) is int
                }
    return frozenset(found)


def _speaks_of_an_end(said: ast.Assert) -> bool:
    return any(
        (isinstance(part, ast.Attribute) and part.attr in ENDS)
        or (isinstance(part, ast.Name) and part.id in ENDS)
        for part in ast.walk(said)
    )


@pytest.mark.parametrize("code", reasons())
def test_every_reason_is_named_in_what_some_test_expects(code: str) -> None:
    assert code in _expected_words()


@pytest.mark.parametrize("code", reasons())
def test_every_reason_is_in_the_reference(code: str) -> None:
    rows = [
        line
        for line in (REFERENCE / "reasons.md").read_text(encoding="utf-8").splitlines()
        if line.startswith(f"| `{code}` |")
    ]
    assert len(rows) == 1
    assert reasons()[code].sentence.split("`")[0] in rows[0]


@pytest.mark.parametrize("code", EXIT_CODES)
def test_every_exit_code_is_expected_by_a_test_and_in_the_reference(code: int) -> None:
    assert code in _expected_ends()
    assert f"| `{code}` | {EXIT_CODES[code]}" in (REFERENCE / "commands.md").read_text("utf-8")


def test_a_reason_that_only_a_helper_gives_is_not_taken_for_expected() -> None:
    tree = ast.parse(
        "def test_it():\n    decide(reason='retried')\n    assert found == 'refused'\n"
    )
    words = [part for place in _expectations(tree) for part in ast.walk(place)]
    said = {part.value for part in words if isinstance(part, ast.Constant)}
    assert said == {"refused"}


def test_a_sentence_begins_with_a_word_that_may_be_small_or_says_that_it_is_a_name() -> None:
    first = {one.sentence.split()[0]: one.name_first for one in reasons().values()}
    plain = {"The", "A", "An", "Another", "This", "It", "No", "Nobody"}
    assert {word for word, is_name in first.items() if not is_name} <= plain
    assert {word for word, is_name in first.items() if is_name} == {"Excel", "WhatsApp"}
