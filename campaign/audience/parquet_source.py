"""One Parquet file becomes one of trimmed text cells, as if its table had been typed by hand.

Invariant: no cell gains or loses a digit on its way to text. A number that the file's own type can
no longer hold exactly is written the way a spreadsheet does (``4.91512E+11``), with fewer digits
than it has, so that the rules for damaged cells see it and have nothing to repair it from.
"""

from __future__ import annotations

from pathlib import Path

import polars as pl

from campaign.audience.cells import trimmed
from campaign.audience.csv_source import Part
from campaign.audience.encoding import sha256_of
from campaign.audience.freezing import ROW_GROUP
from campaign.audience.headers import name_columns
from campaign.errors import InvalidInput, Problem

MAGIC = b"PAR1"

_EXACT_BELOW = {pl.Float32: 2.0**24, pl.Float64: 2.0**53}
_DIGITS_SHOWN = 5
"""Behind the point, of a number that is not exact: the smallest such has seven, 1.67772E+7."""


def is_parquet(path: Path) -> bool:
    """Say whether the file is meant to be Parquet, by its first bytes or its name.

    Raises:
        OSError: it cannot be read.
    """
    with path.open("rb") as stream:
        return stream.read(4) == MAGIC or path.suffix.lower() in (".parquet", ".pq")


def freeze_parquet(path: Path, shown_as: str, parquet: Path, *, rows_required: bool) -> Part:
    """Read the Parquet file at ``path`` into a new file ``parquet`` of text cells.

    Records count from 1 in ``_row``: no spreadsheet has shown them with a header above.

    Raises:
        InvalidInput: the file is damaged, empty, or has columns that are no text.
        OSError: it cannot be read, or ``parquet`` cannot be written.
    """
    source = pl.scan_parquet(path, glob=False, hive_partitioning=False)
    try:
        schema = source.collect_schema()
        names, problems = name_columns(schema.names(), path, 1)
        cells: list[pl.Expr] = []
        for (header, dtype), name in zip(schema.items(), names, strict=True):
            text = as_text(pl.col(header), dtype)
            if text is None:
                problems.append(
                    Problem(
                        f'column "{header}" holds {_in_words(dtype)}, not text or numbers',
                        path,
                        hint="Leave it out, or write it as text.",
                    )
                )
            else:
                cells.append(trimmed(text).alias(name))
        if problems:
            raise InvalidInput(problems)
        source.with_row_index("_row", offset=1).select(
            pl.lit(shown_as).alias("_file"), pl.col("_row").cast(pl.UInt32), *cells
        ).sink_parquet(
            parquet,
            compression="lz4",
            statistics=False,
            row_group_size=ROW_GROUP,
            engine="streaming",
        )
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException) as error:
        raise InvalidInput(
            Problem(
                "is not a complete Parquet file",
                path,
                hint="It may have been copied while it was written; export it again.",
            )
        ) from error
    rows: int = pl.scan_parquet(parquet).select(pl.len()).collect().item()
    if rows_required and not rows:
        raise InvalidInput(Problem("has columns but no rows", path))
    headers = dict(zip(names, schema.names(), strict=True))
    return Part(parquet, rows, headers, sha256_of(path))


def as_text(cell: pl.Expr, dtype: pl.DataType) -> pl.Expr | None:
    """Return the cell as a person would type it, or None if there is no such thing.

    Whole numbers have no decimal point, dates and times are ISO 8601, booleans ``true`` and
    ``false``; not-a-number is null, as pandas means it.
    """
    if isinstance(dtype, (pl.Float32, pl.Float64)):
        return _float_as_text(cell, _EXACT_BELOW[type(dtype)])
    if isinstance(dtype, (pl.Date, pl.Datetime, pl.Time, pl.Duration)):
        # Whole seconds without a fraction of zeros; behind it stands the offset, or nothing.
        return cell.dt.to_string("iso:strict").str.replace(r"\.0+($|[+-])", "${1}")
    if dtype.is_nested() or isinstance(dtype, (pl.Binary, pl.Object, pl.Unknown)):
        return None
    return cell.cast(pl.String)


def _float_as_text(cell: pl.Expr, exact_below: float) -> pl.Expr:
    number = cell.cast(pl.Float64)
    exponent = number.abs().log10().floor()
    mantissa = (number / (pl.lit(10.0) ** exponent)).round(_DIGITS_SHOWN)
    return (
        pl.when(cell.is_nan())
        .then(None)
        .when(number.is_infinite())
        .then(cell.cast(pl.String))
        .when(number.abs() >= exact_below)
        .then(pl.format("{}E+{}", mantissa, exponent.cast(pl.Int64, strict=False)))
        .when(number == number.floor())
        .then(number.cast(pl.Int64, strict=False).cast(pl.String))
        # From the column's own type: 0.1 must not become 0.10000000149 on its way.
        .otherwise(cell.cast(pl.String))
    )


def _in_words(dtype: pl.DataType) -> str:
    if isinstance(dtype, (pl.List, pl.Array)):
        return "lists"
    if isinstance(dtype, pl.Struct):
        return "records"
    return "raw bytes" if isinstance(dtype, pl.Binary) else "objects"
