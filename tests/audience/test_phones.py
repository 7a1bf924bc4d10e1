"""A number is accepted only if it can be read in exactly one way."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import phonenumbers
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campaign.audience.phones import normalise_phones, phone_expression
from campaign.audience.readings import Reading


def read(cell: str | None, region: str | None = None) -> tuple[str | None, str | None]:
    frame = normalise_phones(
        pl.Series([cell], dtype=pl.String), pl.Series([region], dtype=pl.String)
    )
    address, problem = frame.select("address", "problem").row(0)
    return address, problem


@pytest.mark.parametrize(
    ("cell", "region", "number"),
    [
        ("+4917139200123", None, "+4917139200123"),
        ("+12025550123", None, "+12025550123"),
        ("+31612345678", None, "+31612345678"),
        ("447911123456", "GB", "+447911123456"),
        ("00447911123456", "GB", "+447911123456"),
        ("00447911123456", None, "+447911123456"),
        ("00447911123456", "US", "+447911123456"),
        ("011 49 171 39200123", "US", "+4917139200123"),
        ("+44 (0)7911 123456", None, "+447911123456"),
        ("tel:+447911123456", None, "+447911123456"),
        ("\u200e+447911123456", None, "+447911123456"),
        ("＋４４７９１１１２３４５６", None, "+447911123456"),
        ("٠٧٩١١١٢٣٤٥٦", "GB", "+447911123456"),
        ("+525512345678", None, "+525512345678"),
        ("+541123456789", None, "+541123456789"),
        ("+5491123456789", None, "+5491123456789"),
        ("+15005550006", None, "+15005550006"),
        ("+49 30 123456-78", None, "+493012345678"),
        ("+49 (0)30 123456", None, "+4930123456"),
        ("030/123456", "DE", "+4930123456"),
        ("+1 (212) 555-1234", None, "+12125551234"),
        ("212.555.1234", "US", "+12125551234"),
        ("06 12345678", "nl", "+31612345678"),
        ("07911 123456", " gb\u00a0", "+447911123456"),
        ("+39 06 1234567", None, "+39061234567"),
        ("8 912 345-67-89", "RU", "+79123456789"),
        ("0412 345 678", "AU", "+61412345678"),
        ("004917139200123", "DE", "+4917139200123"),
        ("(+49) 171 39200123", None, "+4917139200123"),
        ("+4917139200123", "Germany", "+4917139200123"),
    ],
)
def test_a_number_is_normalised(cell: str, region: str | None, number: str) -> None:
    assert read(cell, region) == (number, None)


@pytest.mark.parametrize(
    ("cell", "region", "problem"),
    [
        (None, "DE", "missing_address"),
        ("\u200b", "DE", "missing_address"),
        ("4915112345678", "DE", "ambiguous_number"),
        ("4917139200123", "DE", "ambiguous_number"),
        ("1 212 555 1234", "GB", "invalid_number"),
        ("2125551234", "GB", "invalid_number"),
        ("49 171 39200123", "GB", "invalid_number"),
        ("447911123456", None, "missing_region"),
        ("07911 123456", None, "missing_region"),
        ("01149 171 39200123", None, "missing_region"),
        ("07911 123456", "UK", "unknown_region"),
        ("07911 123456", "Germany", "unknown_region"),
        ("07911 123456", "GBR", "unknown_region"),
        ("0044 7911 123456", "Germany", "unknown_region"),
        ("07911 123456", "ZZ", "unknown_region"),
        ("07911 123456", "44", "unknown_region"),
        ("+5215512345678", None, "old_whatsapp_form"),
        ("+52 1 55 1234 5678", "DE", "old_whatsapp_form"),
        ("00551187654321", None, "old_whatsapp_form"),
        ("+551187654321", None, "old_whatsapp_form"),
        ("+5215512345678.0", None, "old_whatsapp_form"),
        ("+521551234567.0", None, "invalid_number"),
        ("+5210012345678", None, "invalid_number"),
        ("+447700900123", None, "invalid_number"),
        ("+0049 171 39200123", None, "invalid_number"),
        ("++49 171 39200123", None, "invalid_number"),
        ("+491713920012³", None, "invalid_number"),
        ("+4917139200123 ✓", None, "invalid_number"),
        ("+49*17139200123", None, "invalid_number"),
        ("112", "DE", "invalid_number"),
        ("-", "DE", "invalid_number"),
        ("-", None, "invalid_number"),
        ("+", None, "invalid_number"),
        ("5551234 / 5555678", "US", "invalid_number"),
        ("+447911123456x12", None, "number_with_extension"),
        ("+1-800-FLOWERS", None, "number_with_letters"),
        ("447911123456.5", "GB", "invalid_number"),
        ("12345.0", "GB", "excel_decimal"),
        ("+447400xxxxxx", None, "number_with_letters"),
        ("+447911123456 mobile", None, "number_with_letters"),
        ("+49 30 123456/78", None, "two_numbers"),
        ("+447911123456~12", None, "invalid_number"),
        ("4.47911E+11", "GB", "excel_scientific"),
        ("'4.47911E+11", "GB", "excel_apostrophe"),
        ("'447911123456.0", "GB", "excel_apostrophe"),
        ("+447911123456;+447911123457", None, "two_numbers"),
    ],
)
def test_a_number_that_cannot_be_used_says_why(
    cell: str | None, region: str | None, problem: str
) -> None:
    assert read(cell, region) == (None, problem)


@pytest.mark.parametrize(("cell", "region"), [("00218212345678", "HK"), ("006903101", "TJ")])
def test_a_region_that_reads_00_in_its_own_way_too_is_not_guessed(cell: str, region: str) -> None:
    # Hong Kong dials 002 for abroad, and in Tajikistan numbers begin with 00.
    assert read(cell, None)[0] == "+" + cell[2:]
    assert read(cell, region) == (None, "ambiguous_number")


def test_rows_keep_their_order_whatever_way_they_are_read() -> None:
    raw = pl.Series(["+4917139200123", None, "0171 39200124", "+12025550123", "NA", "+491"])
    answer = normalise_phones(raw, pl.Series(["DE"] * 6))
    assert answer["address"].to_list() == [
        *("+4917139200123", None, "+4917139200124", "+12025550123"),
        *(None, None),
    ]


@pytest.mark.parametrize(
    ("cell", "region", "kind"),
    [
        ("+4917139200123", "DE", "mobile"),
        ("+12025550123", "US", "fixed_line_or_mobile"),
        ("+442079460000", "GB", "fixed_line"),
        ("+80012345678", "001", "toll_free"),
    ],
)
def test_a_number_has_its_country_and_kind(cell: str, region: str, kind: str) -> None:
    answer = normalise_phones(pl.Series([cell]), pl.Series([None], dtype=pl.String))
    assert answer.select("region", "type").row(0) == (region, kind)


def test_an_empty_batch_is_an_empty_answer() -> None:
    empty = pl.Series([], dtype=pl.String)
    names = ("address", "identity", "problem", "region", "type", "warning")
    assert normalise_phones(empty, empty).schema == dict.fromkeys(names, pl.String)


def test_the_expression_runs_in_a_streaming_query() -> None:
    numbers = [f"+4917139{n:06d}" for n in range(5000)]
    frame = pl.LazyFrame({"phone": [*numbers, "07911 123456"]}).select(
        phone_expression("phone", pl.lit("GB")).struct.field("address")
    )
    assert frame.collect(engine="streaming")["address"].to_list() == [*numbers, "+447911123456"]


YES, NO = Reading(digits_are_international="yes"), Reading(digits_are_international="no")
LENIENT = Reading(validity="lenient")


def told(
    cell: str | None, region: str | None, reading: Reading | None = None
) -> tuple[str | None, str | None]:
    """Return the number, or the reason for none, with the warning."""
    frame = normalise_phones(
        pl.Series([cell], dtype=pl.String), pl.Series([region], dtype=pl.String), reading
    )
    address, problem, warning = frame.select("address", "problem", "warning").row(0)
    return address or problem, warning


@pytest.mark.parametrize(
    ("cell", "region", "auto", "yes", "no"),
    [
        ("4915112345678", "DE", "ambiguous_number", "+4915112345678", "+494915112345678"),
        ("4915112345678", None, "missing_region", "+4915112345678", "missing_region"),
        ("447911123456", "GB", "+447911123456", "+447911123456", "+447911123456"),
        ("4917139200123", "GB", "invalid_number", "+4917139200123", "invalid_number"),
        ("447911123456", "Germany", "unknown_region", "+447911123456", "unknown_region"),
        ("2125551234", "US", "+12125551234", "invalid_number", "+12125551234"),
        # A 0 in front begins no country code, whatever the other cells are.
        ("0171 39200123", "DE", *["+4917139200123"] * 3),
        ("0171 39200123", None, *["missing_region"] * 3),
        # What is written with a prefix says by itself what it is.
        ("+4915112345678", "DE", *["+4915112345678"] * 3),
        ("004915112345678", "DE", *["+4915112345678"] * 3),
        ("004915112345678", None, *["+4915112345678"] * 3),
        ("00218212345678", "HK", *["ambiguous_number"] * 3),
    ],
)
def test_digits_without_a_prefix_are_what_the_definition_says(
    cell: str, region: str | None, auto: str, yes: str, no: str
) -> None:
    assert [told(cell, region, way)[0] for way in (None, YES, NO)] == [auto, yes, no]


@pytest.mark.parametrize(
    ("cell", "region", "number"),
    [
        ("+447700900123", None, "+447700900123"),
        ("07700 900123", "GB", "+447700900123"),
        ("0044 7700 900123", "US", "+447700900123"),
        ("+551187654321", None, "+551187654321"),
    ],
)
def test_a_number_that_could_exist_is_taken_only_on_request_and_with_a_warning(
    cell: str, region: str | None, number: str
) -> None:
    assert told(cell, region) in {("invalid_number", None), ("old_whatsapp_form", None)}
    assert told(cell, region, LENIENT) == (number, "number_not_known")


@pytest.mark.parametrize(
    ("cell", "region", "problem"),
    [
        ("+5215512345678", None, "old_whatsapp_form"),
        ("+4417", None, "invalid_number"),
        # Seven digits can be dialled in their own area alone.
        ("5551234", "US", "invalid_number"),
        ("+15551234", None, "invalid_number"),
        ("447911123456", "IT", "ambiguous_number"),
        ("4.47911E+11", "GB", "excel_scientific"),
    ],
)
def test_being_lenient_takes_nothing_that_cannot_be_a_number(
    cell: str, region: str | None, problem: str
) -> None:
    assert told(cell, region, LENIENT) == (problem, None)


@pytest.mark.parametrize(
    ("cell", "region", "number", "warning"),
    [
        ("447911123456.0", "GB", "+447911123456", "repaired_decimal"),
        ("+4917139200123.00", None, "+4917139200123", "repaired_decimal"),
        ("4917139200123,0", "DE", "ambiguous_number", None),
        ("447911123456.0", None, "missing_region", None),
        ("4.47911123456E+11", "GB", "+447911123456", "repaired_scientific"),
        ("+4,917139200123E+12", None, "+4917139200123", "repaired_scientific"),
    ],
)
def test_a_repaired_cell_is_read_like_any_other_and_leaves_a_warning(
    cell: str, region: str | None, number: str, warning: str | None
) -> None:
    assert told(cell, region) == (number, warning)


def test_two_forms_of_a_number_are_one_person_and_keep_their_own_addresses() -> None:
    raw = pl.Series(["+541123456789", "+5491123456789", "+551198765432", "+5511998765432"])
    answer = normalise_phones(raw, pl.Series([None] * 4, dtype=pl.String), LENIENT)
    assert answer["address"].to_list() == raw.to_list()
    assert answer["identity"].n_unique() == 2


_any = st.one_of(
    st.text("0123456789+()-/. ", max_size=18),
    st.text("0123456789", min_size=6, max_size=15),
    st.text(max_size=12),
)


def _ten(*parts: st.SearchStrategy[Any]) -> st.SearchStrategy[list[tuple[Any, ...]]]:
    """Ten cells together: a column is judged as soon as a cell is."""
    return st.lists(st.tuples(*parts), min_size=10, max_size=10)


def read_all(
    cells: Sequence[str], regions: Sequence[str | None], reading: Reading | None = None
) -> list[tuple[str | None, str | None]]:
    """Return the number, or the problem, of each cell of a column."""
    frame = normalise_phones(
        pl.Series(cells, dtype=pl.String), pl.Series(regions, dtype=pl.String), reading
    )
    return frame.select("address", "problem").rows()


@given(_ten(_any, st.sampled_from([None, "DE", "GB", "US", "BR", "xx", ""])))
@settings(max_examples=100, deadline=None)
def test_any_cell_has_either_a_valid_number_or_a_reason(people: list[tuple[Any, ...]]) -> None:
    cells, regions = zip(*people, strict=True)
    found = read_all(cells, regions)
    numbers = [address for address, _ in found if address is not None]
    assert all((address is None) != (problem is None) for address, problem in found)
    assert all(phonenumbers.is_valid_number(phonenumbers.parse(one, None)) for one in numbers)
    again = read_all(numbers, [None] * len(numbers))
    assert again == [(number, None) for number in numbers]


@given(_ten(_any))
@settings(max_examples=100, deadline=None)
def test_no_digit_of_an_accepted_number_is_dropped_except_a_prefix(
    people: list[tuple[Any, ...]],
) -> None:
    cells = [cell for (cell,) in people]
    for cell, (address, problem) in zip(cells, read_all(cells, [None] * 10), strict=True):
        national = str(phonenumbers.parse(address, None).national_number) if address else ""
        assert problem or phonenumbers.normalize_digits_only(cell).endswith(national)


@given(_ten(_any, st.sampled_from([None, "DE", "GB", "US", "BR", "IT"])))
@settings(max_examples=100, deadline=None)
def test_being_lenient_changes_no_number_that_is_known_to_exist(
    people: list[tuple[Any, ...]],
) -> None:
    cells, regions = zip(*people, strict=True)
    strict, lenient = read_all(cells, regions), read_all(cells, regions, LENIENT)
    for (known, _), (perhaps, _) in zip(strict, lenient, strict=True):
        assert known is None or perhaps == known


@given(
    _ten(
        st.text("0123456789", min_size=7, max_size=15),
        st.sampled_from(["{}.0", "{},0", "{}.000", "+{}.0"]),
        st.sampled_from([None, "DE", "GB", "US"]),
    )
)
@settings(max_examples=100, deadline=None)
def test_a_repaired_decimal_is_the_number_without_it(people: list[tuple[Any, ...]]) -> None:
    regions = [region for *_, region in people]
    damaged = [form.format(digits) for digits, form, _ in people]
    whole = [cell.partition(".")[0].partition(",")[0] for cell in damaged]
    assert read_all(damaged, regions) == read_all(whole, regions)
