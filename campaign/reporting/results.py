"""The results: a file with one line for every row of the list.

Invariant: the results have one line for each row of the list, in the order of the plan, with the
list's own columns under their own headers first, so that a file can be worked on where it came
from. Who was sent to and is no longer on the list has a line too.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from pathlib import Path

import polars as pl

from campaign.errors import InvalidInput
from campaign.files import replaced
from campaign.ledger.hearing import COLUMNS
from campaign.ledger.protocol import Ledger
from campaign.plan.beside import LEDGER
from campaign.plan.frozen import INPUT, Plan
from campaign.plan.variants import VARIANT
from campaign.reporting.rows import rows_as_they_stand
from campaign.reporting.spreadsheet import left_alone, write_mark

_STATE_COLUMNS = (
    *("state", "reason", "detail", "provider_id", "code", "attempts", "claimed_at", "settled_at"),
)
_OURS = (*_STATE_COLUMNS, *COLUMNS)


def write_results(
    plan: Plan,
    ledger: Ledger,
    run_id: int,
    path: Path,
    *,
    running: bool = False,
    excel: bool = False,
    check: Callable[[], None] = lambda: None,
) -> None:
    """Write the results as CSV or, when ``path`` ends in ``.parquet``, as Parquet.

    ``running``: a process is sending now, so that a claim that is open is under way; else whoever
    made it is gone, and it is unknown. ``excel`` writes CSV of which a spreadsheet changes nothing
    (see :mod:`campaign.reporting.spreadsheet`). ``check`` is called now and then; what it raises
    ends the writing, and an earlier file stays as it was.

    Raises:
        InvalidInput: the file name ends in something else, or in .parquet with ``excel``.
        OutputError: the file cannot be written.
    """
    if excel and path.suffix != ".csv":
        raise InvalidInput(f"Excel reads a .csv file as text; {path.name} is no such file.")
    batches = _checked(_batches(plan, ledger, run_id, running), check)
    if path.suffix == ".csv":
        with replaced(path) as file, file.open("wb") as out:
            if excel:
                write_mark(out)
            for number, batch in enumerate(batches):
                cells = left_alone(batch) if excel else batch
                cells.write_csv(out, include_header=number == 0)
    elif path.suffix == ".parquet":
        with replaced(path) as file:
            parts = []
            try:
                for number, batch in enumerate(batches):
                    parts.append(file.with_suffix(f".{number}"))
                    batch.write_parquet(parts[-1])
                pl.scan_parquet(parts).sink_parquet(file)
            finally:
                for part in parts:
                    part.unlink(missing_ok=True)
    else:
        raise InvalidInput(f"Results are written to a .csv or .parquet file, not to {path.name}.")


def is_results(path: Path) -> bool:
    """Return whether a file begins as results do, so that newer ones may take its place."""
    try:
        if path.suffix == ".parquet":
            names = list(pl.read_parquet_schema(path))
        else:
            with path.open(newline="", encoding="utf-8-sig") as file:
                names = next(csv.reader(file), [])
    except (OSError, ValueError, csv.Error, pl.exceptions.PolarsError):
        return False
    ours = [name.split("campaign_")[-1] for name in names]
    # Those of an earlier version end before what came back.
    return any(ours[-len(known) :] == list(known) for known in (_OURS, _STATE_COLUMNS))


def _checked(batches: Iterator[pl.DataFrame], check: Callable[[], None]) -> Iterator[pl.DataFrame]:
    for batch in batches:
        check()
        yield batch


def _batches(plan: Plan, ledger: Ledger, run_id: int, running: bool) -> Iterator[pl.DataFrame]:
    columns = columns_of_results(plan)
    lines = Lines(plan)
    for rows in rows_as_they_stand(plan, ledger, run_id, columns, running=running):
        yield lines.of(rows)


def columns_of_results(plan: Plan) -> list[str]:
    """Return which columns of the plan the results need."""
    return ["file", "row", "address", *_groups(plan), *(INPUT + name for name in plan.headers)]


class Lines:
    """Rows as the results show them."""

    def __init__(self, plan: Plan) -> None:
        theirs, ours = _headers(plan)
        self._shown = [
            pl.col("file").alias(ours["file"]),
            pl.col("row").alias(ours["row"]),
            *(pl.col(INPUT + name).alias(header) for name, header in theirs.items()),
            pl.col("address").alias(ours["address"]),
            *(pl.col(name).alias(ours[name]) for name in _groups(plan)),
            *(_ours(name).alias(ours[name]) for name in _OURS),
        ]

    def of(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Return what the results say of rows as they stand."""
        return rows.select(self._shown)


def _headers(plan: Plan) -> tuple[dict[str, str], dict[str, str]]:
    """Return the headers of the list's columns and of ours, which give way to the list's."""
    theirs: dict[str, str] = {}
    for name, header in plan.headers.items():
        theirs[name] = header if header and header not in theirs.values() else name
    taken = {name.casefold() for name in theirs.values()}
    ours: dict[str, str] = {}
    for name in ("file", "row", "address", *_groups(plan), *_OURS):
        # The list may be the results of an earlier run, or the results of its results.
        header = name
        while header in taken:
            header = f"campaign_{header}"
        taken.add(header)
        ours[name] = header
    return theirs, ours


def _groups(plan: Plan) -> list[str]:
    """Return the column that says who got which message, where there is more than one."""
    return [VARIANT] if plan.variants else []


def _ours(name: str) -> pl.Expr:
    if name in ("state", "reason", "detail"):  # what the plan and the ledger come to
        return pl.col(name)
    if name.endswith("_at"):
        moment = pl.from_epoch(LEDGER + name, time_unit="ms")
        return moment.dt.strftime("%Y-%m-%dT%H:%M:%S%.3fZ")
    return pl.col(LEDGER + name)
