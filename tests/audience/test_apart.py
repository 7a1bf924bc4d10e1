"""Numbers that are judged in a pass of their own are those of their rows."""

from __future__ import annotations

import errno
from pathlib import Path

import polars as pl
import pytest

from campaign.audience import apart
from campaign.audience.addresses import with_addresses

CELLS = [
    "+49 151 12345678",
    "0171 3920001",
    None,
    "+491713920001.0",
    "hello",
    "+52 1 222 123 4567",
    "0171 3920002",
]


def addressed(frame: pl.LazyFrame, folder: Path | None) -> pl.DataFrame:
    return with_addresses(
        frame,
        kind="number",
        column="phone",
        country_column="country",
        default_region="DE",
        apart=folder,
    ).collect()


@pytest.mark.parametrize("batch", [1, 2, 3, 7, 100])
def test_however_many_are_judged_together_every_row_keeps_its_own_number(
    tmp_path: Path, batch: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(apart, "BATCH", batch)
    frame = pl.LazyFrame({"phone": CELLS, "country": [None, "de ", None, None, "GB", "MX", None]})
    found = addressed(frame, tmp_path)
    assert found.equals(addressed(frame, None))
    assert found["_address"].to_list() == [
        "+4915112345678",
        "+491713920001",
        None,
        "+491713920001",
        None,
        None,
        "+491713920002",
    ]


def test_a_list_of_several_files_is_judged_in_the_order_of_its_rows(tmp_path: Path) -> None:
    parts = [pl.LazyFrame({"phone": [cell], "country": ["DE"]}) for cell in CELLS]
    frame = pl.concat(parts)
    assert addressed(frame, tmp_path).equals(addressed(frame, None))


def test_numbers_that_cannot_be_kept_are_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "the disk is full")

    monkeypatch.setattr(pl.DataFrame, "write_parquet", full)
    frame = pl.LazyFrame({"phone": CELLS, "country": ["DE"] * len(CELLS)})
    with pytest.raises(OSError, match="the disk is full"):
        addressed(frame, tmp_path)
