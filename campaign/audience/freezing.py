"""How the temporary and the frozen Parquet files of a list are laid out."""

from __future__ import annotations

ROW_GROUP = 10_000
"""Rows that stand together in a file.

Several such groups are in memory while it is written or read. With the default of polars, 262,144,
a list of a million rows is nearly all in memory.
"""
