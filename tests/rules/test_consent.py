"""Who did not say yes is not messaged."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

import campaign
from campaign.definition.groups import YES
from campaign.sandbox import SandboxServer
from tests.plan.planned import ANA, BO, CEM, SMS, plan_of, refusal, row, verdicts
from tests.run.campaigns import ENVIRONMENT, Recipe
from tests.run.lists import number
from tests.run.truth import results_of

LIST = "recipients: list.csv\n"
HEADER = ("Phone", "First Name", "Opted In")


@pytest.mark.parametrize("cell", [*YES, "YES", "Yes", "  true ", "TRUE", "Y"])
def test_a_plain_yes_is_consent_in_whatever_letter_case(tmp_path: Path, cell: str) -> None:
    plan = plan_of(tmp_path, f"{SMS}{LIST}consent: opted_in\n", HEADER, (ANA, "Ana", cell))
    assert verdicts(plan) == ["send"]


@pytest.mark.parametrize("cell", ["no", "false", "0", "maybe", "yes?", "ja", "2", "yes, by phone"])
def test_everything_else_is_none_and_is_shown(tmp_path: Path, cell: str) -> None:
    plan = plan_of(tmp_path, f"{SMS}{LIST}consent: opted_in\n", HEADER, (ANA, "Ana", cell))
    found = row(plan, 0)
    assert (found["verdict"], found["reason"]) == ("skipped", "no_consent")
    assert found["reason_column"] == "opted_in"
    assert found["reason_detail"] == f'the cell holds "{cell}"'


def test_a_blank_cell_is_no_consent_and_is_called_blank(tmp_path: Path) -> None:
    definition = f"{SMS}{LIST}consent: opted_in\n"
    plan = plan_of(tmp_path, definition, HEADER, (ANA, "Ana", ""), (BO, "Bo", "  "))
    assert verdicts(plan) == ["no_consent", "no_consent"]
    assert {row(plan, n)["reason_detail"] for n in (0, 1)} == {"the cell is blank"}


def test_the_definition_says_what_means_yes(tmp_path: Path) -> None:
    definition = f"{SMS}{LIST}consent: {{column: Opted In, values: [Ja, 7, true]}}\n"
    cells = ("ja", "JA", "7", "True", "yes", "")
    people = [(f"+49171392000{place}", "Ana", cell) for place, cell in enumerate(cells)]
    plan = plan_of(tmp_path, definition, HEADER, *people)
    assert verdicts(plan) == ["send"] * 4 + ["no_consent"] * 2


def test_who_did_not_agree_makes_nobody_else_a_duplicate(tmp_path: Path) -> None:
    definition = f"{SMS}{LIST}consent: opted_in\n"
    plan = plan_of(tmp_path, definition, HEADER, (ANA, "Ana", "no"), (ANA, "Ana", "yes"))
    assert verdicts(plan) == ["no_consent", "send"]


def test_without_the_key_nobody_is_asked(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, SMS + LIST, HEADER, (ANA, "Ana", "no"))
    assert verdicts(plan) == ["send"]


def test_a_column_that_the_list_lacks_is_told_at_its_line(tmp_path: Path) -> None:
    (problem,) = refusal(tmp_path, f"{SMS}{LIST}consent: opted_inn\n", HEADER, (CEM, "Cem", "yes"))
    assert problem.message == 'the list has no column "opted_inn", wanted for the consent'
    assert (problem.line, problem.column) == (8, 10)
    assert problem.hint is not None
    assert problem.hint.startswith("Did you mean Opted In?")


def test_only_those_who_agreed_are_messaged_and_the_others_are_in_the_rejects(
    tmp_path: Path,
) -> None:
    cells = ("yes", "no", "1", "")
    people = "".join(f"{number(n)},Ana,Plus,{cell}\n" for n, cell in enumerate(cells))
    (tmp_path / "list.csv").write_text("Phone,First Name,Plan,May we\n" + people, "utf-8")
    with SandboxServer() as server:
        definition = Recipe(more="consent: May we\n").write(
            tmp_path, "list.csv", server.url_for("synthflow")
        )
        summary = campaign.load(definition, environment=ENVIRONMENT).run()
        assert dict(server.journal.addresses()) == {number(0): 1, number(2): 1}
    assert summary.reasons["skipped", "no_consent"] == 2
    assert [line["state"] for line in results_of(summary)] == [
        "accepted", "skipped", "accepted", "skipped",
    ]  # fmt: skip
    assert summary.rejects is not None
    with summary.rejects.open(newline="", encoding="utf-8") as file:
        rejects = [(line["column"], line["value"], line["code"]) for line in csv.DictReader(file)]
    assert rejects == [("May we", "no", "no_consent"), ("May we", "", "no_consent")]
