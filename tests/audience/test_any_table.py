"""Property: what Python's csv module writes, in any dialect and encoding, is read back exactly."""

from __future__ import annotations

import csv
import re
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campaign.audience.cells import trimmed_text

from .lists import BOM, cells, csv_text, write

DELIMITERS = [",", ";", "\t", "|"]
ENCODINGS = ["utf-8", "utf-8-sig", "utf-16", "utf-16-be", "utf-32", "cp1252"]

# Without the pairs of letters that would be UTF-8 too: such a mixture is refused.
CP1252 = {*map(chr, range(128)), *"éüß€"}

_awkward = st.sampled_from(
    ['"', '""', "\n", "\r\n", "\r", ",", ";", "\t", "|", " ", "x", "é", "00", "NA", "'", "=", "\\"]
)
_cell = st.one_of(
    st.just('="00"'),
    st.lists(_awkward, max_size=5).map("".join),
    st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\0"), max_size=8),
)


@st.composite
def tables(draw: st.DrawFn) -> list[list[str]]:
    width = draw(st.integers(2, 5))
    row = st.one_of(
        st.lists(_cell, min_size=width, max_size=width),
        st.lists(_cell, min_size=1, max_size=width),
        st.just([]),
    )
    rows = draw(st.lists(row, max_size=12))
    last = draw(st.lists(_cell, min_size=width, max_size=width))
    return [[f"head {n}" for n in range(width)], *rows, last]


def expected(table: list[list[str]]) -> list[tuple[object, ...]]:
    width = len(table[0])
    return [
        (number, *[_text(cell) or None for cell in row], *[None] * (width - len(row)))
        for number, row in enumerate(table[1:], 2)
    ]


def _text(cell: str) -> str:
    """Return what a cell means: a formula that is nothing but a text is that text."""
    formula = re.fullmatch('="([^"]*)"', cell)
    return trimmed_text(formula[1] if formula else cell)


@given(
    tables(),
    st.sampled_from(DELIMITERS),
    st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC]),
    st.sampled_from(["\r\n", "\n", "\r"]),
    st.sampled_from(ENCODINGS),
    st.booleans(),
    st.sampled_from([1, 2, 7, 1 << 20]),
)
@settings(max_examples=400, deadline=None)
def test_any_table_is_read_back_cell_by_cell_with_its_row_numbers(
    table: list[list[str]],
    delimiter: str,
    quoting: int,
    line_end: str,
    encoding: str,
    cut: bool,
    chunk: int,
) -> None:
    if quoting == csv.QUOTE_MINIMAL:
        # The writer quotes only the line ends that it uses itself; the others would be row ends.
        table = [[re.sub(r"\r\n|\r|\n", line_end, cell) for cell in row] for row in table]
    if encoding == "cp1252":
        table = [
            ["".join(c if c in CP1252 else "?" for c in cell) for cell in row] for row in table
        ]
    text = csv_text(table, delimiter, quoting, line_end)
    if cut:
        text = text.removesuffix(line_end)
    if encoding == "utf-16-be":
        text = BOM + text
    with tempfile.TemporaryDirectory() as directory, pytest.MonkeyPatch.context() as patch:
        patch.setattr("campaign.audience.encoding.CHUNK", chunk)
        path = write(Path(directory, "list.csv"), text, encoding)
        assert cells(path) == expected(table)
