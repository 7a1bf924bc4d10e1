"""The figures of a report: tables of plain values, each with a name, computed once.

Invariant: the page, the Markdown and the JSON show these tables and nothing else, and every number
in them has one name, ``table.row.column``, under which all three can be compared.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TypeAlias

from campaign.reporting import words

Value: TypeAlias = str | int | float | None

MOST_ROWS = 40
"""So many rows of a table are told; the others are added up in one more."""
FEWEST_DRAWN = 10
"""A share of fewer people says so little that a bar of it misleads."""
OTHERS = "all others"
NOT_KNOWN = "not known"


class Kind(StrEnum):
    """What the values of a column are."""

    TEXT = "text"
    COUNT = "count"
    SHARE = "share"
    """A part of a whole, from 0 to 1."""
    DIFFERENCE = "difference"
    """Between two shares, from -1 to 1."""
    SECONDS = "seconds"
    SPEED = "speed"
    """So many a second."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name for machines, its header for people."""

    name: str
    header: str
    kind: Kind = Kind.COUNT


@dataclass(frozen=True, slots=True)
class Drawing:
    """How a table is drawn: one of its columns over the first one, and perhaps another one beside.

    With ``of``, a column of people, rows of fewer than :data:`FEWEST_DRAWN` are left out.
    ``what`` says in a sentence what is to be seen, for who cannot see it.
    """

    column: str
    what: str
    beside: str | None = None
    lying: bool = False
    of: str | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """One table. The first column names the rows, each by another text; ``says`` explains it."""

    name: str
    title: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[Value]]
    says: str = ""
    drawing: Drawing | None = None

    def value(self, row: str, column: str) -> Value:
        """Return one value.

        Raises:
            KeyError: there is no such row or column.
        """
        place = {one.name: at for at, one in enumerate(self.columns)}[column]
        return {str(cells[0]): cells for cells in self.rows}[row][place]

    def as_list(self) -> list[dict[str, Value]]:
        """Return the rows as plain data, for machines."""
        names = [column.name for column in self.columns]
        return [dict(zip(names, cells, strict=True)) for cells in self.rows]


@dataclass(frozen=True, slots=True)
class Group:
    """People who have something in common: ``file`` has them, or ``inline``, or neither is made."""

    name: str
    title: str
    people: int
    file: str | None = None
    inline: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Report:
    """Everything that a report says. ``zone`` is the one of its times of day."""

    name: str
    runs: Sequence[str]
    about: str
    made_at: datetime
    zone: str
    headline: str
    notes: Sequence[str]
    tables: Sequence[Table]
    groups: Sequence[Group] = ()

    def table(self, name: str) -> Table:
        """Return a table by its name.

        Raises:
            KeyError: the report has none of that name.
        """
        return {table.name: table for table in self.tables}[name]

    def as_dict(self) -> dict[str, object]:
        """Return the report as plain data, for machines."""
        groups: list[Mapping[str, object]] = [
            {"group": one.name, "people": one.people, "file": one.file} for one in self.groups
        ]
        return {
            "name": self.name,
            "runs": list(self.runs),
            "made_at": self.made_at.isoformat(timespec="seconds"),
            "timezone": self.zone,
            "headline": self.headline,
            "notes": list(self.notes),
            "tables": {table.name: table.as_list() for table in self.tables},
            "groups": groups,
        }


def shown(value: Value, kind: Kind) -> str:
    """Return a value as people read it."""
    if value is None:
        return "–"
    if isinstance(value, str):
        return value
    match kind:
        case Kind.SHARE:
            return f"{100 * value:.1f} %"
        case Kind.DIFFERENCE:
            return f"{100 * value:+.1f} points"
        case Kind.SECONDS:
            return _time(value)
        case Kind.SPEED:
            return words.speed(value)
    return words.number(round(value))


def _time(seconds: float) -> str:
    if 0 < seconds < 1:
        return f"{1000 * seconds:.0f} ms"
    return f"{seconds:.1f} s" if seconds < 10 else words.duration(seconds)
