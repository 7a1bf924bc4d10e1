"""From the headers that people write to the names that templates and rules use.

Invariant: two columns never share a name, and no name can collide with the project's own columns,
which begin with an underscore and a letter.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from pathlib import Path

from campaign.audience.cells import trimmed_text
from campaign.errors import Problem

_PHONE_LIKE = re.compile(r"\+\d[\d\s().\-/]{5,}|\d{9,}|00\d{7,}")
_EMAIL_LIKE = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")


def normalise_header(header: str) -> str:
    """Return the name of a column: ``" First Name "`` is ``first_name``, ``"2nd"`` is ``_2nd``.

    Trimmed, in lower case (not case-folded: ``Größe`` stays ``größe``, as people write it in a
    text), and each run of characters that are neither letters, digits nor marks becomes one
    underscore, none at the ends. Empty if the header has no such character.
    """
    text = unicodedata.normalize("NFKC", trimmed_text(header)).lower()
    text = unicodedata.normalize("NFKC", text)
    # Vowel signs (category M) are no "word characters" to a regex, but they belong to their word.
    kept = "".join(
        char if char.isalnum() or unicodedata.category(char)[0] == "M" else " " for char in text
    )
    name = "_".join(kept.split())
    return f"_{name}" if name[:1].isdigit() else name


def name_columns(
    headers: Sequence[str], file: Path, row: int, *, may_be_data: bool = False
) -> tuple[list[str], list[Problem]]:
    """Return one name for each column, and everything that is wrong with the header row.

    A column without a usable header is called ``column_N``, N counting from 1. Problems: a header
    row with no names at all, two headers with the same name, a first row that is a recipient
    (unless it ``may_be_data``).
    """
    problems: list[Problem] = []
    names = [normalise_header(header) for header in headers]
    if not any(names):
        return names, [
            Problem(
                "the header row has no column names",
                file,
                row,
                hint="Give every column a name in the first row, for example: phone,first_name",
            )
        ]
    if not may_be_data and any(
        _PHONE_LIKE.fullmatch(header) or _EMAIL_LIKE.fullmatch(header)
        for header in map(trimmed_text, headers)
    ):
        problems.append(
            Problem(
                "the first row looks like a recipient, not like a header",
                file,
                row,
                hint="Add a row with the columns' names on top; otherwise this person is left out.",
            )
        )
    seen: dict[str, str] = {}
    for header, name in zip(headers, names, strict=True):
        if not name:
            continue
        if name in seen:
            first, second = trimmed_text(seen[name]), trimmed_text(header)
            problems.append(
                Problem(
                    f'two columns have the same name "{name}": "{first}" and "{second}"',
                    file,
                    row,
                    hint="Rename one of them; upper case, spaces and punctuation do not count.",
                )
            )
        seen[name] = header
    for index, name in enumerate(names):
        if not name:
            unnamed = f"column_{index + 1}"
            while unnamed in seen:
                unnamed += "_unnamed"
            seen[unnamed] = ""
            names[index] = unnamed
    return names, problems
