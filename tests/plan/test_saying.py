"""What a plan knows of its messages, and that nothing leaves later which it speaks against."""

from __future__ import annotations

import time
from pathlib import Path

import polars as pl
import pytest

from campaign.job import Job
from campaign.ledger.records import State
from campaign.message.form import Form
from campaign.plan.frozen import Plan
from campaign.rules.form import PROBLEM
from tests.plan.planned import ANA, BO, CEM, HEADER, LIST, SMS, WHATSAPP, plan_of, row, verdicts
from tests.plan.replanned import Story

NOBODY = pl.Series("identity", [], dtype=pl.String)
LATER = time.time() + 86_400
WRITTEN = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - 60))
WITH_PLAN = ("Phone", "First Name", "Plan", "Last Inbound")
MARKETING = WHATSAPP.replace("{id:", "{category: marketing, id:")
KEYED = "recipients: {files: list.csv, key: ID}\n"


def _judged(folder: Path, plan: Plan, now: float) -> list[Form | str]:
    """Return what becomes of everybody in the plan's order who may be sent to."""
    judge = Job.load(folder / "campaign.yaml").judge(NOBODY)
    return [str(judge(todo, now)) for batch in plan.todo() for todo in batch]


@pytest.mark.parametrize(
    ("definition", "phone", "value", "reason"),
    [
        (WHATSAPP, ANA, "Basic", "template"),
        (WHATSAPP, ANA, "Ba\nsic", "unsendable_value"),
        (WHATSAPP, ANA, "", "missing_variable"),
        (WHATSAPP, ANA, "x" * 1601, "too_long"),
        (MARKETING, BO, "Basic", "us_marketing_template"),
        (MARKETING, "+16044011234", "Basic", "template"),  # Canada
    ],
)
def test_what_speaks_against_the_template_holds_when_the_window_has_closed(
    tmp_path: Path, definition: str, phone: str, value: str, reason: str
) -> None:
    plan = plan_of(tmp_path, definition + LIST, WITH_PLAN, (phone, "Ana", value, WRITTEN))
    assert verdicts(plan) == ["send"]
    assert _judged(tmp_path, plan, time.time()) == ["text"]
    assert _judged(tmp_path, plan, LATER) == [reason]


def test_what_speaks_against_it_holds_in_a_plan_that_replaced_another(tmp_path: Path) -> None:
    story = Story(tmp_path)
    header = ("ID", *WITH_PLAN)
    first = ("A", ANA, "Ana", "Basic", WRITTEN)
    text_only = WHATSAPP.replace("  template:", "  # template:")
    story.bring(
        story.plan(first, definition=text_only + KEYED, header=header), {"A": State.ACCEPTED}
    )
    second = ("B", CEM, "Cem", "Ba\tsic", WRITTEN)
    plan = story.plan(first, second, definition=WHATSAPP + KEYED, header=header, replan=True)
    judge = Job.load(tmp_path / "campaign.yaml").judge(NOBODY)
    (todo,) = [todo for batch in plan.todo(without=lambda *_: [0]) for todo in batch]
    assert todo.key == "B"
    assert judge(todo, time.time()) is Form.TEXT
    assert judge(todo, LATER) == "unsendable_value"


def test_a_plan_of_an_earlier_version_lets_no_gap_through(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, WHATSAPP + LIST, WITH_PLAN, (ANA, "Ana", "", WRITTEN))
    before = tmp_path / "before.parquet"
    plan.rows().drop(pl.selectors.starts_with(PROBLEM)).collect().write_parquet(before)
    assert _judged(tmp_path, Plan(before, ""), time.time()) == ["text"]
    assert _judged(tmp_path, Plan(before, ""), LATER) == ["missing_variable"]


