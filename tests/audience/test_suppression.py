from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from campaign.audience.addresses import AddressKind
from campaign.audience.suppression import read_suppressed
from campaign.errors import InvalidInput

ANA, BO, CEM = "+491713920000", "+12025550110", "+33612345678"


def _read(
    tmp_path: Path,
    *texts: str,
    kind: AddressKind = "number",
    column: str = "phone",
    region: str | None = None,
    country: str | None = None,
) -> list[str]:
    files = []
    for number, text in enumerate(texts):
        files.append(tmp_path / f"{number}.csv")
        files[-1].write_text(text, encoding="utf-8")
    return read_suppressed(
        files, kind=kind, column=column, default_region=region, country=country
    ).to_list()


def _refusal(tmp_path: Path, text: str, **settings: object) -> list[str]:
    with pytest.raises(InvalidInput) as caught:
        _read(tmp_path, text, **settings)  # type: ignore[arg-type]
    return [f"{problem.line}: {problem.message}" for problem in caught.value.problems]


@pytest.mark.parametrize(
    ("text", "people"),
    [
        (f"Phone,Since\n{ANA},2020\n{BO},2021\n", [BO, ANA]),
        (f"since;PHONE\n2020;{ANA}\n", [ANA]),
        (f"Opted out\n{ANA}\n", [ANA]),  # the only column, whatever it is called
        (f"{ANA}\n{BO}\n", [BO, ANA]),  # no header at all
        (f"{ANA}\n", [ANA]),
        ("+49 171 392-0000\n", [ANA]),
        (f"{ANA}\n+49 171 3920000\n0049 171 3920000\n", [ANA]),
        ("Phone\n", []),  # nobody yet
        ("Phone,Since\n", []),
        (f"Phone,Note\n,lost\n{ANA},\n\n", [ANA]),
    ],
)
def test_a_list_says_who_is_on_it(tmp_path: Path, text: str, people: list[str]) -> None:
    assert _read(tmp_path, text) == people


@pytest.mark.parametrize(
    "entry",
    [
        "12345+",
        "+49 1",
        "4.91714E+11",
        "491713920000.0",
        f"{ANA}; {BO}",
        "0171 3920000",
        "ask Ana",
        "+49 171 3920000 ext 5",
    ],
)
def test_an_entry_that_may_be_somebody_stops_everything(tmp_path: Path, entry: str) -> None:
    (told,) = _refusal(tmp_path, f"Phone\n{ANA}\n{entry}\n")
    assert told.startswith(f"3: '{entry}' on the suppression list cannot be read: ")


@pytest.mark.parametrize("first", ["0171 3920000", "4.91714E+11", "+491713920000a"])
def test_a_first_line_that_may_be_somebody_is_not_taken_for_a_header(
    tmp_path: Path, first: str
) -> None:
    told = _refusal(tmp_path, f"{first}\n{ANA}\n")
    assert told[0].startswith(f"1: '{first}' on the suppression list cannot be read: ")


@pytest.mark.parametrize("header", ["Phone 2", "Liste 2024", "Téléphone", "opt-outs (EU)"])
def test_a_header_is_no_entry(tmp_path: Path, header: str) -> None:
    assert _read(tmp_path, f"{header}\n{ANA}\n") == [ANA]


def test_many_unclear_entries_are_told_in_short(tmp_path: Path) -> None:
    told = _refusal(tmp_path, "Phone\n" + "nobody knows\n" * 25)
    assert len(told) == 21
    assert told[-1] == "None: and 5 more lines like these"


def test_a_list_of_several_columns_needs_the_one_with_the_address(tmp_path: Path) -> None:
    assert _refusal(tmp_path, f"Name,Mobile\nAna,{ANA}\n") == [
        "1: the suppression list has no column 'phone'"
    ]


def test_all_lists_count_and_everybody_once(tmp_path: Path) -> None:
    assert _read(tmp_path, f"{ANA}\n", f"Phone\n{BO}\n{ANA}\n", "Phone\n") == [BO, ANA]


def test_without_a_list_nobody_is_suppressed() -> None:
    found = read_suppressed([], kind="number", column="phone", default_region=None)
    assert found.dtype == pl.String
    assert found.is_empty()


@pytest.mark.parametrize("column", ["_phone", "_id", "Phone Number", "2nd phone"])
def test_the_column_may_be_called_anything(tmp_path: Path, column: str) -> None:
    assert _read(tmp_path, f"{column},x\n{ANA},1\n", column=column) == [ANA]
    assert _read(tmp_path, f"{column}\n{ANA}\n", column=column) == [ANA]


def test_e_mail_addresses_are_the_same_in_any_case(tmp_path: Path) -> None:
    found = _read(tmp_path, "Ana@Example.ORG\nana@example.org\n", kind="email", column="email")
    assert found == ["ana@example.org"]


@pytest.mark.parametrize("entry", ["ana@", "a@example.org, b@example.org", "ana at example.org"])
def test_an_e_mail_entry_that_cannot_be_read_stops_everything(tmp_path: Path, entry: str) -> None:
    (told,) = _refusal(tmp_path, f'email\n"{entry}"\n', kind="email", column="email")
    assert told.startswith("2: ")


def test_a_damaged_e_mail_address_in_the_first_line_is_no_header(tmp_path: Path) -> None:
    told = _refusal(tmp_path, "ana@example\nbo@example.org\n", kind="email", column="email")
    assert told[0].startswith("1: 'ana@example'")
    assert _read(tmp_path, "Opt-outs\nbo@example.org\n", kind="email", column="email") == [
        "bo@example.org"
    ]


def test_user_ids_are_taken_as_they_are(tmp_path: Path) -> None:
    found = _read(tmp_path, "user_id\nAna\nana\n", kind="user_id", column="user_id")
    assert found == ["Ana", "ana"]


def test_national_numbers_are_read_in_the_definitions_region(tmp_path: Path) -> None:
    assert _read(tmp_path, "Phone\n0171 3920000\n", region="DE") == [ANA]
    assert _read(tmp_path, "0171 3920000\n", region="DE") == [ANA]


def test_national_numbers_of_several_countries_need_the_column_with_the_country(
    tmp_path: Path,
) -> None:
    text = "Phone,Country\n06 12 34 56 78,FR\n0171 3920000,\n"
    assert _read(tmp_path, text, region="DE", country="Country") == [CEM, ANA]


def test_without_that_column_a_national_number_may_be_anybody_and_stops_everything(
    tmp_path: Path,
) -> None:
    # Read in the default region it would be nobody, or somebody else who never asked for it.
    told = _refusal(tmp_path, "Phone\n06 12 34 56 78\n", region="DE", country="Country")
    assert "The number has no country" in told[0]
    assert _read(tmp_path, f"Phone\n{ANA}\n", region="DE", country="Country") == [ANA]


def test_a_country_that_cannot_be_read_stops_everything(tmp_path: Path) -> None:
    text = "Phone,Country\n06 12 34 56 78,France\n"
    (told,) = _refusal(tmp_path, text, country="Country")
    assert told.startswith("2: ")
