"""Lists as people really have them are read to the last row, with the row numbers they see."""

from __future__ import annotations

import csv
import os
from pathlib import Path

import polars as pl
import pytest

from campaign.audience.fingerprint import fingerprint
from campaign.audience.reading import expand, open_list
from campaign.errors import InvalidInput, OutputError

from .lists import BOM, cells, csv_text, read, rows_of, write

ENCODINGS = {
    "utf-8": "utf-8",
    "utf-8 with BOM": "utf-8-sig",
    "utf-16 little-endian": "utf-16-le",
    "utf-16 big-endian": "utf-16-be",
    "windows-1252": "cp1252",
}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "list.csv"


@pytest.mark.parametrize("line_end", ["\r\n", "\n", "\r"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ENCODINGS.values(), ids=list(ENCODINGS))
def test_every_encoding_and_delimiter_is_read(
    file: Path, encoding: str, delimiter: str, line_end: str
) -> None:
    rows = [
        ["phone", "name", "note"],
        ["0049171", "Zoë Müller", f'a{delimiter} "b"'],
        ["+31612345678", "", f"two{line_end}lines"],
        ["007", "Straße €", "NA"],
    ]
    text = csv_text(rows, delimiter, csv.QUOTE_MINIMAL, line_end)
    if encoding.startswith("utf-16"):
        text = BOM + text
    assert cells(write(file, text, encoding)) == [
        (2, "0049171", "Zoë Müller", f'a{delimiter} "b"'),
        (3, "+31612345678", None, f"two{line_end}lines"),
        (4, "007", "Straße €", "NA"),
    ]


def test_a_letter_late_in_the_file_decides_the_encoding(file: Path) -> None:
    rows = "".join(f"{n},Anna\n" for n in range(300_000))
    write(file, f"phone,name\n{rows}1,Müller\n", "cp1252")
    with open_list([file]) as lst:
        last = lst.frame.select("_row", "name").last().collect().row(0)
    assert last == (300_002, "Müller")


def test_a_quoted_newline_does_not_move_the_row_numbers(file: Path) -> None:
    write(file, 'phone,note\n1,"a\nb\n\nc"\n2,x\n')
    assert cells(file) == [(2, "1", "a\nb\n\nc"), (3, "2", "x")]


def test_blank_lines_in_the_middle_are_rows_and_those_at_the_end_are_not(file: Path) -> None:
    write(file, "phone,name\n1,a\n\n\n2,b\n\n\n")
    assert cells(file) == [(2, "1", "a"), (3, None, None), (4, None, None), (5, "2", "b")]


def test_rows_of_nothing_but_delimiters_or_spaces_stay_rows(file: Path) -> None:
    write(file, "phone,name\n1,a\n,\n  \n,\n\n")
    assert cells(file) == [
        (2, "1", "a"),
        (3, None, None),
        (4, None, None),
        (5, None, None),
    ]


def test_both_readings_of_a_file_agree_about_blank_lines(file: Path) -> None:
    text = 'phone,name\n1,a\n\n,\n  \n2,"b\n"\n\n\n'
    quick = cells(write(file, text))
    # A stray quote makes the file one for the patient reading.
    patient = cells(write(file, text.replace("1,a", '1,a"')))
    assert [row[0] for row in quick] == [row[0] for row in patient] == [2, 3, 4, 5, 6]
    assert quick[1:] == patient[1:]


def test_a_row_with_fewer_cells_is_filled_with_nulls(file: Path) -> None:
    assert cells(write(file, "phone,name,city\n1\n2,b\n")) == [
        (2, "1", None, None),
        (3, "2", "b", None),
    ]


def test_cells_are_trimmed_of_all_that_nobody_sees(file: Path) -> None:
    write(file, "phone,name\n\u00a0+1\u200b,\u2003Anna Berg\u202c \n\u200b,\ufeff\n")
    assert cells(file) == [(2, "+1", "Anna Berg"), (3, None, None)]


@pytest.mark.parametrize("piece", range(1, 20))
def test_a_formula_that_is_nothing_but_a_text_is_read_wherever_the_file_is_cut(
    file: Path, piece: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("campaign.audience.encoding.CHUNK", piece)
    write(file, 'phone,name\n"=""00491""",Ana = Bo\n')
    assert cells(file) == [(2, "00491", "Ana = Bo")]


def test_nothing_that_people_type_is_taken_for_a_null_or_a_number(file: Path) -> None:
    write(file, "phone,a,b,c\n00491,NA,null,1e5\nnan,None,#N/A,-0.0\n")
    assert cells(file) == [
        (2, "00491", "NA", "null", "1e5"),
        (3, "nan", "None", "#N/A", "-0.0"),
    ]


@pytest.mark.parametrize("line", ["sep=;", "SEP=;", '"sep=;"', "sep=;;;"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_the_sep_line_of_excel_is_honoured_and_counted(
    file: Path, line: str, encoding: str
) -> None:
    write(file, f"{line}\r\nphone;first, last\r\n1;Zoë\r\n", encoding)
    assert read(file) == [{"_file": "list.csv", "_row": 3, "phone": "1", "first_last": "Zoë"}]


def test_rows_above_the_header_are_counted(file: Path) -> None:
    assert cells(write(file, "\n,,\nphone,name,city\n1,a,b\n")) == [(4, "1", "a", "b")]


def test_a_header_with_a_line_break_counts_as_one_row(file: Path) -> None:
    write(file, '"phone\n(mobile)",name\n1,a\n')
    assert read(file) == [{"_file": "list.csv", "_row": 2, "phone_mobile": "1", "name": "a"}]


def test_the_delimiter_is_the_one_that_the_rows_confirm(file: Path) -> None:
    write(file, "id;name;phone, mobile\n1;a;2\n3;b;4\n")
    assert cells(file) == [(2, "1", "a", "2"), (3, "3", "b", "4")]


def test_a_quoted_header_does_not_count_for_the_delimiter(file: Path) -> None:
    assert cells(write(file, '"a,b,c,d";e\n1;2\n')) == [(2, "1", "2")]


def test_a_single_column_needs_no_delimiter(file: Path) -> None:
    assert cells(write(file, "phone\n+1\n\n+2;+3\n")) == [(2, "+1"), (3, None), (4, "+2;+3")]


def test_a_stray_quote_inside_a_cell_is_text(file: Path) -> None:
    write(file, 'phone,note\n1,5" pipe\n2,6" pipe\n3,"Bob" Smith\n')
    assert cells(file) == [(2, "1", '5" pipe'), (3, "2", '6" pipe'), (4, "3", "Bob Smith")]


def test_a_space_before_a_quote_does_not_break_the_cell(file: Path) -> None:
    assert cells(write(file, 'phone, "name"\n1, "Berg, Anna"\n')) == [(2, "1", "Berg, Anna")]


def test_doubled_line_ends_of_a_careless_export_are_blank_rows(file: Path) -> None:
    write(file, b"phone,name\r\r\n1,a\r\r\n2,b\r\r\n")
    assert cells(file) == [(2, None, None), (3, "1", "a"), (4, None, None), (5, "2", "b")]


def test_headers_like_our_own_columns_do_not_collide(file: Path) -> None:
    write(file, "_row,_file,phone\n1,x,2\n")
    assert read(file) == [{"_file": "list.csv", "_row": 2, "row": "1", "file": "x", "phone": "2"}]


def test_columns_without_a_header_are_kept_by_number(file: Path) -> None:
    write(file, "phone,,\n1,x,\n")
    assert read(file) == [
        {"_file": "list.csv", "_row": 2, "phone": "1", "column_2": "x", "column_3": None}
    ]


def test_the_headers_are_kept_as_the_file_prints_them(file: Path) -> None:
    with open_list([write(file, "\ufeffPhone No. , Vorname\n1,2\n")]) as lst:
        assert lst.headers == {"phone_no": "Phone No.", "vorname": "Vorname"}


def test_several_files_are_one_list_in_their_order(tmp_path: Path) -> None:
    many = "".join(f"{n},x\n" for n in range(50_000))
    first = write(tmp_path / "b.csv", f"phone,name\n{many}")
    second = write(tmp_path / "a.csv", "Name ;City\nBert;Bonn\n", "utf-16")
    third = tmp_path / "c.parquet"
    pl.DataFrame({"PHONE": [7.0]}).write_parquet(third)
    with open_list([first, second, third]) as lst:
        rows = rows_of(lst)
        assert lst.frame.collect_schema() == {
            "_file": pl.String,
            "_row": pl.UInt32,
            "phone": pl.String,
            "name": pl.String,
            "city": pl.String,
        }
    assert [row["phone"] for row in rows[:50_000]] == [str(n) for n in range(50_000)]
    assert [tuple(row.values()) for row in rows[50_000:]] == [
        ("a.csv", 2, None, "Bert", "Bonn"),
        ("c.parquet", 1, "7", None, None),
    ]


def test_files_of_the_same_name_are_told_apart_by_their_paths(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
    files = [write(tmp_path / folder / "list.csv", "phone\n1\n") for folder in ("a", "b")]
    assert [row["_file"] for row in read(*files)] == [str(file) for file in files]


def test_the_fingerprint_knows_bytes_and_order(tmp_path: Path) -> None:
    a, b = (write(tmp_path / f"{n}.csv", f"phone\n{n}\n") for n in (1, 2))
    before = [fingerprint(files) for files in ([a, b], [b, a], [a], [b])]
    assert len(set(before)) == 4
    write(a, "phone\n1\n\n")
    assert [fingerprint(files) for files in ([a, b], [b])] == [
        fingerprint([a, b]),
        before[3],
    ]
    assert fingerprint([a]) != before[2]


def test_the_fingerprint_needs_no_reading(tmp_path: Path) -> None:
    files = [
        write(tmp_path / "a.csv", "phone\n1\n", "utf-8-sig"),
        write(tmp_path / "b.csv", "phone\n1\n", "utf-16"),
        tmp_path / "c.parquet",
    ]
    pl.DataFrame({"phone": ["1"]}).write_parquet(files[2])
    with open_list(files) as lst:
        assert fingerprint(files) == lst.fingerprint
    with pytest.raises(InvalidInput, match="cannot be read: No such file"):
        fingerprint([*files, tmp_path / "d.csv"])


def test_a_list_that_needs_no_rows_may_be_a_header_only(file: Path) -> None:
    with open_list([write(file, "phone,name\n")], rows_required=False) as lst:
        assert lst.frame.collect().shape == (0, 4)
        assert list(lst.headers) == ["phone", "name"]


def test_a_list_that_needs_no_rows_may_be_one_column_without_a_header(file: Path) -> None:
    write(file, "+4917139200123\n+31612345678\n")
    with open_list([file], rows_required=False) as lst:
        assert list(lst.headers.values()) == ["+4917139200123"]
        assert lst.frame.collect().height == 1


def test_several_columns_always_need_a_header(file: Path) -> None:
    write(file, "+4917139200123,Anna\n+31612345678,Bert\n")
    with (
        pytest.raises(InvalidInput, match="looks like a recipient"),
        open_list([file], rows_required=False),
    ):
        pass


def test_temporary_files_live_in_the_work_directory_and_go_with_the_context(
    tmp_path: Path, file: Path
) -> None:
    workdir = tmp_path / "work"
    workdir.mkdir()
    with open_list([write(file, 'phone,note\n1,5" x\n')], workdir=workdir) as lst:
        file.unlink()
        assert [path.name for path in workdir.rglob("*.*")] == ["0.parquet"]
        assert lst.frame.collect().height == 1
    assert list(workdir.iterdir()) == []


def test_a_work_directory_that_cannot_be_written_is_no_fault_of_the_list(
    tmp_path: Path, file: Path
) -> None:
    write(file, "phone\n1\n")
    with (
        pytest.raises(OutputError, match="cannot write"),
        open_list([file], workdir=tmp_path / "missing"),
    ):
        pass


def test_a_full_disk_is_no_fault_of_the_list(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pl.LazyFrame, "sink_parquet", full)
    with (
        pytest.raises(OutputError, match="No space left"),
        open_list([write(file, "phone\n1\n")]),
    ):
        pass


def test_no_file_at_all_is_refused() -> None:
    with pytest.raises(InvalidInput, match="there is no recipient list"), open_list([]):
        pass


def test_patterns_are_expanded_in_order_and_a_file_is_read_once(tmp_path: Path) -> None:
    for name in ("b.csv", "a.csv", "c.csv", "list[1].csv"):
        write(tmp_path / name, "x")
    (tmp_path / "d.csv").mkdir()
    (tmp_path / "link.txt").symlink_to(tmp_path / "a.csv")
    names = ["c.csv", "list[1].csv", "*.csv", "link.txt", "./c.csv", str(tmp_path / "b.csv")]
    assert [path.name for path in expand(names, tmp_path)] == [
        "c.csv",
        "list[1].csv",
        "a.csv",
        "b.csv",
    ]


def test_a_pattern_may_reach_into_folders(tmp_path: Path) -> None:
    (tmp_path / "x" / "y").mkdir(parents=True)
    write(tmp_path / "x" / "y" / "a.csv", "x")
    assert expand(["**/*.csv"], tmp_path) == [tmp_path / "x" / "y" / "a.csv"]


def test_every_pattern_without_a_match_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput) as caught:
        expand(["*.csv", "list.csv"], tmp_path)
    assert [problem.message for problem in caught.value.problems] == [
        "no file matches *.csv",
        "there is no file list.csv",
    ]


def test_a_file_that_changes_while_it_is_read_is_refused(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(file, "phone\n1\n")
    sink = pl.LazyFrame.sink_parquet

    def meanwhile(*args: object, **options: object) -> object:
        result = sink(*args, **options)  # type: ignore[arg-type] - passed on
        os.utime(file, ns=(1, 1))
        return result

    monkeypatch.setattr(pl.LazyFrame, "sink_parquet", meanwhile)
    with pytest.raises(InvalidInput, match="changed while it was read"), open_list([file]):
        pass


def test_a_big_file_with_quotes_everywhere_is_read_whole(file: Path) -> None:
    rows = "".join(f'{n},"a\n""{n}"", b"\n' for n in range(400_000))
    write(file, f"phone,note\n{rows}")
    with open_list([file]) as lst:
        frame = lst.frame.collect(engine="streaming")
    assert frame.height == 400_000
    assert frame["_row"].to_list() == list(range(2, 400_002))
    assert frame["note"].to_list() == [f'a\n"{n}", b' for n in range(400_000)]
