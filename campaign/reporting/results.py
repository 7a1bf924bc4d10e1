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
from campaign.ledger.protocol import Ledger
from campaign.ledger.records import State
from campaign.plan.beside import LEDGER, parts
from campaign.plan.frozen import INPUT, SEND, Plan
from campaign.plan.variants import VARIANT
from campaign.reasons import reasons

_STATE_COLUMNS = {
    "state": pl.String,
    "reason": pl.String,
    "detail": pl.String,
    "provider_id": pl.String,
    "code": pl.String,
    "attempts": pl.UInt32,
    "claimed_at": pl.String,
    "settled_at": pl.String,
}


def write_results(
    plan: Plan,
    ledger: Ledger,
    run_id: int,
    path: Path,
    *,
    running: bool = False,
    check: Callable[[], None] = lambda: None,
) -> None:
    """Write the results as CSV or, when ``path`` ends in ``.parquet``, as Parquet.

    ``running``: a process is sending now, so that a claim that is open is under way; else whoever
    made it is gone, and it is unknown. ``check`` is called now and then; what it raises ends the
    writing, and an earlier file stays as it was.

    Raises:
        InvalidInput: the file name ends in something else.
        OutputError: the file cannot be written.
    """
    batches = _checked(_batches(plan, ledger, run_id, running), check)
    if path.suffix == ".csv":
        with replaced(path) as file, file.open("wb") as out:
            for number, batch in enumerate(batches):
                batch.write_csv(out, include_header=number == 0)
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
            with path.open(newline="", encoding="utf-8") as file:
                names = next(csv.reader(file), [])
    except (OSError, ValueError, csv.Error, pl.exceptions.PolarsError):
        return False
    ours = [name.split("campaign_")[-1] for name in names[-len(_STATE_COLUMNS) :]]
    return ours == list(_STATE_COLUMNS)


def _checked(batches: Iterator[pl.DataFrame], check: Callable[[], None]) -> Iterator[pl.DataFrame]:
    for batch in batches:
        check()
        yield batch


def _batches(plan: Plan, ledger: Ledger, run_id: int, running: bool) -> Iterator[pl.DataFrame]:
    theirs, ours = _headers(plan)
    cells = [INPUT + name for name in theirs]
    ours_of_the_plan = ["file", "row", "address", *_groups(plan)]
    judged = ["verdict", "reason", "reason_detail"]
    for rows, known in parts(plan, ledger, run_id, [*ours_of_the_plan, *judged, *cells]):
        number = pl.col("number").cast(rows.schema["number"], strict=False)
        said = known.lazy().with_columns(number)
        yield (
            rows.lazy()
            .join(said, on="number", how="left", maintain_order="left")
            .with_columns(_state(running), _reason(running))
            .with_columns(_sentence().alias("detail"))
            .with_columns(
                *(pl.col(LEDGER + name).alias(name) for name in ("provider_id", "code", "attempts"))
            )
            .with_columns(_iso("claimed_at"), _iso("settled_at"))
            .select(
                pl.col("file").alias(ours["file"]),
                pl.col("row").alias(ours["row"]),
                *(pl.col(INPUT + name).alias(header) for name, header in theirs.items()),
                pl.col("address").alias(ours["address"]),
                *(pl.col(name).alias(ours[name]) for name in _groups(plan)),
                *(pl.col(name).alias(ours[name]) for name in _STATE_COLUMNS),
            )
            .collect()
        )


def _headers(plan: Plan) -> tuple[dict[str, str], dict[str, str]]:
    """Return the headers of the list's columns and of ours, which give way to the list's."""
    theirs: dict[str, str] = {}
    for name, header in plan.headers.items():
        theirs[name] = header if header and header not in theirs.values() else name
    taken = {name.casefold() for name in theirs.values()}
    ours: dict[str, str] = {}
    for name in ("file", "row", "address", *_groups(plan), *_STATE_COLUMNS):
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


def _state(running: bool) -> pl.Expr:
    """A claim that is still open in a run that has ended is unknown, never pending."""
    planned = pl.when(pl.col("verdict") == SEND).then(pl.lit(State.PENDING.value))
    gone = {} if running else {State.SENDING.value: State.UNKNOWN.value}
    known = pl.col(LEDGER + "state").replace(gone) if gone else pl.col(LEDGER + "state")
    return pl.coalesce(known, planned.otherwise(pl.col("verdict"))).alias("state")


def _reason(running: bool) -> pl.Expr:
    cut_off = pl.lit(not running) & (pl.col(LEDGER + "state") == State.SENDING.value)
    interrupted = pl.when(cut_off).then(pl.lit("interrupted"))
    return pl.coalesce(interrupted, LEDGER + "reason", "reason").alias("reason")


def _sentence() -> pl.Expr:
    known = {code: reason.sentence for code, reason in reasons().items()}
    spoken = pl.col("reason").replace_strict(known, default=pl.col("reason"))
    return pl.coalesce(LEDGER + "detail", "reason_detail", spoken)


def _iso(name: str) -> pl.Expr:
    moment = pl.from_epoch(LEDGER + name, time_unit="ms")
    return moment.dt.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").alias(name)
