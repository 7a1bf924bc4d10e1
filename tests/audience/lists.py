"""Lists for the tests: written as somebody's software would, and read as the project does."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path

import pytest

from campaign.audience.reading import RecipientList, open_list
from campaign.errors import InvalidInput

BOM = "\ufeff"


def write(path: Path, text: str | bytes, encoding: str = "utf-8") -> Path:
    path.write_bytes(text if isinstance(text, bytes) else text.encode(encoding))
    return path


def csv_text(
    rows: Sequence[Sequence[str]],
    delimiter: str = ",",
    quoting: int = csv.QUOTE_MINIMAL,
    line_end: str = "\r\n",
) -> str:
    target = io.StringIO(newline="")
    csv.writer(target, delimiter=delimiter, quoting=quoting, lineterminator=line_end).writerows(
        rows
    )
    return target.getvalue()


def read(*files: Path) -> list[dict[str, object]]:
    with open_list(files) as lst:
        return rows_of(lst)


def rows_of(lst: RecipientList) -> list[dict[str, object]]:
    return lst.frame.collect(engine="streaming").rows(named=True)


def cells(*files: Path) -> list[tuple[object, ...]]:
    """Return the rows without ``_file``: the row number, then the cells."""
    return [tuple(row.values())[1:] for row in read(*files)]


def refusal(*files: Path) -> list[str]:
    """Return what a person is told, one text for each problem, without the directory."""
    with pytest.raises(InvalidInput) as caught, open_list(files):
        pass
    return [
        str(problem).replace(f"{file.parent}/", "")
        for problem in caught.value.problems
        for file in [problem.file or files[0]]
    ]
