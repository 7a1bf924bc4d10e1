"""One CSV file becomes one Parquet file of trimmed text cells, its row numbers kept.

Invariant: a record of the file is one row here, whatever is in it. Files on which every CSV reader
agrees go straight through polars; all others are read by Python's ``csv`` module first, which also
finds the rows that are wrong. A row that cannot be read is named, never skipped.
"""

from __future__ import annotations

import codecs
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from campaign.audience.cells import plain, trimmed
from campaign.audience.dialect import HEAD, Dialect, detect
from campaign.audience.encoding import Survey, byte_order_mark, foreign_format, survey
from campaign.audience.freezing import ROW_GROUP
from campaign.audience.headers import name_columns
from campaign.audience.transcript import transcribe
from campaign.errors import InvalidInput, Problem


@dataclass(frozen=True)
class Part:
    """One file of the list, frozen as Parquet: ``_file``, ``_row`` and its columns as text."""

    parquet: Path
    rows: int
    headers: Mapping[str, str]
    """Name of each column → header as the file prints it."""
    sha256: bytes


def freeze_csv(path: Path, shown_as: str, parquet: Path, *, rows_required: bool) -> Part:
    """Read the CSV file at ``path`` into a new file ``parquet``; ``shown_as`` fills ``_file``.

    Unless ``rows_required``, a header alone is a list of nobody, and in a single column it may be
    the first entry; what it is then, the caller has to find out.

    Raises:
        InvalidInput: the file cannot be used; every problem that was found, up to 20 rows.
        OSError: it cannot be read, or ``parquet`` cannot be written.
    """
    with path.open("rb") as stream:
        start = stream.read(HEAD)
        whole = not stream.read(1)
    if problem := foreign_format(start, path):
        raise InvalidInput(problem)
    if not start:
        raise InvalidInput(Problem("is empty", path, hint="The first row names the columns."))
    promised = byte_order_mark(start)[1]
    if promised is None and start.count(b"\0") * 5 > len(start):
        raise InvalidInput(
            Problem(
                "is UTF-16 without its byte order mark, or not text",
                path,
                hint='Save it again as "CSV UTF-8 (comma delimited)".',
            )
        )
    # Which delimiter it is does not depend on letters, so any one-byte reading will do for now.
    guess = detect(_decoded(start, promised or "latin-1", path, "replace"), whole, path)
    found = survey(path, guess.delimiter)
    dialect = detect(_decoded(start, found.encoding, path, "strict"), whole, path)
    may_be_data = not rows_required and len(dialect.header) == 1
    names, problems = name_columns(
        dialect.header, path, dialect.header_row, may_be_data=may_be_data
    )
    if problems:
        raise InvalidInput(problems)
    rows = _freeze(path, shown_as, parquet, dialect, found, names)
    if rows_required and not rows:
        raise InvalidInput(
            Problem("has a header but no rows", path, hint="One row for each recipient.")
        )
    headers = dict(zip(names, dialect.header, strict=True))
    return Part(parquet, rows, headers, found.sha256)


def _decoded(start: bytes, encoding: str, path: Path, errors: str) -> str:
    try:
        return codecs.getincrementaldecoder(encoding)(errors).decode(start)
    except UnicodeDecodeError as error:
        raise InvalidInput(
            Problem(
                f"begins like {encoding.upper()} but is not",
                path,
                hint='Save it again as "CSV UTF-8 (comma delimited)".',
            )
        ) from error


def _freeze(
    path: Path, shown_as: str, parquet: Path, dialect: Dialect, found: Survey, names: list[str]
) -> int:
    """Write the Parquet file and return how many rows it has, blank lines at the end left out."""
    if found.plain:
        try:
            _sink(path, shown_as, parquet, dialect, names, formulas=found.formulas)
        except (pl.exceptions.PolarsError, pl.exceptions.PanicException):
            pass  # a row has too many cells; the reading below finds out which
        else:
            total: int = pl.scan_parquet(parquet).select(pl.len()).collect().item()
            return total - found.blank_lines_at_end
    clean = parquet.with_suffix(".csv")
    try:
        rows = transcribe(path, clean, dialect, found.encoding, len(names))
        _sink(
            clean, shown_as, parquet, Dialect(",", (), dialect.header_row, 0), names, formulas=True
        )
    finally:
        clean.unlink(missing_ok=True)
    return rows


def _sink(
    path: Path,
    shown_as: str,
    parquet: Path,
    dialect: Dialect,
    names: list[str],
    *,
    formulas: bool,
) -> None:
    # Everything is text: inference would drop the 00 in front of a number, and 0 before an area
    # code. The header is skipped, because polars renames doubled headers and trusts nobody's.
    cells = pl.scan_csv(
        path,
        has_header=False,
        skip_lines=dialect.lines_above,
        separator=dialect.delimiter,
        schema=dict.fromkeys(names, pl.String),
        row_index_name="_row",
        row_index_offset=dialect.header_row + 1,
        missing_columns="insert",
        extra_columns="raise",
        raise_if_empty=False,
        glob=False,
    )
    cells.select(
        pl.lit(shown_as).alias("_file"),
        pl.col("_row").cast(pl.UInt32),
        *(trimmed(plain(cell) if formulas else cell) for cell in map(pl.col, names)),
    ).sink_parquet(
        parquet, compression="lz4", statistics=False, row_group_size=ROW_GROUP, engine="streaming"
    )
