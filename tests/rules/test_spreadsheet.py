"""A formula that failed is not said to anybody, and a person called Null is."""

from __future__ import annotations

from pathlib import Path

import pytest

from campaign.rules.spreadsheet import ERRORS
from tests.plan.planned import ANA, BO, HEADER, LIST, SMS, plan_of, row, verdicts


@pytest.mark.parametrize("error", ERRORS)
def test_a_spreadsheets_error_in_a_text_stops_the_row_and_names_the_column(
    tmp_path: Path, error: str
) -> None:
    plan = plan_of(tmp_path, SMS + LIST, HEADER, (ANA, error), (BO, "Bo"))
    assert verdicts(plan) == ["spreadsheet_error", "send"]
    assert row(plan, 0)["reason_column"] == "first_name"


@pytest.mark.parametrize("name", ["Null", "NULL", "None", "N/A", "#1", "#winter", "nan"])
def test_a_word_that_only_looks_like_one_is_sent(tmp_path: Path, name: str) -> None:
    plan = plan_of(tmp_path, SMS + LIST, HEADER, (ANA, name))
    assert verdicts(plan) == ["send"]
    assert row(plan, 0)["message:text"] == f"Hi {name}"


def test_an_error_in_a_column_that_nothing_uses_is_no_reason(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, SMS + LIST, (*HEADER, "Score"), (ANA, "Ana", "#DIV/0!"))
    assert verdicts(plan) == ["send"]


def test_people_whose_key_is_an_error_are_not_one_person(tmp_path: Path) -> None:
    definition = SMS + "recipients: {files: list.csv, key: Customer}\n"
    people = [(ANA, "Ana", "#N/A"), (BO, "Bo", "#N/A")]
    plan = plan_of(tmp_path, definition, (*HEADER, "Customer"), *people)
    assert verdicts(plan) == ["spreadsheet_error"] * 2
    assert row(plan, 0)["reason_column"] == "customer"
