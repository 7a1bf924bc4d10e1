"""What counts as nothing in a cell: blanks and marks that nobody can see, at its two ends.

Invariant: trimming never touches a character between two visible ones, so a text cell keeps its
meaning to the letter, and a cell in which nothing can be seen is null everywhere in the project.
"""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl

SPACES = (
    "\t\n\v\f\r\x1c\x1d\x1e\x1f \x85\xa0\u1680"
    "\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000"
)
"""Every character that Unicode calls white space."""

INVISIBLE = (
    "\u00ad\u061c\u180e\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e"
    "\u2060\u2061\u2062\u2063\u2064\u2066\u2067\u2068\u2069\ufeff"
)
"""Zero-width and direction marks: contact apps and web pages leave them around copied numbers."""

BLANKS = SPACES + INVISIBLE


def trimmed(cell: pl.Expr) -> pl.Expr:
    """Return the String cell without blanks at its ends; null where nothing remains."""
    text = cell.str.strip_chars(BLANKS)
    return pl.when(text != "").then(text)


def plain(cell: pl.Expr) -> pl.Expr:
    """Return the text of a cell that holds ``="…"``, the formula that is nothing but a text.

    Exports write it so that a spreadsheet takes no digit off a number or an id.
    """
    return cell.str.replace(r'^="([^"]*)"$', "${1}")


def trimmed_text(text: str) -> str:
    """Do for one text what `trimmed` does for a column; empty where nothing remains."""
    return text.strip(BLANKS)


def source_columns(names: Iterable[str]) -> list[str]:
    """Return the names that come from the recipient list, in their order.

    The project's own columns begin with an underscore and a letter (``_row``, ``_address``). A
    normalised header never does: it loses its leading underscores, and gets one back only in
    front of a digit. Nor does it ever hold a colon, as the names of the plan's columns may; of
    those, one that begins with ``in:`` is what the list said before another column took its place.
    """
    return [
        name
        for name in names
        if name.startswith("in:")
        or (":" not in name and not (name.startswith("_") and not name[1:2].isdigit()))
    ]
