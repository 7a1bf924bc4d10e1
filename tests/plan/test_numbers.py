"""What a plan makes of numbers that are damaged, doubtful, or written in two ways."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from campaign.files import sha256_of
from campaign.job import Job
from campaign.ledger.records import State
from campaign.plan.frozen import Plan
from campaign.plan.replanning import Kept, remake
from tests.plan.planned import ANA, BO, HEADER, LIST, SMS, plan_of, row, verdicts

AGENT = SMS.replace("channel: sms", "channel: whatsapp").replace(
    'message: "Hi {{ first_name }}"',
    "message: {template: {id: HX00000000000000000000000000000000}}",
)
TWO_FORMS = [("+5491123456789", "Ana"), ("+541123456789", "Ana"), (BO, "Bo")]


def _warned(plan: Plan) -> list[str | None]:
    found: list[str | None] = plan.rows().select("warning").collect()["warning"].to_list()
    return found


def _suppressing(definition: str, *entries: str) -> tuple[str, str]:
    return definition + LIST + "suppress: opt_outs.csv\n", "\n".join(["Phone", *entries, ""])


def test_a_repaired_number_is_sent_to_and_told_with_its_count_and_first_row(
    tmp_path: Path,
) -> None:
    damaged = [(f"{number}.0", "x") for number in (ANA, BO)]
    plan = plan_of(tmp_path, SMS + LIST, HEADER, ("+46701740605", "Cem"), *damaged)
    assert verdicts(plan) == ["send"] * 3
    assert row(plan, 1)["address"] == ANA
    assert row(plan, 1)["in:phone"] == f"{ANA}.0"
    assert _warned(plan) == [None, "repaired_decimal", "repaired_decimal"]
    (told,) = plan.warnings()
    assert told == (
        "The number ended in .0, which was taken off. 2 rows, first in row 3 of list.csv. Export "
        "the column as text, not as a decimal number."
    )


def test_a_single_row_is_named_alone(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, SMS + LIST, HEADER, ("4.91713920000E+11", "Ana"), (BO, "Bo"))
    assert verdicts(plan) == ["missing_region", "send"]
    plan = plan_of(tmp_path, SMS + LIST, HEADER, ("+4.91713920000E+11", "Ana"), (BO, "Bo"))
    assert verdicts(plan) == ["send", "send"]
    (told,) = plan.warnings()
    assert ". That is row 2 of list.csv. " in told


def test_a_row_that_is_not_sent_to_is_not_warned_of(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, SMS + LIST, HEADER, (f"{ANA}.0", ""), (ANA, "Ana"), (f"{ANA}.0", "x"))
    assert verdicts(plan) == ["missing_variable", "send", "duplicate"]
    assert _warned(plan) == [None] * 3
    assert plan.warnings() == []


def test_two_forms_of_a_number_are_one_person_and_the_first_is_sent_to_as_it_is(
    tmp_path: Path,
) -> None:
    plan = plan_of(tmp_path, AGENT + LIST, HEADER, *TWO_FORMS)
    assert verdicts(plan) == ["send", "duplicate", "send"]
    assert row(plan, 0)["address"] == row(plan, 0)["key"] == "+5491123456789"
    assert _warned(plan) == [None, "whatsapp_variant", None]
    (told,) = plan.warnings()
    assert ". That is row 3 of list.csv. " in told


@pytest.mark.parametrize(
    ("entry", "number"),
    [
        ("+5491123456789", "+541123456789"),
        ("+541123456789", "+5491123456789"),
        ("+52 1 55 1234 5678", "+525512345678"),
        ("+553196883193", "+5531996883193"),
        ("+5531996883193", "+5531996883193"),
    ],
)
@pytest.mark.parametrize("definition", [SMS, AGENT], ids=["sms", "whatsapp"])
def test_whoever_opted_out_under_one_form_is_not_messaged_under_another(
    tmp_path: Path, definition: str, entry: str, number: str
) -> None:
    definition, opt_outs = _suppressing(definition, entry)
    plan = plan_of(tmp_path, definition, HEADER, (number, "Ana"), (BO, "Bo"), opt_outs=opt_outs)
    expected = ["suppressed", "send"]
    if "channel: sms" in definition and number == "+541123456789":
        expected[0] = "wrong_number_type"  # without its 9 it is a fixed line
    assert verdicts(plan) == expected


def test_a_sender_is_no_recipient_under_another_form(tmp_path: Path) -> None:
    definition = AGENT.replace("+12025550100", "+541123456789") + LIST
    plan = plan_of(tmp_path, definition, HEADER, ("+5491123456789", "us"), (BO, "Bo"))
    assert verdicts(plan) == ["sender_is_recipient", "send"]


def test_a_fixed_line_gets_no_sms_and_whatsapp_with_a_warning(tmp_path: Path) -> None:
    people = [("+493012345678", "Ana"), (BO, "Bo")]
    plan = plan_of(tmp_path, SMS + LIST, HEADER, *people)
    assert verdicts(plan) == ["wrong_number_type", "send"]
    assert row(plan, 0)["reason_detail"] == "fixed_line"
    assert row(plan, 0)["reason_column"] == "phone"
    plan = plan_of(tmp_path, AGENT + LIST, HEADER, *people)
    assert verdicts(plan) == ["send", "send"]
    assert _warned(plan) == ["fixed_line_number", None]


def test_a_country_that_nobody_can_read_is_blamed_itself_and_its_code_is_named(
    tmp_path: Path,
) -> None:
    placed = "recipients: {files: list.csv, country: Land}\n"
    countries = ("UK", " Deutschland", "u.s.a.", "Utopia", "Germany", "GB")
    rows = [("07911 123456", "Ana", country) for country in countries]
    rows[4] = ("+49 171 3920000", "Bo", "Germany")
    plan = plan_of(tmp_path, SMS + placed, (*HEADER, "Land"), *rows)
    assert verdicts(plan) == ["unknown_region"] * 4 + ["send"] * 2
    said = [row(plan, number)["reason_detail"] for number in range(4)]
    assert said == ["write GB", "write DE", "write US", None]
    assert row(plan, 0)["reason_column"] == "land"


def test_an_old_form_of_a_number_is_refused_with_the_one_that_is_dialled_today(
    tmp_path: Path,
) -> None:
    people = [("+52 1 55 1234 5679", "Ana"), ("+553196883193", "Bo"), ("+52155", "Cem")]
    plan = plan_of(tmp_path, AGENT + LIST, HEADER, *people)
    assert verdicts(plan) == ["old_whatsapp_form", "old_whatsapp_form", "invalid_number"]
    said = [row(plan, number)["reason_detail"] for number in range(3)]
    assert said == ["+525512345679", "+5531996883193", None]


def test_excels_text_mark_is_taken_off_a_number_and_told(tmp_path: Path) -> None:
    people = [("'+49 171 3920000", "Ana"), ("'Bo", "Bo"), (f"’{BO}", "Bo")]
    plan = plan_of(tmp_path, SMS + LIST, HEADER, *people)
    assert verdicts(plan) == ["send", "excel_apostrophe", "send"]
    assert (row(plan, 0)["address"], row(plan, 2)["address"]) == (ANA, BO)
    assert _warned(plan) == ["repaired_apostrophe", None, "repaired_apostrophe"]


def test_a_number_that_could_exist_is_sent_to_where_the_definition_is_lenient(
    tmp_path: Path,
) -> None:
    people = [("+447700900123", "Ana"), (BO, "Bo")]
    assert verdicts(plan_of(tmp_path, SMS + LIST, HEADER, *people))[0] == "invalid_number"
    lenient = SMS + "recipients: {files: list.csv, validity: lenient}\n"
    plan = plan_of(tmp_path, lenient, HEADER, *people)
    assert verdicts(plan) == ["send", "send"]
    assert _warned(plan) == ["number_not_known", None]


def test_an_opt_out_is_read_as_the_list_is(tmp_path: Path) -> None:
    said = "{files: list.csv, validity: lenient, digits_are_international: yes}"
    definition = f"{SMS}recipients: {said}\nsuppress: opt_outs.csv\n"
    people = [("447700900123", "Ana"), ("4915112345678", "Cem"), (BO, "Bo")]
    opt_outs = "Phone\n447700900123\n4915112345678\n"
    plan = plan_of(tmp_path, definition, HEADER, *people, opt_outs=opt_outs)
    assert verdicts(plan) == ["suppressed", "suppressed", "send"]


def test_a_plan_from_before_there_were_warnings_has_none(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, SMS + LIST, HEADER, (f"{ANA}.0", "Ana"))
    old = tmp_path / "old.parquet"
    plan.rows().drop("warning").collect().write_parquet(old)
    assert Plan(old, "").warnings() == []


def _first_was_sent_to(plan: Plan) -> Kept:
    rows = plan.rows().select("number", "key", "identity").head(1).collect()
    sent = rows.with_columns(state=pl.lit(State.ACCEPTED.value), refused=pl.lit(value=False))
    return Kept(sent, next_number=plan.planned)


def test_a_number_that_was_sent_to_before_its_forms_were_one_is_not_sent_to_under_another(
    tmp_path: Path,
) -> None:
    definition = AGENT + "recipients: {files: list.csv, key: ID}\n"
    header = ("ID", *HEADER)
    first = plan_of(tmp_path, definition, header, ("1", "+5491123456789", "Ana"))
    before = tmp_path / "before.parquet"
    first.rows().with_columns(identity="address").drop("warning").collect().write_parquet(
        before, metadata=pl.read_parquet_metadata(first.path)
    )
    plan_of(tmp_path, definition, header, ("2", "+541123456789", "Ana"), ("3", BO, "Bo"))
    job = Job.load(tmp_path / "campaign.yaml")
    old = Plan(before, sha256_of(before))
    question = job.question(job.suppressed())
    remade = remake(old, question, tmp_path / "again.parquet", _first_was_sent_to(old))
    assert [todo.key for batch in remade.plan.todo(without=lambda *_: [0]) for todo in batch] == [
        "3"
    ]


def test_a_new_plan_still_says_what_was_odd_about_those_who_keep_the_earlier_one(
    tmp_path: Path,
) -> None:
    definition = SMS + "recipients: {files: list.csv, key: ID}\n"
    header = ("ID", *HEADER)
    first = plan_of(tmp_path, definition, header, ("1", f"{ANA}.0", "Ana"))
    old = Plan(first.path.rename(tmp_path / "first.parquet"), first.hash)
    plan_of(tmp_path, definition, header, ("1", ANA, "Ana"), ("2", BO, "Bo"))
    job = Job.load(tmp_path / "campaign.yaml")
    question = job.question(job.suppressed())
    remade = remake(old, question, tmp_path / "again.parquet", _first_was_sent_to(old))
    assert _warned(remade.plan) == ["repaired_decimal", None]