def test_the_approved_text_is_shown_with_its_values_and_braces_in_them_mean_nothing(
    tmp_path: Path,
) -> None:
    body = 'body: "Your plan: {{1}}. {% raw %}", '
    definition = WHATSAPP.replace("{id:", f"{{{body}id:") + LIST
    plan = plan_of(
        tmp_path,
        definition,
        WITH_PLAN,
        (ANA, "Ana", "Basic", ""),
        (CEM, "Cem", "{{ phone }} {{1}}", ""),
        (BO, "Bo", "", ""),
    )
    assert plan.rows().collect()["message:preview"].to_list() == [
        "Your plan: Basic. {% raw %}",
        "Your plan: {{ phone }} {{1}}. {% raw %}",
        None,
    ]
    assert verdicts(plan) == ["send", "send", "missing_variable"]


def test_a_template_is_too_long_with_its_values_or_with_the_one_of_its_header(
    tmp_path: Path,
) -> None:
    texts = f'header: "Re {{{{1}}}}", body: "{"x" * 1000} {{{{1}}}}", '
    definition = WHATSAPP.replace("{id:", f"{{{texts}id:") + LIST
    rows = [(phone, "A", "y" * n, "") for phone, n in ((ANA, 23), (CEM, 24), (BO, 58))]
    plan = plan_of(tmp_path, definition, WITH_PLAN, *rows)
    assert verdicts(plan) == ["send", "too_long", "too_long"]
    assert row(plan, 1)["reason_detail"] == (
        "the template with its values has 1025 characters, and 1024 are the most"
    )
    assert row(plan, 2)["reason_detail"] == (
        "the header with its value has 61 characters, and 60 are the most"
    )
    assert row(plan, 0)["message:header"] == "Re " + "y" * 23


def test_without_the_approved_text_there_is_no_preview(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, WHATSAPP + LIST, WITH_PLAN, (ANA, "Ana", "Basic", ""))
    assert "message:preview" not in plan.columns


def test_a_value_is_blamed_on_its_cell_and_one_of_two_cells_on_none(tmp_path: Path) -> None:
    two = WHATSAPP.replace('"{{ plan }}"', '"{{ plan }}", 2: "{{ first_name }} {{ plan }}"')
    rows = [(ANA, "Ana", "Ba\nsic", ""), (CEM, "Ce\tm", "Basic", "")]
    plan = plan_of(tmp_path, two + LIST, WITH_PLAN, *rows)
    assert [(row(plan, n)["reason_column"], row(plan, n)["reason_detail"]) for n in (0, 1)] == [
        ("plan", "the value of the placeholder 1 holds a line break"),
        (None, "the value of the placeholder 2 holds a tab"),
    ]


def test_an_sms_knows_how_many_segments_it_takes(tmp_path: Path) -> None:
    rows = [(ANA, "Ana"), (CEM, "x" * 200), (BO, "Łucja"), ("nobody", "x" * 1700), (ANA, "")]
    plan = plan_of(tmp_path, SMS + LIST, HEADER, *rows)
    assert plan.rows().collect()["segments"].to_list() == [1, 2, 1, 12, None]
    whatsapp = plan_of(tmp_path, WHATSAPP + LIST, WITH_PLAN, (ANA, "Ana", "Basic", ""))
    assert "segments" not in whatsapp.columns


def test_an_sms_that_is_longer_than_the_vendor_takes_is_refused(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, SMS + LIST, HEADER, (ANA, "x" * 1597), (CEM, "x" * 1598))
    assert verdicts(plan) == ["send", "too_long"]


def test_numbers_with_a_blocked_prefix_get_nothing(tmp_path: Path) -> None:
    blocked = 'recipients: {files: list.csv, blocked_prefixes: ["+46", "+98"]}\n'
    plan = plan_of(tmp_path, SMS + blocked, HEADER, (ANA, "Ana"), ("+46 70 174 06 05", "Cem"))
    assert verdicts(plan) == ["send", "blocked_prefix"]
    assert row(plan, 1)["reason_column"] == "phone"


def test_a_definition_may_say_what_becomes_of_a_line_break(tmp_path: Path) -> None:
    told = WHATSAPP.replace('"{{ plan }}"', """'{{ plan | replace("\\n", ", ") }}'""")
    plan = plan_of(tmp_path, told + LIST, WITH_PLAN, (ANA, "Ana", "Ba\nsic", ""))
    assert verdicts(plan) == ["send"]
    assert row(plan, 0)["template:1"] == "Ba, sic"
