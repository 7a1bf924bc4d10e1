"""The numbers of a list in a pass of their own, over the two columns that it takes.

Invariant: row n of the answers is about row n of the cells. To judge a batch costs the same few
hundredths of a second whether it is large or small, and a batch of whole rows has to be small, as
several of them are in memory at a time; two columns may come in large ones.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import polars as pl

from campaign.audience.freezing import ROW_GROUP
from campaign.audience.numbering.cache import table
from campaign.audience.phones import normalise_phones
from campaign.audience.readings import Reading

BATCH = 170_000
"""Cells that are judged together."""

_AT_ONCE = 2
"""Batches that are judged at once: most of the work is too small for polars to divide it."""


def judged_apart(
    cells: pl.LazyFrame,
    folder: Path,
    reading: Reading | None = None,
    through: Callable[[int], None] | None = None,
) -> pl.LazyFrame:
    """Return what `normalise_phones` says of ``raw`` and ``region``, from files in ``folder``.

    ``through`` is told of each batch how many cells it has.

    Raises:
        OSError: they cannot be written.
    """
    table()  # once, before both ask for it
    files: list[Path] = []
    under_way: deque[Future[None]] = deque()
    with ThreadPoolExecutor(_AT_ONCE) as threads:
        for batch in cells.collect_batches(chunk_size=BATCH, maintain_order=True):
            if through is not None:
                through(batch.height)
            if len(under_way) == _AT_ONCE:
                under_way.popleft().result()
            files.append(folder / f"{len(files)}.parquet")
            under_way.append(threads.submit(_judge, batch, files[-1], reading))
        for one in under_way:
            one.result()
    return pl.scan_parquet(files)


def _judge(batch: pl.DataFrame, file: Path, reading: Reading | None) -> None:
    raw, region = batch.select("raw", "region").rechunk().get_columns()
    normalise_phones(raw, region, reading).write_parquet(
        file, compression="lz4", statistics=False, row_group_size=ROW_GROUP
    )
