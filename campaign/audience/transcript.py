"""The patient reading: any CSV file is copied into one that leaves nothing to interpretation.

Invariant: the copy has as many records as the original down to the last row with anything in it,
so the row numbers stay, and every row that is wrong is found in the same pass.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from campaign.audience.dialect import NAMES, Dialect
from campaign.errors import InvalidInput, Problem

SHOWN = 20
"""How many wrong rows are named one by one."""

_END = "\0"  # handed out behind the last line: a record that swallows it was never closed


class _Lines:
    """The lines of a file, remembering those that the current record has used up so far."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self.taken: list[str] = []
        self.ended = False

    def __iter__(self) -> Iterator[str]:
        for line in self._stream:
            self.taken.append(line)
            yield line
        self.ended = True
        yield _END


class _Wrong:
    """The rows that are wrong: the first ones in words, the others as a count."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._problems: list[Problem] = []
        self._more = 0

    def add(self, row: int, message: str, hint: str | None = None) -> None:
        if len(self._problems) < SHOWN:
            self._problems.append(Problem(f"row {row} {message}", self._file, row, hint=hint))
        else:
            self._more += 1

    def raise_if_any(self) -> None:
        if self._more:
            self._problems.append(Problem(f"and {self._more} more", self._file))
        if self._problems:
            raise InvalidInput(self._problems)


def transcribe(path: Path, clean: Path, dialect: Dialect, encoding: str, width: int) -> int:
    """Copy the records of ``path`` below its header to ``clean``; return how many there are.

    The copy is UTF-8 with commas, every cell quoted, no header; a blank line stays one. Blank lines
    at the end of the file are not rows and are left out.

    Raises:
        InvalidInput: rows with too many cells, an unclosed quote or NUL bytes, all of them.
        OSError: a file cannot be read or written.
    """
    wrong = _Wrong(path)
    rows = blank = 0
    row = 0
    with (
        path.open(encoding=encoding, newline="") as source,
        clean.open("w", encoding="utf-8", newline="") as target,
    ):
        lines = _Lines(source)
        reader = csv.reader(iter(lines), delimiter=dialect.delimiter, skipinitialspace=True)
        writer = csv.writer(target, quoting=csv.QUOTE_ALL, lineterminator="\n")
        try:
            for row, cells in enumerate(reader, 1):
                if lines.ended:
                    if cells != [_END]:
                        wrong.add(row, *_UNCLOSED)
                    break
                taken, lines.taken = lines.taken, []
                if row <= dialect.header_row:
                    continue
                if not cells:
                    blank += 1
                    continue
                if _is_wrong(wrong, row, cells, taken, dialect.delimiter, width):
                    continue
                target.write("\n" * blank)
                writer.writerow(cells)
                rows += blank + 1
                blank = 0
        except csv.Error:
            # The only error left: a cell longer than 128 KiB, which no message has room for.
            wrong.add(row + 1, *_UNCLOSED)
        except UnicodeDecodeError as error:
            raise InvalidInput(
                Problem(
                    f"is not valid {encoding.upper()} somewhere after row {row}",
                    path,
                    hint='Save it again as "CSV UTF-8 (comma delimited)".',
                )
            ) from error
    wrong.raise_if_any()
    return rows


_UNCLOSED = (
    "opens a quote that is never closed",
    'Close it, or write two quotes ("") for one that belongs to the text.',
)


def _is_wrong(
    wrong: _Wrong, row: int, cells: list[str], lines: list[str], delimiter: str, width: int
) -> bool:
    if any("\0" in line for line in lines):
        wrong.add(
            row,
            "contains a NUL byte",
            'The file is damaged or not text; export it again as "CSV UTF-8".',
        )
    elif len(lines) > 1 and not _quotes_end_at_cells(lines, delimiter):
        # Two stray quotes can swallow the rows between them without a trace; one row must not.
        wrong.add(
            row,
            f"goes on over {len(lines)} lines because of a stray quote",
            'Write two quotes ("") for one that belongs to the text.',
        )
    elif _is_garbled(lines, delimiter):
        wrong.add(
            row,
            "has a stray quote in a cell that stands between quotes",
            'Write two quotes ("") for one that belongs to the text.',
        )
    elif len(cells) > width:
        wrong.add(
            row,
            f"has {len(cells)} cells but the header has {width}; "
            f"is there an unquoted {NAMES[delimiter]}?",
        )
    else:
        return False
    return True


def _is_garbled(lines: list[str], delimiter: str) -> bool:
    """Tell whether a cell between quotes holds one more: nobody can say where it ends.

    A single pair with text behind it (``"Bob" Smith``) is read as it was meant.
    """
    apart = re.escape(delimiter)
    again = re.compile(rf'(?:^|{apart}) *"(?:[^"]|"")*"(?!")[^{apart}"]+"')
    found = any(again.search(line) for line in lines if line.count('"') > 2)
    return found and not _quotes_end_at_cells(lines, delimiter)


def _quotes_end_at_cells(lines: list[str], delimiter: str) -> bool:
    try:
        list(csv.reader(lines, delimiter=delimiter, skipinitialspace=True, strict=True))
    except csv.Error:
        return False
    return True
