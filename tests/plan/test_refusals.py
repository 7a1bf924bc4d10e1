"""What is wrong with a definition or a list stops the planning, and is told with its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from campaign.errors import InvalidInput
from campaign.job import Job
from tests.plan.planned import (
    ANA,
    BO,
    HEADER,
    LIST,
    MESSENGER,
    SMS,
    WHATSAPP,
    plan_of,
    refusal,
    verdicts,
    write,
)


def test_a_column_that_one_of_the_files_lacks_stops_the_planning(tmp_path: Path) -> None:
    definition = SMS + "recipients: [list.csv, south.csv]\n"
    (problem,) = refusal(
        tmp_path, definition, HEADER, (ANA, "Ana"), south=f"Phone,Name\n{ANA},Bo\n"
    )
    assert problem.message.startswith(
        'south.csv has no column "First Name", wanted for the message'
    )
    assert problem.line == _line(definition, "message:")


def test_a_column_that_nothing_needs_may_be_in_one_file_alone(tmp_path: Path) -> None:
    south = f"Phone,First Name,Note\n{BO},Bo,x\n"
    definition = SMS + "recipients: [list.csv, south.csv]\n"
    assert (
        verdicts(plan_of(tmp_path, definition, HEADER, (ANA, "Ana"), south=south)) == ["send"] * 2
    )


def test_without_a_column_phone_the_one_that_is_meant_is_named_with_what_to_write(
    tmp_path: Path,
) -> None:
    (problem,) = refusal(tmp_path, SMS + LIST, ("Phone Number", "First Name"), (ANA, "Ana"))
    assert problem.message == 'the list has no column "phone", wanted for the address'
    assert problem.hint == (
        "Did you mean Phone Number? Write recipients: {files: …, address: Phone Number}. "
        "It has: Phone Number, First Name."
    )


def _line(definition: str, text: str) -> int:
    return next(n for n, line in enumerate(definition.splitlines(), 1) if text in line)


@pytest.mark.parametrize(
    ("definition", "blamed", "message", "hint"),
    [
        (
            SMS + "recipients: {files: list.csv, address: Mobile}\n",
            "address:",
            'the list has no column "Mobile", wanted for the address',
            "It has: Phone, First Name.",
        ),
        (
            SMS + "recipients: {files: list.csv, key: Customer}\n",
            "key:",
            'the list has no column "Customer", wanted for the key',
            "",
        ),
        (
            SMS + "recipients: {files: list.csv, country: Land}\n",
            "country:",
            'the list has no column "Land", wanted for the country',
            "",
        ),
        (
            SMS + "recipients: {files: list.csv, columns: {name: Frist Name}}\n",
            "columns:",
            'the list has no column "Frist Name"',
            "Did you mean First Name?",
        ),
        (
            WHATSAPP.replace("{{ plan }}", "x") + LIST,
            "window:",
            'the list has no column "last_inbound", wanted for the 24-hour window',
            "",
        ),
        (
            SMS.replace("first_name", "frist_name") + LIST,
            "message:",
            'the list has no column "frist_name", wanted for the message',
            "Did you mean First Name?",
        ),
        (
            SMS.replace("first_name", "First_Name") + LIST,
            "message:",
            "the list has no column 'First_Name'",
            "Write {{ first_name }}.",
        ),
        (
            SMS + 'recipients: {files: list.csv, where: "coutry = 1"}\n',
            "where:",
            "the condition cannot be applied to the list: ",
            "Every column is text",
        ),
        (
            SMS + "recipients: {files: list.csv, where: first_name}\n",
            "where:",
            "the condition cannot be applied to the list: ",
            "Every column is text",
        ),
        (
            SMS + "recipients: nobody.csv\n",
            "recipients:",
            "there is no file nobody.csv",
            "",
        ),
        (
            SMS + LIST + "suppress: opt-outs.csv\n",
            "suppress:",
            "there is no file opt-outs.csv",
            "",
        ),
    ],
)
def test_it_is_told_at_its_line(
    tmp_path: Path, definition: str, blamed: str, message: str, hint: str
) -> None:
    (problem,) = refusal(tmp_path, definition, HEADER, (ANA, "Ana"))
    assert message in problem.message
    assert hint in (problem.hint or "")
    assert problem.file == tmp_path / "campaign.yaml"
    assert problem.line == _line(definition, blamed)
    assert problem.column is not None


def test_all_missing_columns_are_told_at_once(tmp_path: Path) -> None:
    definition = SMS.replace("{{ first_name }}", "{{ a }} {{ b }}")
    definition += "recipients: {files: list.csv, key: c, address: d}\n"
    problems = refusal(tmp_path, definition, HEADER, (ANA, "Ana"))
    text = "\n".join(problem.message for problem in problems)
    for name in "abcd":
        assert f'"{name}"' in text
    assert len(problems) == 4


def test_a_text_that_cannot_be_read_is_told_with_its_line_within_the_text(tmp_path: Path) -> None:
    definition = SMS.replace('"Hi {{ first_name }}"', "|\n  Hi\n  {{ first_name | uper }}")
    with pytest.raises(InvalidInput) as caught:
        Job.load(write(tmp_path, definition + LIST, HEADER, (ANA, "Ana")))
    (problem,) = caught.value.problems
    assert problem.message == (
        "there is no filter 'uper'; did you mean 'upper'? (line 2 of the text)"
    )
    assert problem.line == _line(definition, "message:")


def test_a_damaged_list_stops_the_planning(tmp_path: Path) -> None:
    (problem,) = refusal(tmp_path, SMS + LIST, HEADER, (ANA, "Ana", "one too many"))
    assert problem.file == tmp_path / "list.csv"
    assert problem.line == 2


def test_a_suppression_list_that_cannot_be_read_stops_the_planning(tmp_path: Path) -> None:
    definition = SMS + LIST + "suppress: opt_outs.csv\n"
    (problem,) = refusal(tmp_path, definition, HEADER, (ANA, "Ana"), opt_outs="Phone\n4.9E+11\n")
    assert problem.file == tmp_path / "opt_outs.csv"
    assert problem.line == 2


def test_an_earlier_plan_stays_when_a_new_one_cannot_be_made(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, MESSENGER + LIST, ("User ID",), ("user-1",))
    before = plan.path.read_bytes()
    with pytest.raises(InvalidInput):
        plan_of(tmp_path, SMS + LIST, HEADER, (ANA, "Ana", "one too many"))
    assert plan.path.read_bytes() == before
    assert not list(tmp_path.glob(".plan*"))
