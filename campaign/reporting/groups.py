"""The people of a run by what became of them, each group as a list that can be sent to again.

Invariant: a group's file has one line for each of its people, with the columns of the results, in a
form of which a spreadsheet changes nothing; it is complete, or it is not there. A small group is
part of the page, so that the page can be mailed alone; a large one stands beside it.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import BinaryIO

import polars as pl

from campaign.files import removed, replaced
from campaign.ledger.records import State
from campaign.plan.beside import LEDGER
from campaign.reporting.figures import Group
from campaign.reporting.results import Lines
from campaign.reporting.spreadsheet import left_alone, write_mark
from campaign.reporting.stopped import COLUMN

EMBEDDED = 256 * 1024
"""So many bytes of a group are put into the page; the page stays below 5 MB with all of them."""

_TAKEN = [State.ACCEPTED.value, State.SCHEDULED.value]


def _in(*states: State) -> pl.Expr:
    return pl.col("state").is_in([state.value for state in states])


def _known(name: str) -> pl.Expr:
    return pl.col(LEDGER + name).is_not_null()


_REPLIED = _known("replied_at")
# As the ledger counts them: what an earlier attempt came to says nothing of who is to be sent to.
_TOLD_OF = _in(State.ACCEPTED, State.SCHEDULED, State.FAILED, State.UNKNOWN)

GROUPS: Sequence[tuple[str, str, pl.Expr]] = (
    ("unknown", "may or may not have got the message", _in(State.UNKNOWN)),
    ("failed", "the vendor refused them", _in(State.FAILED)),
    ("undelivered", "the message did not arrive", _TOLD_OF & _known("undelivered_at")),
    (
        "responded",
        "replied or reacted, without those who asked to be left alone",
        pl.col("state").is_in(_TAKEN) & _REPLIED & ~pl.col(COLUMN),
    ),
    (
        "asked-to-stop",
        "answered that they want to be left alone: not to be sent to again",
        pl.col("state").is_in(_TAKEN) & _REPLIED & pl.col(COLUMN),
    ),
    (
        "not-responded",
        "are not known to have done either",
        pl.col("state").is_in(_TAKEN) & ~_REPLIED,
    ),
    ("held", "wait for their time", _in(State.HELD)),
    ("pending", "still to be sent to", _in(State.PENDING, State.SENDING)),
    ("skipped", "a rule refused them", _in(State.SKIPPED)),
)
"""Each group: its name, what its people have in common, and who belongs to it."""


class Counting:
    """How many people are in each group, for a report that holds no lists."""

    def __init__(self) -> None:
        self._people = {name: 0 for name, _, _ in GROUPS}

    def add(self, rows: pl.DataFrame) -> None:
        """Count some rows as they stand."""
        found = rows.select(belongs.sum().alias(name) for name, _, belongs in GROUPS)
        for name, people in found.row(0, named=True).items():
            self._people[name] += people

    def done(self) -> list[Group]:
        """Return the groups that have anybody."""
        return [
            Group(name, title, self._people[name])
            for name, title, _ in GROUPS
            if self._people[name]
        ]


class Sorting:
    """Rows on their way into the files of their groups; see :func:`sorting`."""

    def __init__(self, folder: Path, page: Path, lines: Lines) -> None:
        self._folder = folder
        self._page = page
        self._lines = lines
        self._people = {name: 0 for name, _, _ in GROUPS}
        self._stack = ExitStack()
        self._open: dict[str, BinaryIO] = {}

    def add(self, rows: pl.DataFrame) -> None:
        """Write some rows as they stand."""
        for name, _, belongs in GROUPS:
            mine = rows.filter(belongs)
            if mine.is_empty():
                continue
            begun = name in self._open
            if not begun:
                path = self._folder / f"{name}.csv"
                self._open[name] = self._stack.enter_context(path.open("wb"))
                write_mark(self._open[name])
            lines = left_alone(self._lines.of(mine))
            lines.write_csv(self._open[name], include_header=not begun)
            self._people[name] += len(mine)

    def done(self) -> list[Group]:
        """Close the files, put the large ones beside the page, and return the groups."""
        self._stack.close()
        groups = []
        for name, title, _ in GROUPS:
            target = self._page.with_name(f"{self._page.stem}-{name}.csv")
            written = self._folder / f"{name}.csv"
            if name not in self._open:
                removed(target)  # an earlier report's
                continue
            people = self._people[name]
            if written.stat().st_size <= EMBEDDED:
                groups.append(Group(name, title, people, inline=written.read_bytes()))
                removed(target)
                continue
            with replaced(target) as file:
                shutil.move(written, file)
            groups.append(Group(name, title, people, file=target.name))
        return groups

    def close(self) -> None:
        """Close what is open."""
        self._stack.close()


@contextmanager
def sorting(page: Path, lines: Lines) -> Iterator[Sorting]:
    """Yield what sorts the rows of a run into groups for a page.

    Raises:
        OutputError: a file cannot be written.
    """
    with replaced_folder(page) as folder:
        found = Sorting(folder, page, lines)
        try:
            yield found
        finally:
            found.close()


@contextmanager
def replaced_folder(page: Path) -> Iterator[Path]:
    """Yield a folder beside a page that is gone afterwards."""
    # Named as what is half written is, so that what a killed process leaves is removed with it.
    folder = page.with_name(f".{page.name}.{os.getpid()}.numbers")
    folder.mkdir(parents=True, exist_ok=True)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
