"""Files as people really hand them over: what each is refused with, or what is made of it.

The files are in ``tests/data``, byte for byte.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from campaign.plan import making
from tests.plan.planned import ANA, BO, HEADER, SMS, csv_text, plan_of

from .lists import refusal, write

DATA = Path(__file__).parent.parent / "data"

SAVE_AGAIN = '\n        = Save it again as "CSV UTF-8 (comma delimited)".'
EXPORT = '\n        = Open it in the spreadsheet and export it as "CSV UTF-8".'
NAMES_ON_TOP = "\n        = The first row names the columns."
DAMAGED = '\n        = The file is damaged or not text; export it again as "CSV UTF-8".'
INCOMPLETE = "\n        = It may have been copied while it was written; export it again."
AS_TEXT = "\n        = Leave it out, or write it as text."

REFUSED: dict[str, list[str]] = {
    "workbook.xlsx": [
        f": is a spreadsheet workbook or a ZIP archive, not a CSV file{EXPORT}",
    ],
    "workbook-97.xls": [f": is an old Excel workbook, not a CSV file{EXPORT}"],
    "web-page.xls": [
        (
            ": is a web page or XML, not a CSV file\n"
            '        = Open it in a spreadsheet and export it as "CSV UTF-8".'
        ),
    ],
    "printed.pdf": [f": is a PDF, not a CSV file{EXPORT}"],
    "list.csv.gz": [": is compressed\n        = Unpack it first."],
    "empty.csv": [f": is empty{NAMES_ON_TOP}"],
    "mark-only.csv": [f": is empty{NAMES_ON_TOP}"],
    "blank-lines.csv": [f": is empty{NAMES_ON_TOP}"],
    "header-only.csv": [": has a header but no rows\n        = One row for each recipient."],
    "no-header.csv": [
        (
            ":1: the first row looks like a recipient, not like a header\n"
            "        = Add a row with the columns' names on top; otherwise this person is left out."
        ),
    ],
    "nameless-header.csv": [
        (
            ":1: the header row has no column names\n"
            "        = Give every column a name in the first row, for example: phone,first_name"
        ),
    ],
    "duplicate-headers.csv": [
        (
            ':1: two columns have the same name "phone": "Phone" and "phone"\n'
            "        = Rename one of them; upper case, spaces and punctuation do not count."
        ),
    ],
    "ragged-rows.csv": [
        ":2: row 2 has 3 cells but the header has 2; is there an unquoted comma?",
        ":4: row 4 has 4 cells but the header has 2; is there an unquoted comma?",
    ],
    "unterminated-quote.csv": [
        (
            ":3: row 3 opens a quote that is never closed\n"
            '        = Close it, or write two quotes ("") for one that belongs to the text.'
        ),
    ],
    "stray-quotes.csv": [
        (
            ":2: row 2 goes on over 3 lines because of a stray quote\n"
            '        = Write two quotes ("") for one that belongs to the text.'
        ),
    ],
    "nul-bytes.csv": [
        f":3: row 3 contains a NUL byte{DAMAGED}",
        f":4: row 4 contains a NUL byte{DAMAGED}",
    ],
    "two-delimiters.csv": [
        (
            ": cannot tell what separates the cells: comma and semicolon fit equally well\n"
            "        = Write sep=, or sep=; as the first line of the file."
        ),
    ],
    "commas-over-semicolons.csv": [
        (
            ": the header has commas between the cells but the rows have semicolons\n"
            "        = Use semicolons in the header too."
        ),
    ],
    "unknown-sep-line.csv": [
        (
            ':1: the first line asks for "#" between the cells\n'
            "        = Use one of: comma, semicolon, tab, pipe."
        ),
    ],
    "mixed-encodings.csv": [
        (
            ":4: mixes UTF-8 with another encoding: the first byte that does not fit is in line 4"
            f"{SAVE_AGAIN}"
        ),
    ],
    "neither-utf8-nor-western.csv": [
        f":3: is neither UTF-8 nor Windows-1252 (first doubtful byte in line 3){SAVE_AGAIN}",
    ],
    "false-mark.csv": [
        (
            ":2: begins like UTF-8 but is not: the first byte that does not fit is in line 2"
            f"{SAVE_AGAIN}"
        ),
    ],
    "utf16-without-mark.csv": [
        f": is UTF-16 without its byte order mark, or not text{SAVE_AGAIN}",
    ],
    "utf16-cut-off.txt": [f": is not valid UTF-16 somewhere after row 3{SAVE_AGAIN}"],
    "truncated.parquet": [f": is not a complete Parquet file{INCOMPLETE}"],
    "not-parquet.parquet": [f": is not a complete Parquet file{INCOMPLETE}"],
    "header-only.parquet": [": has columns but no rows"],
    "nested.parquet": [
        f': column "Tags" holds lists, not text or numbers{AS_TEXT}',
        f': column "Address" holds records, not text or numbers{AS_TEXT}',
        f': column "Photo" holds raw bytes, not text or numbers{AS_TEXT}',
    ],
}

CEM = "+46701740605"
_WESTERN = [(ANA, "Zoë"), (BO, "Lukasz"), (CEM, "Müller, Ana")]
_ANY = [(ANA, "Zoë"), (BO, "Łukasz"), (CEM, "Müller, Ana")]

READ: dict[str, tuple[str, list[tuple[str, str] | str]]] = {
    "excel-csv-utf8.csv": ("", [*_ANY]),
    "excel-csv-utf8-german.csv": ("", [*_ANY]),
    "excel-unicode-text.txt": ("", [*_ANY]),
    "unicode-big-endian.txt": ("", [*_ANY]),
    "pipes.csv": ("", [*_ANY]),
    "excel-csv-western.csv": ("", [*_WESTERN]),
    "excel-sep-line.csv": ("", [*_WESTERN]),
    "excel-msdos.csv": ("", [*_WESTERN]),
    "short-rows.csv": ("", ["missing_variable", (BO, "Bo")]),
    "excel-error-cells.csv": ("", [*["spreadsheet_error"] * 3, (CEM, "Null")]),
    "pandas-floats.csv": (
        "digits_are_international: yes",
        [(ANA, "Ana"), "missing_address", (BO, "Cem")],
    ),
    "pandas-floats.parquet": (
        "digits_are_international: yes",
        [(ANA, "Ana"), "missing_address", (BO, "Cem")],
    ),
    "whole-numbers.parquet": ("digits_are_international: yes", [(ANA, "Ana"), (BO, "Bo")]),
    # 31612345 is not a number that such a column can hold, and 31612344 is somebody else.
    "single-precision.parquet": ("default_region: DK", ["excel_scientific"] * 2),
    "damaged-numbers.csv": (
        "default_region: DE",
        [
            ("+491713920000", "a"),
            *("excel_scientific", "ambiguous_number"),
            ("+491713920001", "d"),
            *("number_with_extension", "two_numbers", "number_with_letters"),
            *("number_with_letters", "two_numbers", "number_with_letters"),
            ("+491713920005", "k"),
            "ambiguous_number",
            ("+491713920006", "m"),
            ("+491713920007", "n"),
            *("wrong_number_type", "invalid_number", "missing_address"),
            ("+491713920008", "r"),
            ("+491713920009", "s"),
            "empty_row",
        ],
    ),
}


def test_every_file_of_the_corpus_is_told_about() -> None:
    assert {path.name for path in DATA.iterdir()} == REFUSED.keys() | READ.keys()


@pytest.mark.parametrize(("name", "messages"), REFUSED.items(), ids=list(REFUSED))
def test_a_file_that_cannot_be_read_exactly_is_refused_with_these_words(
    name: str, messages: list[str]
) -> None:
    assert refusal(DATA / name) == [name + message for message in messages]


@pytest.mark.parametrize("name", READ)
def test_a_file_that_can_be_read_gives_each_row_a_message_or_a_reason(
    tmp_path: Path, name: str
) -> None:
    said, expected = READ[name]
    (tmp_path / name).write_bytes((DATA / name).read_bytes())
    plan = plan_of(tmp_path, SMS + f"recipients: {{files: {name}, {said}}}\n")
    rows = plan.rows().select("reason", "address", "message:text").collect().rows()
    found = [reason or (address, text.removeprefix("Hi ")) for reason, address, text in rows]
    assert found == expected


def _wide(columns: int, name: Callable[[int], str]) -> str:
    header = (*HEADER, *map(name, range(columns - 2)))
    return csv_text(header, (ANA, "Ana", *["x"] * (columns - 2)), (BO, "Bo"))


def test_ten_thousand_columns_are_read(tmp_path: Path) -> None:
    write(tmp_path / "wide.csv", _wide(10_000, "Column {}".format))
    plan = plan_of(tmp_path, SMS + "recipients: wide.csv\n")
    found = plan.rows().select("address", "in:column_9997").collect().rows()
    assert found == [(ANA, "x"), (BO, None)]
    assert making.INPUT + "first_name" in plan.columns


def test_two_of_ten_thousand_columns_with_one_name_are_named(tmp_path: Path) -> None:
    wide = _wide(10_000, lambda n: f"Column {n % 9_997}")
    (told,) = refusal(write(tmp_path / "wide.csv", wide))
    assert told.startswith(
        'wide.csv:1: two columns have the same name "column_0": "Column 0" and "Column 0"'
    )


def test_a_header_that_is_longer_than_any_is_refused_as_that(tmp_path: Path) -> None:
    wide = _wide(10_000, "a column with a rather long name {}".format)
    assert refusal(write(tmp_path / "wide.csv", wide)) == [
        (
            "wide.csv: the header row is longer than 256 KiB\n"
            "        = Leave out the columns that the campaign does not need."
        )
    ]
