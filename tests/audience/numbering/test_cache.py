"""The table is built once, and no file and no disk can make it wrong."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from campaign.audience.numbering import cache
from campaign.audience.numbering.table import Table

TABLE = cache.table()


@pytest.fixture
def built(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[list[str]]:
    """Give a cache folder of its own; the list has an entry for each time the table is built."""
    times: list[str] = []

    def counted() -> Table:
        times.append("built")
        return TABLE

    monkeypatch.setattr(cache, "built", counted)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    cache.table.cache_clear()
    yield times
    cache.table.cache_clear()


def another_process() -> Table:
    cache.table.cache_clear()
    return cache.table()


def the_file() -> Path:
    (file,) = cache.folder().iterdir()
    return file


def same(table: Table) -> bool:
    return (
        table.kinds.equals(TABLE.kinds)
        and table.numbers.begins.equals(TABLE.numbers.begins)
        and table.numbers.answers.equals(TABLE.numbers.answers)
        and table.national.begins.equals(TABLE.national.begins)
        and table.national.answers.equals(TABLE.national.answers)
    )


def test_the_second_process_reads_what_the_first_built(built: list[str]) -> None:
    another_process()
    assert same(another_process())
    assert built == ["built"]


@pytest.mark.parametrize("damage", ["cut", "changed", "emptied"])
def test_a_damaged_file_is_built_anew(built: list[str], damage: str) -> None:
    another_process()
    whole = the_file().read_bytes()
    changed = whole[:5000] + bytes((whole[5000] ^ 1,)) + whole[5001:]
    the_file().write_bytes({"cut": whole[:-1], "changed": changed, "emptied": b""}[damage])
    assert same(another_process())
    assert built == ["built", "built"]
    assert the_file().read_bytes() == whole


def test_other_metadata_is_another_file(built: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    another_process()
    monkeypatch.setattr("phonenumbers.__version__", "1.2.3")
    another_process()
    assert built == ["built", "built"]


def test_a_folder_that_cannot_be_written_is_no_error(
    built: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("not a folder")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert same(another_process())
    assert same(another_process())
    assert built == ["built", "built"]


def test_nothing_lies_beside_the_file(built: list[str]) -> None:
    another_process()
    assert [file.suffix for file in cache.folder().iterdir()] == [".bin"]


def test_a_relative_cache_folder_is_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "somewhere")
    monkeypatch.setenv("HOME", "/home/ana")
    assert cache.folder() == Path("/home/ana/.cache/campaign")
