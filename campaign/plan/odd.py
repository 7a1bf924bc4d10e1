"""What is odd in the rows of a plan without being a reason to refuse one, in sentences."""

from __future__ import annotations

from collections.abc import Collection, Iterator

import polars as pl

from campaign.reasons import reasons

WARNING = "warning"
"""Column with the code for what is odd about a row without being a reason to refuse it, or null."""

_UNREADABLE = {
    "time_unreadable": (
        "time{} of a last message",
        "their 24-hour windows count as closed",
        "Write them as 2026-11-20T10:00+01:00, or set window.timezone",
    ),
    "zone_unreadable": (
        "time zone{}",
        "nobody knows what time it is there",
        "Write IANA names such as Europe/Berlin, or leave the cell empty",
    ),
}
"""Columns of a plan that mark such cells: what they hold, what follows, and what to do."""


def rows_told(rows: pl.LazyFrame, columns: Collection[str]) -> Iterator[str]:
    """Yield a sentence for each warning code, with the number of rows and the first of them."""
    if WARNING not in columns:  # made before there were any
        return
    found = (
        rows.filter(pl.col(WARNING).is_not_null())
        .group_by(WARNING)
        .agg(pl.len(), pl.col("file", "row").sort_by("number").first())
        .collect()
    )
    odd = {code: (count, file, row) for code, count, file, row in found.iter_rows()}
    for code, reason in reasons().items():
        if code in odd:
            count, file, row = odd[code]
            where = f"row {row} of {file}"
            which = f"That is {where}" if count == 1 else f"{count:,} rows, first in {where}"
            yield f"{reason.sentence} {which}. {reason.advice}"


def columns_told(rows: pl.LazyFrame, columns: Collection[str]) -> Iterator[str]:
    """Yield a sentence for each column of the list with cells that nobody can read."""
    for column, (what, so, advice) in _UNREADABLE.items():
        if column not in columns:  # a plan of an earlier version
            continue
        marked = rows.filter(column).select(pl.len(), pl.col("row").first())
        count, first = marked.collect().row(0)
        if count:
            cells = what.format("" if count == 1 else "s")
            where = f"{count:,} {cells} cannot be read (the first in row {first})"
            yield f"{where}, so {so}. {advice}."
