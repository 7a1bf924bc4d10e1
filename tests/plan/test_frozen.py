from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from campaign.errors import InvalidInput
from campaign.job import Job
from campaign.ledger.records import State
from campaign.plan.frozen import Plan
from campaign.plan.rejects import write_rejects
from campaign.reasons import sentence
from campaign.reporting.results import write_results
from tests.plan.planned import ANA, BO, CEM, HEADER, LIST, SMS, WHATSAPP, plan_of

ROWS = [(ANA, "Ana"), ("nobody", "Bo"), ("+49 171 3920000", "Ana"), (BO, "Bo")]


class _NothingYet:
    """A ledger in which nobody has an entry."""

    def columns(self, run_id: int, first: int, last: int) -> dict[str, list[Any]]:
        return {}


def _csv(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def _results(plan: Plan, path: Path) -> list[dict[str, str]]:
    nothing: Any = _NothingYet()
    write_results(plan, nothing, 1, path)
    return _csv(path)


def test_a_plan_is_opened_by_its_hash_alone(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, SMS + LIST, HEADER, *ROWS)
    assert Plan.open(plan.path, plan.hash).planned == 4


def test_a_plan_that_was_changed_is_refused_be_it_by_one_byte(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, SMS + LIST, HEADER, *ROWS)
    content = bytearray(plan.path.read_bytes())
    content[len(content) // 2] ^= 1
    plan.path.write_bytes(content)
    with pytest.raises(InvalidInput, match="was changed after it was made"):
        Plan.open(plan.path, plan.hash)


def test_a_plan_that_is_gone_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="the plan of this run is missing"):
        Plan.open(tmp_path / "plan.parquet", "0" * 64)


def test_todo_are_those_who_may_be_sent_to_in_the_order_of_the_list(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, SMS + LIST, HEADER, *ROWS)
    (todos,) = plan.todo()
    assert [(todo.number, todo.address, todo.text) for todo in todos] == [
        (0, ANA, "Hi Ana"),
        (3, BO, "Hi Bo"),
    ]


def test_one_recipient_is_picked_by_key_or_address_and_nobody_by_anything_else(
    tmp_path: Path,
) -> None:
    keyed = SMS + "recipients: {files: list.csv, key: ID}\n"
    rows = [("C1", ANA, "Ana"), ("C2", BO, "Bo")]
    plan = plan_of(tmp_path, keyed, ("ID", *HEADER), *rows)

    def picked(only: str) -> list[int]:
        return [todo.number for batch in plan.todo(only) for todo in batch]

    assert (picked("C2"), picked(BO), picked("C"), picked("+49 171 3920000")) == ([1], [1], [], [])


def test_every_form_of_the_message_travels_with_the_recipient(tmp_path: Path) -> None:
    more = WHATSAPP.replace("window:", '  variables: {tier: "{{ plan }}"}\nwindow:')
    header = (*HEADER, "Plan", "last_inbound")
    plan = plan_of(tmp_path, more + LIST, header, (ANA, "", "Basic", ""))
    ((todo,),) = plan.todo()
    assert (todo.text, todo.template, todo.variables) == (None, {"1": "Basic"}, {"tier": "Basic"})


def test_somebody_is_found_by_key_address_digits_or_row(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, SMS + LIST, HEADER, *ROWS)
    for text in (ANA, "491713920000", "+49 171 392 0000"):
        assert [found["row"] for found in plan.find(text)] == [2, 4]
    assert [found["reason"] for found in plan.find("3")] == ["number_with_letters"]
    assert plan.find("x") == plan.find("4917139200") == []


def test_rejects_name_row_column_value_code_and_sentence(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, SMS + LIST, HEADER, *ROWS, (CEM, ""))
    write_rejects(plan, tmp_path / "rejects.csv")
    assert [tuple(line.values()) for line in _csv(tmp_path / "rejects.csv")] == [
        (
            *("list.csv", "3", "Phone", "nobody", "number_with_letters"),
            *(sentence("number_with_letters"), ""),
        ),
        (
            *("list.csv", "4", "Phone", "+49 171 3920000", "duplicate"),
            *(sentence("duplicate"), "duplicate of row 2"),
        ),
        (
            *("list.csv", "6", "First Name", "", "missing_variable"),
            *(sentence("missing_variable"), "first_name is blank"),
        ),
    ]


def test_rejects_print_the_header_and_the_cell_that_the_definition_renamed(tmp_path: Path) -> None:
    mapped = SMS + "recipients: {files: list.csv, columns: {phone: Mobile, first_name: Nick}}\n"
    plan = plan_of(tmp_path, mapped, ("Phone", "Mobile", "Nick"), (ANA, "x", "Ana"))
    write_rejects(plan, tmp_path / "rejects.csv")
    (line,) = _csv(tmp_path / "rejects.csv")
    assert (line["column"], line["value"]) == ("Mobile", "x")


def test_results_have_a_line_for_every_row_with_the_lists_own_columns_first(
    tmp_path: Path,
) -> None:
    plan = plan_of(tmp_path, SMS + LIST, HEADER, *ROWS)
    lines = _results(plan, tmp_path / "results.csv")
    assert list(lines[0])[:5] == ["file", "row", "Phone", "First Name", "address"]
    assert [line["Phone"] for line in lines] == [phone for phone, _ in ROWS]
    assert [line["state"] for line in lines] == ["pending", "skipped", "skipped", "pending"]
    assert lines[1]["detail"] == sentence("number_with_letters")
    assert lines[2]["detail"] == "duplicate of row 2"
    assert [line["address"] for line in lines] == [ANA, "", ANA, BO]


def test_a_column_of_the_list_keeps_its_header_and_ours_gives_way(tmp_path: Path) -> None:
    header = (*HEADER, "row", "state", "Reason")
    plan = plan_of(tmp_path, SMS + LIST, header, (ANA, "Ana", "r", "s", "t"))
    (line,) = _results(plan, tmp_path / "results.csv")
    assert (line["row"], line["state"], line["Reason"]) == ("r", "s", "t")
    assert (line["campaign_row"], line["campaign_state"]) == ("2", State.PENDING.value)


def test_results_are_the_same_as_parquet(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, SMS + LIST, HEADER, *ROWS)
    lines = _results(plan, tmp_path / "results.csv")
    nothing: Any = _NothingYet()
    write_results(plan, nothing, 1, tmp_path / "results.parquet")
    frame = pl.read_parquet(tmp_path / "results.parquet")
    assert frame.columns == list(lines[0])
    assert frame["detail"].fill_null("").to_list() == [line["detail"] for line in lines]


def test_results_of_another_kind_are_refused(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, SMS + LIST, HEADER, *ROWS)
    nothing: Any = _NothingYet()
    with pytest.raises(InvalidInput, match=r"not to results\.xlsx"):
        write_results(plan, nothing, 1, tmp_path / "results.xlsx")


def test_the_folder_holds_nothing_but_the_plan(tmp_path: Path) -> None:
    plan_of(tmp_path, SMS + LIST, HEADER, *ROWS)
    assert {path.name for path in tmp_path.iterdir()} == {
        "campaign.yaml",
        "list.csv",
        "plan.parquet",
    }


def test_a_job_is_loaded_without_reading_the_list(tmp_path: Path) -> None:
    (tmp_path / "campaign.yaml").write_text(SMS + LIST, encoding="utf-8")
    assert Job.load(tmp_path / "campaign.yaml").loaded.definition.name == "spring"
