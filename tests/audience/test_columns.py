"""The definition's names find their headers, or a person is told which ones there are."""

from __future__ import annotations

from pathlib import Path

import pytest

from campaign.audience.columns import map_columns, require
from campaign.audience.headers import name_columns, normalise_header
from campaign.audience.reading import open_list
from campaign.errors import InvalidInput

from .lists import rows_of, write


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return write(tmp_path / "list.csv", "Mobile No.,First Name,name\n1,Anna,x\n")


def test_a_header_is_found_in_any_spelling_and_keeps_its_own_name(file: Path) -> None:
    with open_list([file]) as lst:
        mapped = map_columns(lst, {"phone": "mobile no", "key": "MOBILE_NO"})
        row = rows_of(mapped)[0]
        assert (row["phone"], row["key"], row["mobile_no"]) == ("1", "1", "1")
        assert mapped.headers["phone"] == "Mobile No."


def test_a_mapping_wins_over_a_column_with_our_name(file: Path) -> None:
    with open_list([file]) as lst:
        mapped = map_columns(lst, {"name": "First Name", "first_name": "name"})
        row = rows_of(mapped)[0]
        assert (row["name"], row["first_name"]) == ("Anna", "x")


def test_every_unknown_header_is_named_with_a_suggestion(file: Path) -> None:
    with open_list([file]) as lst, pytest.raises(InvalidInput) as caught:
        map_columns(lst, {"phone": "Mobil No", "city": "Town"})
    messages = [str(problem).replace(str(file), "list.csv") for problem in caught.value.problems]
    assert messages == [
        (
            'list.csv: the list has no column "Mobil No", which "phone" is to be read from\n'
            "        = Did you mean Mobile No.? It has: Mobile No., First Name, name."
        ),
        (
            'list.csv: the list has no column "Town", which "city" is to be read from\n'
            "        = It has: Mobile No., First Name, name."
        ),
    ]


def test_a_name_of_ours_cannot_begin_with_an_underscore(file: Path) -> None:
    with open_list([file]) as lst, pytest.raises(InvalidInput, match="cannot be called"):
        map_columns(lst, {"_row": "name"})


@pytest.mark.parametrize("name", ["first_name", "First Name", "name"])
def test_a_required_column_that_one_file_lacks_is_named_with_the_file(
    tmp_path: Path, file: Path, name: str
) -> None:
    other = write(tmp_path / "south.csv", "Mobile No.,Fist Name\n2,Bert\n")
    with open_list([file, other]) as lst:
        mapped = map_columns(lst, {"name": "First Name"})
        require(mapped, "mobile_no", wanted_for="the address")
        with pytest.raises(InvalidInput) as caught:
            require(mapped, name, wanted_for="the message")
    (problem,) = caught.value.problems
    assert problem.file == other
    assert problem.message == (
        'south.csv has no column "First Name", wanted for the message, though other files of the '
        "list do"
    )


def test_a_name_of_ours_does_not_lack_what_the_lists_own_column_of_that_name_lacks(
    tmp_path: Path, file: Path
) -> None:
    other = write(tmp_path / "south.csv", "Mobile No.,First Name\n2,Bert\n")
    with open_list([file, other]) as lst:
        require(map_columns(lst, {"name": "First Name"}), "name", wanted_for="the message")
        with pytest.raises(InvalidInput, match="has no column"):
            require(lst, "name", wanted_for="the message")


def test_a_required_column_is_there_in_any_spelling(file: Path) -> None:
    with open_list([file]) as lst:
        for name in ("first_name", "First Name", " FIRST-NAME "):
            require(lst, name, wanted_for="the greeting")
        with pytest.raises(InvalidInput) as caught:
            require(lst, "frist_name", wanted_for="the greeting")
    assert str(caught.value).replace(str(file), "list.csv") == (
        'list.csv: the list has no column "frist_name", wanted for the greeting\n'
        "        = Did you mean First Name? It has: Mobile No., First Name, name."
    )


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ("First Name ", "first_name"),
        ("\ufeffPhone", "phone"),
        ("Telefon-Nr.", "telefon_nr"),
        ("phone (mobile)", "phone_mobile"),
        ("E-Mail", "e_mail"),
        ("2nd phone", "_2nd_phone"),
        ("STRASSE", "strasse"),
        ("Straße", "straße"),
        ("Pre\u0301nom", "prénom"),
        ("नाम", "नाम"),
        ("名前", "名前"),
        ("_row", "row"),
        ("_file", "file"),
        ("__Address__", "address"),
        ("first\nname", "first_name"),
        ("#", ""),
        (" ", ""),
    ],
)
def test_a_header_becomes_a_name(header: str, name: str) -> None:
    assert normalise_header(header) == name


@pytest.mark.parametrize("header", ["First Name ", "2nd", "नाम", "İstanbul", "Pre\u0301nom"])
def test_normalising_twice_changes_nothing(header: str) -> None:
    once = normalise_header(header)
    assert normalise_header(once) == once


def test_a_column_without_a_name_is_numbered_and_collides_with_nobody() -> None:
    names, problems = name_columns(["a", "", "column_2", ""], Path("x"), 1)
    assert names == ["a", "column_2_unnamed", "column_2", "column_4"]
    assert problems == []
