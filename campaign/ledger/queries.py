"""SQL by name: a file of statements, each under a line ``-- name: NAME``."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from functools import cache
from importlib.resources import files

SCHEMA_VERSION = 4
"""The version of the tables that this program reads and writes."""

_NAME = re.compile(r"^-- name: (\w+)$", re.MULTILINE)


def script(name: str) -> str:
    """Return a whole SQL file of this package."""
    return (files(__package__) / "sql" / name).read_text(encoding="utf-8")


def statements(name: str) -> Iterator[str]:
    """Yield the statements of a whole SQL file, which end at the end of a line."""
    statement = ""
    for line in script(name).splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""


@cache
def queries(name: str) -> dict[str, str]:
    """Return the statements of a file, by name."""
    pieces = _NAME.split(script(name))
    return {key: text.strip() for key, text in zip(pieces[1::2], pieces[2::2], strict=True)}
