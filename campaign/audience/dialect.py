"""How are its cells separated?  Read from the header row and checked against the rows below it.

Invariant: a delimiter is never guessed between two that fit equally well; the list is refused with
a way to say which one is meant (Excel's own ``sep=;`` as a first line).
"""

from __future__ import annotations

import csv
import io
import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from campaign.audience.cells import trimmed_text
from campaign.errors import InvalidInput, Problem

HEAD = 1 << 18
"""How many bytes from the start are looked at; the header row has to end before."""

NAMES = {",": "comma", ";": "semicolon", "\t": "tab", "|": "pipe"}
_SAMPLE = 200
_SEP_LINE = re.compile(r'(?:[ \t]*(?:\r\n|\r|\n))*"?sep=(.)"?[,;]*(?:\r\n|\r|\n)', re.IGNORECASE)

_LINE_END = re.compile(r"\r\n|\r|\n")


@dataclass(frozen=True)
class Dialect:
    """What stands above the first record of a CSV file."""

    delimiter: str
    header: tuple[str, ...]
    header_row: int
    """The header's row number in a spreadsheet; records begin in the next one."""
    lines_above: int
    """Physical lines before the first record, the header's own included."""


def detect(head: str, whole: bool, file: Path) -> Dialect:
    """Find the delimiter and the header row in the decoded start of a file, without its BOM.

    ``whole`` says that ``head`` is the entire file, so that its last record is complete.

    Raises:
        InvalidInput: there is no header row, it does not end, or two delimiters fit it.
    """
    said = _SEP_LINE.match(head)
    above = 0
    if said:
        above = len(_LINE_END.findall(said[0]))
        head = head[said.end() :]
    delimiter = _said(said[1], file) if said else _fitting(head, whole, file)
    for number, lines, cells in records(head, delimiter, whole):
        if any(map(trimmed_text, cells)):
            return Dialect(delimiter, tuple(cells), above + number, above + lines)
    if not whole and '"' not in head:
        raise InvalidInput(
            Problem(
                f"the header row is longer than {HEAD // 1024} KiB",
                file,
                hint="Leave out the columns that the campaign does not need.",
            )
        )
    if not whole:
        raise InvalidInput(
            Problem(
                "the header row does not end; is a quote never closed?",
                file,
                hint='Look for a single " in the first rows.',
            )
        )
    raise InvalidInput(Problem("is empty", file, hint="The first row names the columns."))


def records(text: str, delimiter: str, whole: bool) -> Iterator[tuple[int, int, list[str]]]:
    """Yield row number, physical lines so far and cells of each record; ends at a broken one.

    The last record is left out unless the text is ``whole``: it may go on behind the end.
    """
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=True)
    held: tuple[int, int, list[str]] | None = None
    try:
        for number, cells in enumerate(reader, 1):
            if held is not None:
                yield held
            held = (number, reader.line_num, cells)
    except csv.Error:
        whole = True  # it broke in the next one
    if whole and held is not None:
        yield held


def _said(mark: str, file: Path) -> str:
    if mark in NAMES:
        return mark
    raise InvalidInput(
        Problem(
            f'the first line asks for "{mark}" between the cells',
            file,
            1,
            hint=f"Use one of: {', '.join(NAMES.values())}.",
        )
    )


def _fitting(head: str, whole: bool, file: Path) -> str:
    fits = {mark: fit for mark in NAMES if (fit := _fit(head, whole, mark)) is not None}
    if not fits:
        return ","
    best = max(fits.values())
    winners = [mark for mark, fit in fits.items() if fit == best]
    if len(winners) > 1:
        raise InvalidInput(
            Problem(
                "cannot tell what separates the cells: "
                f"{' and '.join(NAMES[mark] for mark in winners)} fit equally well",
                file,
                hint=f"Write sep={winners[0]} or sep={winners[1]} as the first line of the file.",
            )
        )
    _refuse_another_in_rows(head, whole, winners[0], file)
    return winners[0]


def _fit(head: str, whole: bool, mark: str) -> tuple[float, int] | None:
    """Return the share of rows as wide as the header, and its width; None for a single cell."""
    width = 0
    same = rows = 0
    for number, _, cells in records(head, mark, whole):
        if not any(map(trimmed_text, cells)):
            continue
        if not width:
            width = len(cells)
            if width == 1:
                return None
            continue
        rows += 1
        same += len(cells) == width
        if number > _SAMPLE:
            break
    return (same / rows if rows else 1.0, width) if width else None


def _refuse_another_in_rows(head: str, whole: bool, mark: str, file: Path) -> None:
    """Refuse a header with commas over rows with semicolons: each row would be one long cell."""
    if _widths_below(head, whole, mark) != {1}:
        return
    for other in NAMES:
        widths = _widths_below(head, whole, other)
        if len(widths) == 1 and widths != {1}:
            raise InvalidInput(
                Problem(
                    f"the header has {NAMES[mark]}s between the cells but the rows have "
                    f"{NAMES[other]}s",
                    file,
                    hint=f"Use {NAMES[other]}s in the header too.",
                )
            )


def _widths_below(head: str, whole: bool, mark: str) -> set[int]:
    filled = (cells for _, _, cells in records(head, mark, whole) if any(map(trimmed_text, cells)))
    next(filled, None)
    return {len(cells) for cells in itertools.islice(filled, _SAMPLE)}
