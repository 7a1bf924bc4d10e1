"""Cells as a spreadsheet leaves them alone: numbers keep every digit, and nothing is calculated.

Excel reads a CSV file as if each cell had been typed in. ``+491713920001`` loses its plus,
``0171…`` its zero, a long id its last digits, ``1.10`` its zero; ``3/4`` or ``MAR1`` becomes a day;
and a cell that begins with ``=``, ``+``, ``-``, ``@``, one of these in full width, a tab or a line
break may be a formula (OWASP, *CSV Injection*). Where the list separator is a semicolon or a tab,
what follows one within a cell begins a cell too. Two ways out of that are in use:

- A telephone number, an id, a user's name, or what would become another number or a day, is written
  ``="+491713920001"``: a formula that is nothing but a text. The cell shows exactly what stands
  between the quotes, and what the spreadsheet saves has it again. Only what has neither a quote nor
  a function in it is written so.
- Every other cell that begins with one of those characters gets an apostrophe in front, as OWASP
  advises, so that it stays a text in the next spreadsheet too. So does what follows a separator.

Invariant: no cell is both left as it is and read by a spreadsheet as anything but itself; what is
written the first way is read back by this project as what it was.
"""

from __future__ import annotations

from typing import BinaryIO

import polars as pl

MARK = b"\xef\xbb\xbf"
"""What tells Excel that a CSV file is UTF-8."""

_SIGNS = "=+\\-@\uff1d\uff0b\uff0d\uff20"
_DANGEROUS = rf"^[{_SIGNS}\t\r\n]"
_BEHIND = rf"([;\t]\s*\"?)([{_SIGNS}])"
# A telephone number as people write it, with something that a spreadsheet would take off.
_NUMBER = r"^(?:\+|\(|0[0-9])[0-9 ()./\-]*$"
# Excel keeps 15 digits, and shows 12 or more as 4.47911E+11; 12E4 is a number to it.
_DIGITS = r"^[0-9]{12,}$|^[0-9]+[eE][0-9]+$"
# A number that Excel would write otherwise, and what it takes for a day, a time or a fraction.
_DECIMAL = r"^[0-9]+[.,][0-9]*0$|^[0-9]+[.,]$|^[.,][0-9]+$|^[0-9][0-9.,]{14,}$"
_DAY = (
    r"^[0-9]{1,4}[/\-][0-9]{1,4}$|^[0-9]{1,4}[/.\-][0-9]{1,2}[/.\-][0-9]{1,4}$"
    r"|^[0-9]{1,2}:[0-9]{2}(?::[0-9]{2})?$"
)
_MONTHS = "(?i:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}"
_MONTH = rf"^{_MONTHS}[ ./\-]?[0-9]{{1,4}}$|^[0-9]{{1,4}}[ ./\-]?{_MONTHS}$"
_ID = r"^[@\-+][A-Za-z0-9_][A-Za-z0-9_.:@\-]*$"
_EXACT = f"{_NUMBER}|{_DIGITS}|{_DECIMAL}|{_DAY}|{_MONTH}|{_ID}"


def write_mark(out: BinaryIO) -> None:
    """Begin a file."""
    out.write(MARK)


def left_alone(frame: pl.DataFrame) -> pl.DataFrame:
    """Return a frame whose texts, and whose headers, a spreadsheet shows as they are."""
    cells = frame.with_columns(
        _cell(pl.col(name)).alias(name) for name, kind in frame.schema.items() if kind == pl.String
    )
    names = list(frame.columns)
    for place, name in enumerate(names):
        shown = f"'{name}" if name.startswith(tuple("=+-@\t\r\n")) else name
        while shown != name and shown in names:
            shown = f"'{shown}"
        names[place] = shown
    cells.columns = names
    return cells


def _cell(text: pl.Expr) -> pl.Expr:
    exact = text.str.contains(_EXACT)
    behind = text.str.replace_all(_BEHIND, "${1}'${2}")
    return (
        pl.when(exact)
        .then(pl.concat_str(pl.lit('="'), text, pl.lit('"')))
        .when(text.str.contains(_DANGEROUS))
        .then(pl.concat_str(pl.lit("'"), behind))
        .otherwise(behind)
    )
