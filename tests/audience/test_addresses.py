"""Each row has an address or a reason, never both and never neither."""

from __future__ import annotations

import polars as pl
import pytest

from campaign.audience.addresses import AddressKind, with_addresses
from campaign.errors import InvalidInput

Answer = tuple[str | None, str | None, str | None]


def answers(
    rows: list[dict[str, str | None]],
    kind: AddressKind,
    column: str,
    country_column: str | None = None,
    default_region: str | None = None,
) -> list[Answer]:
    schema = dict.fromkeys(rows[0], pl.String)
    frame = with_addresses(
        pl.DataFrame(rows, schema=schema).lazy().with_row_index("_row"),
        kind=kind,
        column=column,
        country_column=country_column,
        default_region=default_region,
    )
    collected = frame.collect(engine="streaming")
    assert collected.columns == [
        "_row",
        *rows[0],
        "_address",
        "_identity",
        "_address_problem",
        "_region",
        "_number_type",
        "_warning",
        "_address_detail",
    ]
    return collected.select("_address", "_identity", "_address_problem").rows()


def email(cell: str | None) -> Answer:
    return answers([{"mail": cell, "name": "Anna"}], "email", "mail")[0]


def user_id(cell: str | None) -> Answer:
    return answers([{"id": cell, "name": "Anna"}], "user_id", "id")[0]


def test_the_country_of_the_row_goes_before_the_default() -> None:
    rows: list[dict[str, str | None]] = [
        {"phone": "07911 123456", "country": "gb"},
        {"phone": "0171 39200123", "country": None},
        {"phone": "0171 39200123", "country": "Germany"},
        {"phone": "+31612345678", "country": "GB"},
        {"phone": None, "country": "GB"},
        {"phone": None, "country": None},
    ]
    assert answers(rows, "number", "phone", "country", "DE") == [
        ("+447911123456", "+447911123456", None),
        ("+4917139200123", "+4917139200123", None),
        (None, None, "unknown_region"),
        ("+31612345678", "+31612345678", None),
        (None, None, "missing_address"),
        (None, None, "empty_row"),
    ]


def test_without_any_country_only_a_plus_will_do() -> None:
    rows: list[dict[str, str | None]] = [{"phone": "+31612345678"}, {"phone": "0612345678"}]
    assert answers(rows, "number", "phone") == [
        ("+31612345678", "+31612345678", None),
        (None, None, "missing_region"),
    ]


def test_the_default_country_may_be_in_lower_case() -> None:
    assert answers([{"phone": "0612345678"}], "number", "phone", default_region="nl")[0][0] == (
        "+31612345678"
    )


@pytest.mark.parametrize("region", ["UK", "Germany", "", "49"])
def test_a_default_that_is_no_country_is_refused(region: str) -> None:
    with pytest.raises(InvalidInput, match="is not a country code"):
        answers([{"phone": "1"}], "number", "phone", default_region=region)


def test_a_column_that_begins_with_a_digit_counts_as_the_lists_own() -> None:
    rows: list[dict[str, str | None]] = [{"phone": None, "_2nd": "x"}]
    assert answers(rows, "number", "phone", default_region="DE") == [
        (None, None, "missing_address")
    ]


def test_what_another_column_took_the_place_of_counts_as_something_in_the_row() -> None:
    rows: list[dict[str, str | None]] = [
        {"phone": None, "in:phone": "+49 171", "text:de": None},
        {"phone": None, "in:phone": None, "text:de": "Hello"},
    ]
    assert answers(rows, "number", "phone", default_region="DE") == [
        (None, None, "missing_address"),
        (None, None, "empty_row"),
    ]


@pytest.mark.parametrize(
    ("cell", "address"),
    [
        ("anna@example.com", "anna@example.com"),
        (" Anna.Berg@Example.COM\u00a0", "Anna.Berg@example.com"),
        ("o'brien+news@mail.example.co.uk", "o'brien+news@mail.example.co.uk"),
        ("a@b.de", "a@b.de"),
        ("anna@münchen.example", "anna@münchen.example"),
        ("anna@xn--mnchen-3ya.example", "anna@xn--mnchen-3ya.example"),
        ("anna@example.xn--p1ai", "anna@example.xn--p1ai"),
        ("用户@例子.公司", "用户@例子.公司"),
        ("1@2.example", "1@2.example"),
        ("x" * 64 + "@example.com", "x" * 64 + "@example.com"),
        ("_a-b_@ex-ample.com", "_a-b_@ex-ample.com"),
    ],
)
def test_an_email_address_keeps_its_local_part_and_is_compared_in_lower_case(
    cell: str, address: str
) -> None:
    assert email(cell) == (address, address.lower(), None)


@pytest.mark.parametrize(
    "cell",
    [
        "anna",
        "anna@",
        "@example.com",
        "anna@example",
        "anna@@example.com",
        "anna@example..com",
        "anna@.example.com",
        "anna@example.com.",
        ".anna@example.com",
        "anna.@example.com",
        "an..na@example.com",
        "an na@example.com",
        "anna@exam ple.com",
        "anna@-example.com",
        "anna@example-.com",
        "anna@example.c",
        "anna@example.123",
        "anna@127.0.0.1",
        "Anna <anna@example.com>",
        "mailto:anna@example.com",
        "'anna@example.com",
        "anna@example,com",
        "anna@exa_mple.com",
        "an\u200bna@example.com",
        "x" * 65 + "@example.com",
        "anna@" + "x" * 64 + ".com",
        "anna@" + "x.y" * 90 + ".com",
        "é" * 33 + "@example.com",
        "NA",
    ],
)
def test_an_impossible_email_address_is_refused(cell: str) -> None:
    assert email(cell) == (None, None, "invalid_email")


@pytest.mark.parametrize(
    "cell",
    [
        "anna@example.com;bert@example.com",
        "anna@example.com, bert@example.com",
        "anna@example.com bert@example.com",
        "anna@example.com / bert@example.com",
        "Anna <anna@example.com>; Bert <bert@example.com>",
    ],
)
def test_two_email_addresses_in_a_cell_are_named(cell: str) -> None:
    assert email(cell) == (None, None, "two_addresses")


def test_a_missing_email_address_is_named() -> None:
    assert email(" ") == (None, None, "missing_address")


@pytest.mark.parametrize("cell", ["anna", "Anna_1", "00123", "a@b", "ä", "x" * 80])
def test_a_user_id_stays_as_it_is(cell: str) -> None:
    assert user_id(cell) == (cell, cell, None)


@pytest.mark.parametrize("cell", ["an na", "an\tna", "an\nna", "an\x07na", "an\u200bna", "x" * 81])
def test_a_user_id_that_cannot_be_one_is_refused(cell: str) -> None:
    assert user_id(cell) == (None, None, "invalid_user_id")


def test_a_missing_user_id_is_named() -> None:
    assert user_id(None) == (None, None, "missing_address")


def test_a_query_of_other_columns_does_not_need_the_parser() -> None:
    frame = pl.LazyFrame({"phone": ["+31612345678"], "name": ["Anna"]})
    lazy = with_addresses(
        frame, kind="number", column="phone", country_column=None, default_region=None
    )
    assert "MAP" not in lazy.select("name").explain().upper()
