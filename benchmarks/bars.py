"""Bars: what is asked of a figure, what was measured, and whether that is met.

A benchmark ends by printing its bars as a table of one form, so that the page can gather them from
wherever they stand. Invariant: whether a bar is met is computed from the figure, never written.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

HEAD = "| bar | asked | measured | |\n|---|---|---|---|"
MET, NOT_MET = "met", "**not met**"
_TABLE = re.compile(re.escape(HEAD) + r"\n((?:\|.*\n?)*)")


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: ``what`` is its name on the page, the others are for people to read."""

    what: str
    asked: str
    measured: str
    met: bool

    def row(self, why: str | None = None) -> str:
        """Return its row; ``why`` is the reason where it is not met."""
        verdict = MET if self.met else NOT_MET
        if not self.met and why is not None:
            verdict += f": {why}"
        return f"| {self.what} | {self.asked} | {self.measured} | {verdict} |"


def shown(bars: Iterable[Bar]) -> str:
    """Return the table of some bars."""
    return "\n".join([HEAD, *(bar.row() for bar in bars)])


def bars_in(text: str) -> list[Bar]:
    """Return the bars of every table of bars in a text."""
    found = []
    for table in _TABLE.findall(text):
        for row in table.splitlines():
            what, asked, measured, verdict = (cell.strip() for cell in row.strip("| ").split("|"))
            found.append(Bar(what, asked, measured, verdict == MET))
    return found
