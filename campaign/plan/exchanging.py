"""One value for another, row by row.

Invariant: a stream stays a stream. The replace functions of polars (2.1) want the whole column, and
everything beside it waits in memory until they have it; a chain of conditions wants one row.
"""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl


def exchanged(column: pl.Expr, instead: Mapping[str, str] | Mapping[int, str]) -> pl.Expr:
    """Return what each value is to be exchanged for, else null; meant for tens of values."""
    found = pl.lit(None, dtype=pl.String)
    for value, other in instead.items():
        found = pl.when(column == value).then(pl.lit(other)).otherwise(found)
    return found
