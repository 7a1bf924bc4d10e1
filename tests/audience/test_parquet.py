"""A Parquet column becomes the text that a person would have typed, digit by digit."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from campaign.audience.reading import open_list

from .lists import cells, refusal, rows_of

COLUMNS = [
    (["0049 1", None, " x ", ""], pl.String, ["0049 1", None, "x", None]),
    ([491512345678, None, -1], pl.Int64, ["491512345678", None, "-1"]),
    ([255, 0], pl.UInt8, ["255", "0"]),
    ([2**64 - 1], pl.UInt64, [str(2**64 - 1)]),
    ([491512345678.0, 1.5, -3.0, 0.1], pl.Float64, ["491512345678", "1.5", "-3", "0.1"]),
    ([float("nan"), float("inf"), None], pl.Float64, [None, "inf", None]),
    ([2.0**53, 1e22], pl.Float64, ["9.0072E+15", "1.0E+22"]),
    ([491512345678.0, 0.1, 12.0], pl.Float32, ["4.91512E+11", "0.1", "12"]),
    ([True, False, None], pl.Boolean, ["true", "false", None]),
    ([dt.date(2024, 1, 2)], pl.Date, ["2024-01-02"]),
    ([dt.datetime(2024, 1, 2, 3, 4, 5)], pl.Datetime, ["2024-01-02T03:04:05"]),  # noqa: DTZ001
    (
        [dt.datetime(2024, 1, 2, 3, 4, 5, tzinfo=dt.UTC)],
        pl.Datetime("us", "UTC"),
        ["2024-01-02T03:04:05+00:00"],
    ),
    (
        [dt.datetime(2024, 1, 2, 3, 4, 5, 600000, tzinfo=dt.UTC)],
        pl.Datetime("ms", "Europe/Berlin"),
        ["2024-01-02T04:04:05.600+01:00"],
    ),
    ([dt.time(3, 4)], pl.Time, ["03:04:00"]),
    ([Decimal("12.50")], pl.Decimal(10, 2), ["12.50"]),
    (["DE", "GB"], pl.Categorical, ["DE", "GB"]),
    (["DE"], pl.Enum(["DE"]), ["DE"]),
    ([None], pl.Null, [None]),
]


@pytest.mark.parametrize(("values", "dtype", "texts"), COLUMNS)
def test_a_column_becomes_text_without_damage(
    tmp_path: Path, values: list[object], dtype: pl.DataType, texts: list[str | None]
) -> None:
    path = tmp_path / "list.parquet"
    pl.DataFrame({"A b": pl.Series(values, dtype=dtype)}).write_parquet(path)
    with open_list([path]) as lst:
        rows = rows_of(lst)
        assert lst.headers == {"a_b": "A b"}
    assert [row["a_b"] for row in rows] == texts
    assert [row["_row"] for row in rows] == list(range(1, len(texts) + 1))


def test_a_parquet_file_is_known_by_its_first_bytes(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    pl.DataFrame({"phone": [1]}).write_parquet(path)
    assert cells(path) == [(1, "1")]


@pytest.mark.parametrize(
    ("values", "what"),
    [([[1]], "lists"), ([{"a": 1}], "records"), ([b"x"], "raw bytes")],
)
def test_a_nested_column_is_named(tmp_path: Path, values: list[object], what: str) -> None:
    path = tmp_path / "list.parquet"
    pl.DataFrame({"phone": ["1"], "tags": values}).write_parquet(path)
    assert refusal(path) == [
        (
            f'list.parquet: column "tags" holds {what}, not text or numbers\n'
            "        = Leave it out, or write it as text."
        )
    ]


INCOMPLETE = (
    "list.parquet: is not a complete Parquet file\n"
    "        = It may have been copied while it was written; export it again."
)


@pytest.mark.parametrize("keep", [0, 4, 10, 200, -1, -8])
def test_a_truncated_file_is_refused(tmp_path: Path, keep: int) -> None:
    path = tmp_path / "list.parquet"
    pl.DataFrame({"phone": [str(n) for n in range(1000)]}).write_parquet(path)
    path.write_bytes(path.read_bytes()[:keep])
    assert refusal(path) == [INCOMPLETE]


def test_a_file_with_damaged_pages_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "list.parquet"
    pl.DataFrame({"phone": [str(n) for n in range(1000)]}).write_parquet(path)
    data = bytearray(path.read_bytes())
    data[4:400] = bytes(396)
    path.write_bytes(data)
    assert refusal(path) == [INCOMPLETE]


def test_a_file_without_rows_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "list.parquet"
    pl.DataFrame({"phone": []}, schema={"phone": pl.String}).write_parquet(path)
    assert refusal(path) == ["list.parquet: has columns but no rows"]


def test_names_that_become_one_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "list.parquet"
    pl.DataFrame({"Phone": ["1"], "phone ": ["2"]}).write_parquet(path)
    assert refusal(path)[0].startswith(
        'list.parquet:1: two columns have the same name "phone": "Phone" and "phone"'
    )
