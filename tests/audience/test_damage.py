"""Damaged phone cells are named, and healthy ones that look a little like them are not."""

from __future__ import annotations

import polars as pl
import pytest

from campaign.audience.damage import phone_damage, repaired_phone, tidy_phone


def damage(cell: str) -> str | None:
    """Return what is wrong with a cell after everything that can be repaired was."""
    frame = pl.DataFrame({"cell": [cell]}).select(tidy_phone(pl.col("cell")))
    frame = frame.select(repaired_phone(pl.col("cell"))[0])
    answer: str | None = frame.select(phone_damage(pl.col("cell"))).item()
    return answer


def tidy(cell: str) -> str | None:
    answer: str | None = pl.DataFrame({"cell": [cell]}).select(tidy_phone(pl.col("cell"))).item()
    return answer


DAMAGED = {
    "excel_scientific": [
        "4.47911E+11",
        "4,47911E+11",
        "4.91714E+12",
        "4.9e11",
        "+4.47911E+11",
        "4E+11",
        "4.4791123E+11",
        "4.4791112345E+11",
        "4.47911123456E-11",
        "-4.47911123456E+11",
        "4.479111234567E+11",
    ],
    "excel_decimal": ["12345.0", "-447911123456.0", "1234567890123456.0"],
    "excel_apostrophe": ["'4.47911E+11", "'07911123456.0", "’ask Ana"],
    "number_with_extension": [
        "+447911123456x12",
        "+447911123456 X 12",
        "+447911123456 ext 5",
        "+447911123456 ext. 5",
        "+1 212 555 1234 Ext.: 1234",
        "+447911123456 extension 5",
        "+447911123456#12",
        "+447911123456 #12",
        "tel:+447911123456;ext=5",
        "030 123456 Durchwahl 12",
        "030 123456 DW 12",
        "+33 1 23 45 67 89 poste 12",
        "+55 11 3456-7890 ramal 12",
        "+447911123456,12",
        "+447911123456,,12#",
    ],
    "two_numbers": [
        "+447911123456;+447911123457",
        "+447911123456 ; +447911123457",
        "+447911123456 / +447911123457",
        "+447911123456/+447911123457",
        "+447911123456, +447911123457",
        "07911 123456 or 07911 123457",
        "0171 39200123 oder 0171 39200124",
        "06 12 34 56 78 ou 06 12 34 56 79",
        "06 12 34 56 78 et 06 12 34 56 79",
        "+39 339 1234567 e +39 339 1234568",
        "0171 39200123 & 0171 39200124",
        "0171 39200123 | 0171 39200124",
        "0171 39200123\n0171 39200124",
        "0171 39200123\r\n0171 39200124",
        "(0171) 39200123 / (0171) 39200124",
        "0171 1234567 / 0172 7654321",
        "030 1234567 / 68",
        "+447911123456 +447911123457",
    ],
    "number_with_letters": [
        "1-800-FLOWERS",
        "+1-800-FLOWERS",
        "+447400xxxxxx",
        "+4474xx123456",
        "WhatsApp: +4917139200123",
        "mobile +4917139200123",
        "+4917139200123 (Anna)",
        "NA",
        "null",
        "#N/A",
        "n/a",
        "O171 39200123",
        "tel:+447911123456;phone-context=example",
        "телефон 89123456789",
        "+49 171 39200123 privat",
        "+49 171 39200123 ask for Anna",
        "+49l7139200123",
    ],
}

HEALTHY = [
    "+49 30 123456-78",
    "+49 (0)30 123456",
    "+49 (0)4131/1234567",
    "+49 33701/12345",
    "030/123456",
    "0171/39200123",
    "04131 / 1234567",
    "+1 (212) 555-1234",
    "212.555.1234",
    "020 7946 0000",
    "+31 6 1234 5678",
    "(+49) 171 39200123",
    "0049 171 39200123",
    "+44 (0)7911 123456",
    "06.12.34.56.78",
    "06 12 34 56 78",
    "[+49] 171 39200123",
    "+4917139200123",
    "4917139200123",
    "tel:+4917139200123",
    "5551234",
    "100.200.3000",
]


@pytest.mark.parametrize(("code", "cell"), [(c, x) for c, cells in DAMAGED.items() for x in cells])
def test_a_damaged_cell_is_named(code: str, cell: str) -> None:
    assert damage(cell) == code


@pytest.mark.parametrize("cell", HEALTHY)
def test_a_healthy_cell_is_not_called_damaged(cell: str) -> None:
    assert damage(cell) is None


@pytest.mark.parametrize(
    ("cell", "plain"),
    [
        ("\u00a0+49\u2009171\u202f39200123\u3000", "+49 171 39200123"),
        ("\u200e+4917139200123\u202c", "+4917139200123"),
        ("\ufeff+4917\u200b139200123", "+4917139200123"),
        ("＋４９１７１３９２００１２３", "+4917139200123"),
        ("（０１７１）３９２００１２３", "(0171)39200123"),
        ("tel:+4917139200123", "+4917139200123"),
        ("TEL: +4917139200123", "+4917139200123"),
        ("+49\u2011171\u201339200123", "+49-171-39200123"),
        ('="+4917139200123"', "+4917139200123"),
        ("\t+4917139200123", "+4917139200123"),
        ("\u061c+٤٩١٧١٣٩٢٠٠١٢٣", "+4917139200123"),
        ("०१७१ ३९२००१२३", "0171 39200123"),
    ],
)
def test_what_cannot_change_the_number_is_repaired_silently(cell: str, plain: str) -> None:
    assert tidy(cell) == plain


@pytest.mark.parametrize(
    ("cell", "plain", "code"),
    [
        ("447911123456.0", "447911123456", "repaired_decimal"),
        ("447911123456,0", "447911123456", "repaired_decimal"),
        ("4917139200123.00", "4917139200123", "repaired_decimal"),
        ("+4917139200123.0", "+4917139200123", "repaired_decimal"),
        ("4.47911123456E+11", "447911123456", "repaired_scientific"),
        ("4,47911123456E+11", "447911123456", "repaired_scientific"),
        ("+4.47911123456e11", "+447911123456", "repaired_scientific"),
        ("447.911123456E+9", "447911123456", "repaired_scientific"),
        ("4.479111234560E+11", "447911123456", "repaired_scientific"),
        ("'+447911123456", "+447911123456", "repaired_apostrophe"),
        ("'07911 123456", "07911 123456", "repaired_apostrophe"),
        ("’+447911123456", "+447911123456", "repaired_apostrophe"),
    ],
)
def test_damage_that_lost_no_digit_is_repaired_and_told(cell: str, plain: str, code: str) -> None:
    repaired, told = repaired_phone(pl.col("cell"))
    found = pl.DataFrame({"cell": [cell]}).select(repaired, told.alias("code"))
    assert found.row(0) == (plain, code)


@pytest.mark.parametrize("cell", [*HEALTHY, *(x for cells in DAMAGED.values() for x in cells)])
def test_nothing_else_is_repaired(cell: str) -> None:
    repaired, told = repaired_phone(pl.col("cell"))
    found = pl.DataFrame({"cell": [cell]}).select(repaired, told.alias("code"))
    assert found.row(0) == (cell, None)


@pytest.mark.parametrize("cell", ["", " ", "\u200b", "tel:", '=""'])
def test_a_cell_with_nothing_in_it_is_null(cell: str) -> None:
    assert tidy(cell) is None


def test_a_superscript_is_not_taken_for_a_digit() -> None:
    assert tidy("+4917139200123²") == "+4917139200123²"
