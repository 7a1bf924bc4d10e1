"""A list that cannot be read exactly is refused, and a person is told where and what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from campaign.audience.reading import open_list
from campaign.errors import InvalidInput

from .lists import refusal, write

SAVE_AGAIN = '\n        = Save it again as "CSV UTF-8 (comma delimited)".'
EXPORT = '\n        = Open it in the spreadsheet and export it as "CSV UTF-8".'
CLOSE_IT = '\n        = Close it, or write two quotes ("") for one that belongs to the text.'
NAMES_ON_TOP = "\n        = The first row names the columns."
DAMAGED = '\n        = The file is damaged or not text; export it again as "CSV UTF-8".'

ONE_PROBLEM = {
    "a row with too many cells": (
        b"phone,name\n1,a\n2,b,c\n",
        "list.csv:3: row 3 has 3 cells but the header has 2; is there an unquoted comma?",
    ),
    "too many cells in a semicolon file with a sep line": (
        b"sep=;\nphone;name\n1;a;b\n",
        "list.csv:3: row 3 has 3 cells but the header has 2; is there an unquoted semicolon?",
    ),
    "too many cells below a quoted newline": (
        b'phone,name\n1,"a\n\nb"\n2,b,c\n',
        "list.csv:3: row 3 has 3 cells but the header has 2; is there an unquoted comma?",
    ),
    "too many cells in a single column": (
        b"phone\n+1,Anna\n",
        "list.csv:2: row 2 has 2 cells but the header has 1; is there an unquoted comma?",
    ),
    "a quote that is never closed": (
        b'phone,name\n1,"a\n2,b\n',
        "list.csv:2: row 2 opens a quote that is never closed" + CLOSE_IT,
    ),
    "a quote that is never closed at the end": (
        b'phone,name\n1,a\n2,"b',
        "list.csv:3: row 3 opens a quote that is never closed" + CLOSE_IT,
    ),
    "a quote that is never closed in a long file": (
        b'phone,name\n1,"a\n' + b"2,b\n" * 100_000,
        "list.csv:2: row 2 opens a quote that is never closed" + CLOSE_IT,
    ),
    "a quote that is never closed in the header of a long file": (
        b'phone,"name\n' + b"2,b\n" * 100_000,
        (
            "list.csv: the header row does not end; is a quote never closed?\n"
            '        = Look for a single " in the first rows.'
        ),
    ),
    "two stray quotes that swallow the rows between them": (
        b'phone,name\n1,"Anna\n2,Bert\n3,"Cleo\n4,Dora\n',
        (
            "list.csv:2: row 2 goes on over 3 lines because of a stray quote\n"
            '        = Write two quotes ("") for one that belongs to the text.'
        ),
    ),
    "a name in quotes within quotes": (
        b'phone,name\n1,Anna\n2,"Umar "X" Yilmaz"\n',
        (
            "list.csv:3: row 3 has a stray quote in a cell that stands between quotes\n"
            '        = Write two quotes ("") for one that belongs to the text.'
        ),
    ),
    "a stray quote that swallows the next cell": (
        b'phone,name,note\n1,"Kim,said ""hi"" and "left"\n2,Umar,x\n',
        (
            "list.csv:2: row 2 has a stray quote in a cell that stands between quotes\n"
            '        = Write two quotes ("") for one that belongs to the text.'
        ),
    ),
    "a NUL byte": (
        b"phone,name\n1,a\x00\n",
        "list.csv:2: row 2 contains a NUL byte" + DAMAGED,
    ),
    "a NUL byte at the very end": (
        b"phone,name\n1,a\x00",
        "list.csv:2: row 2 contains a NUL byte" + DAMAGED,
    ),
    "an empty file": (b"", "list.csv: is empty" + NAMES_ON_TOP),
    "only a byte order mark": (b"\xef\xbb\xbf", "list.csv: is empty" + NAMES_ON_TOP),
    "only blank lines": (b"\n\n,,\n", "list.csv: is empty" + NAMES_ON_TOP),
    "a header only": (
        b"phone,name\n",
        "list.csv: has a header but no rows\n        = One row for each recipient.",
    ),
    "a header and blank lines": (
        b"phone,name\n\n\n",
        "list.csv: has a header but no rows\n        = One row for each recipient.",
    ),
    "an Excel workbook": (
        b"PK\x03\x04rest",
        "list.csv: is a spreadsheet workbook or a ZIP archive, not a CSV file" + EXPORT,
    ),
    "an old Excel workbook": (
        b"\xd0\xcf\x11\xe0rest",
        "list.csv: is an old Excel workbook, not a CSV file" + EXPORT,
    ),
    "a gzip file": (b"\x1f\x8brest", "list.csv: is compressed\n        = Unpack it first."),
    "a web page called a spreadsheet": (
        b"\n<html><table><tr>",
        (
            "list.csv: is a web page or XML, not a CSV file\n"
            '        = Open it in a spreadsheet and export it as "CSV UTF-8".'
        ),
    ),
    "two headers with one name": (
        b"First Name,first-name\n1,2\n",
        (
            'list.csv:1: two columns have the same name "first_name": '
            '"First Name" and "first-name"\n'
            "        = Rename one of them; upper case, spaces and punctuation do not count."
        ),
    ),
    "a header row without any letter": (
        b"#,-\n1,2\n",
        (
            "list.csv:1: the header row has no column names\n"
            "        = Give every column a name in the first row, for example: phone,first_name"
        ),
    ),
    "no header at all": (
        b"+4917139200123,Anna\n+31612345678,Bert\n",
        (
            "list.csv:1: the first row looks like a recipient, not like a header\n"
            "        = Add a row with the columns' names on top; otherwise this person is left out."
        ),
    ),
    "no header above e-mail addresses": (
        b"anna@example.com\nbert@example.com\n",
        (
            "list.csv:1: the first row looks like a recipient, not like a header\n"
            "        = Add a row with the columns' names on top; otherwise this person is left out."
        ),
    ),
    "two delimiters that fit equally well": (
        b"name;phone, mobile\nAnna;1, 5\n",
        (
            "list.csv: cannot tell what separates the cells: comma and semicolon fit equally well\n"
            "        = Write sep=, or sep=; as the first line of the file."
        ),
    ),
    "commas above semicolons": (
        b"phone,name\n1;Anna\n2;Bert\n",
        (
            "list.csv: the header has commas between the cells but the rows have semicolons\n"
            "        = Use semicolons in the header too."
        ),
    ),
    "an unknown sep line": (
        b"sep=#\nphone#name\n1#a\n",
        (
            'list.csv:1: the first line asks for "#" between the cells\n'
            "        = Use one of: comma, semicolon, tab, pipe."
        ),
    ),
    "two encodings in one file": (
        "phone,name\n1,é\n2,ü\n".encode() + b"3,\xfc\n",
        "list.csv:4: mixes UTF-8 with another encoding: the first byte that does not fit is in "
        "line 4" + SAVE_AGAIN,
    ),
    "neither UTF-8 nor Windows-1252": (
        b"phone,name\n1,\xfc\n2,\x81\n",
        "list.csv:3: is neither UTF-8 nor Windows-1252 (first doubtful byte in line 3)"
        + SAVE_AGAIN,
    ),
    "a byte order mark that lies": (
        b"\xef\xbb\xbfphone,name\n1,\xfc\n",
        "list.csv:2: begins like UTF-8 but is not: the first byte that does not fit is in line 2"
        + SAVE_AGAIN,
    ),
    "half a character of UTF-16": (
        "\ufeffphone,name\n1,a\n".encode("utf-16-le") + b"x",
        "list.csv: is not valid UTF-16 somewhere after row 2" + SAVE_AGAIN,
    ),
    "an impossible character in the header of UTF-16": (
        b"\xff\xfe\x00\xd8\x41\x00",
        "list.csv: begins like UTF-16 but is not" + SAVE_AGAIN,
    ),
    "UTF-16 without its mark": (
        "phone,name\n1,a\n".encode("utf-16-le"),
        "list.csv: is UTF-16 without its byte order mark, or not text" + SAVE_AGAIN,
    ),
}


@pytest.mark.parametrize(("content", "message"), ONE_PROBLEM.values(), ids=list(ONE_PROBLEM))
def test_it_is_refused_with_the_place_and_the_cure(
    tmp_path: Path, content: bytes, message: str
) -> None:
    assert refusal(write(tmp_path / "list.csv", content)) == [message]


def test_twenty_wrong_rows_are_named_and_the_others_counted(tmp_path: Path) -> None:
    rows = "".join(f"{n},a,b\n" for n in range(23))
    messages = refusal(write(tmp_path / "list.csv", f"phone,name\n1,a\n{rows}"))
    assert messages == [
        *(
            f"list.csv:{n}: row {n} has 3 cells but the header has 2; is there an unquoted comma?"
            for n in range(3, 23)
        ),
        "list.csv: and 3 more",
    ]


def test_the_problems_of_all_files_come_together(tmp_path: Path) -> None:
    first = write(tmp_path / "a.csv", "phone\n")
    good = write(tmp_path / "b.csv", "phone\n1\n")
    second = write(tmp_path / "c.csv", "")
    with pytest.raises(InvalidInput) as caught, open_list([first, good, second]):
        pass
    assert [problem.file for problem in caught.value.problems] == [first, second]


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    assert refusal(tmp_path / "list.csv") == ["list.csv: cannot be read: No such file or directory"]


def test_a_directory_is_no_list(tmp_path: Path) -> None:
    (tmp_path / "list.csv").mkdir()
    assert refusal(tmp_path / "list.csv") == ["list.csv: is not a regular file"]


def test_a_file_without_permission_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path / "list.csv", "phone\n1\n")
    opened = Path.open

    def guarded(self: Path, *args: object, **options: object) -> object:
        if self == path:
            raise PermissionError(13, "Permission denied", str(self))
        return opened(self, *args, **options)  # type: ignore[call-overload] - passed on

    monkeypatch.setattr(Path, "open", guarded)
    assert refusal(path) == ["list.csv: cannot be read: Permission denied"]
