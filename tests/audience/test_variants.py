"""Two ways to write one telephone are one person, and nobody is sent to under another number."""

from __future__ import annotations

import polars as pl
import pytest

from campaign.audience.variants import canonical, current, forms_of, in_two_forms

FORMS = {
    "Mexico": ("+5215512345678", "+525512345678"),
    "Argentina": ("+5491123456789", "+541123456789"),
    "Brazil": ("+5531996883193", "+553196883193"),
}
OTHERS = [
    "+525512345678",
    "+542214567890",
    # A fixed line in Brazil, and the mobile that would lose its 9 and become that line.
    "+556123456789",
    "+5561923456789",
    # Two Brazilian mobiles.
    "+555178765432",
    "+5551978765432",
    "+491713920000",
    "+12125551234",
    "+5211234567",
]


def canonical_of(*numbers: str | None) -> list[str | None]:
    return canonical(pl.Series(numbers, dtype=pl.String)).to_list()


@pytest.mark.parametrize("forms", FORMS.values(), ids=list(FORMS))
def test_both_forms_of_a_number_have_one_canonical_form(forms: tuple[str, str]) -> None:
    assert len(set(canonical_of(*forms))) == 1


@pytest.mark.parametrize("forms", FORMS.values(), ids=list(FORMS))
def test_the_other_form_is_told_of_the_canonical_one(forms: tuple[str, str]) -> None:
    (identity,) = set(canonical_of(*forms))
    assert identity is not None
    assert forms_of(identity) == set(forms)


def test_no_form_of_a_number_belongs_to_somebody_else() -> None:
    for number in canonical_of(*OTHERS):
        assert number is not None
        assert set(canonical_of(*forms_of(number))) == {number}


def test_different_numbers_stay_different() -> None:
    assert len(set(canonical_of(*OTHERS))) == len(OTHERS)


def test_a_canonical_form_is_its_own_and_nothing_stays_nothing() -> None:
    known = [number for forms in FORMS.values() for number in forms] + OTHERS
    once = canonical_of(*known, None)
    assert canonical_of(*once) == once
    assert once[-1] is None
    assert canonical_of() == []


@pytest.mark.parametrize(
    ("cell", "today"),
    [
        ("+5215512345678", "+525512345678"),
        ("+52 1 55 1234 5678", "+525512345678"),
        ("00521 (55) 1234-5678", "+525512345678"),
        ("+55 31 9688-3193", "+5531996883193"),
        # A fixed line, a number that is as it should be, and one that does not say its country.
        ("+55 61 2345-6789", "+55 61 2345-6789"),
        ("+52 55 1234 5678", "+52 55 1234 5678"),
        ("5215512345678", "5215512345678"),
        ("ask Ana", "ask Ana"),
    ],
)
def test_an_old_form_is_read_as_the_number_that_it_is_today(cell: str, today: str) -> None:
    assert pl.DataFrame({"cell": [cell]}).select(current(pl.col("cell"))).item() == today


def test_who_stands_under_two_numbers_is_found_and_an_email_in_upper_case_is_not() -> None:
    rows = pl.LazyFrame(
        {
            "identity": ["+541123456789", "+541123456789", "+542214567890", "a@b.de", "a@b.de"],
            "address": ["+541123456789", "+5491123456789", "+5492214567890", "A@b.de", "a@b.de"],
        }
    )
    assert in_two_forms(rows).to_list() == ["+541123456789"]
