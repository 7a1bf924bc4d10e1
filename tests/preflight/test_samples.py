"""Which messages and which refused rows a person is shown."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from campaign.errors import InvalidInput
from campaign.job import Job
from campaign.plan.frozen import Plan
from campaign.preflight.examples import examples
from campaign.preflight.forecast import forecast
from campaign.preflight.samples import Sample, samples
from tests.plan.planned import ANA, BO, CEM, HEADER, LIST, SMS, plan_of, write
from tests.preflight.checked import GERMAN, WITH_TEMPLATE, checked, people
from tests.preflight.test_page import agree

MANY = ("Anna", "Bert", "Cleo", "Dora", "Emil", "Fritzi", "Gül", "Hugo", "Jo", "Karl")


def by_kind(found: list[Sample]) -> dict[str, Sample]:
    return {kind: sample for sample in found for kind in sample.kinds if kind != "first"}


def test_the_shortest_longest_and_strangest_message_are_among_those_shown(tmp_path: Path) -> None:
    found = checked(tmp_path, *people(*MANY)).samples
    assert {kind: sample.texts["message:text"] for kind, sample in by_kind(found).items()} == {
        "shortest": "Hi Jo",
        "longest": "Hi Fritzi",
        "strangest": "Hi Gül",
    }
    assert [sample.row for sample in found] == [2, 3, 7, 8, 10]


def test_the_first_of_equals_is_shown(tmp_path: Path) -> None:
    found = by_kind(checked(tmp_path, *people("Anna", "Jo", "Bo", "Zoë", "Gül", "Dora")).samples)
    assert {kind: sample.row for kind, sample in found.items()} == {
        "shortest": 3,
        "longest": 2,
        "strangest": 5,
    }


@pytest.mark.parametrize("name", ["Müller", "Ana Ã¼", "<b>Ana</b>", "{first}", "Ana\u200b.", "李"])
def test_what_went_wrong_in_a_name_is_strange(tmp_path: Path, name: str) -> None:
    found = checked(tmp_path, *people("Ana", "Bo", name, "Cem", "Ida O'Neil-Smith")).samples
    assert by_kind(found)["strangest"].row == 4


def test_where_all_are_alike_none_is_named(tmp_path: Path) -> None:
    found = checked(tmp_path, *people("Zoë", "Gül", "Jår")).samples
    assert [sample.kinds for sample in found] == [("first",)] * 3


def test_only_rows_that_would_be_sent_to_are_shown(tmp_path: Path) -> None:
    rows = [("broken", "x" * 90), *people("Ana", "Bo")]
    assert {sample.row for sample in checked(tmp_path, *rows).samples} == {3, 4}


def test_a_template_is_measured_by_its_values(tmp_path: Path) -> None:
    header = ("Phone", "First Name", "Last inbound")
    rows = [(phone, name, "") for phone, name in people(*MANY)]
    found = checked(tmp_path, *rows, definition=WITH_TEMPLATE, header=header).samples
    assert by_kind(found)["longest"].texts == {"template:1": "Fritzi"}
    assert by_kind(found)["longest"].lines == ["1 = Fritzi"]


def test_each_variant_of_a_plan_is_shown(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, SMS + LIST, HEADER, *people(*MANY))
    variant = pl.when(pl.col("number") == 8).then(pl.lit("b")).otherwise(pl.lit("a"))
    path = tmp_path / "varied.parquet"
    plan.rows().with_columns(variant.alias("variant")).collect().write_parquet(
        path, metadata={"headers": '{"phone": "Phone", "first_name": "First Name"}'}
    )
    found = by_kind(samples(Plan(path, "")))
    assert (found["variant a"].row, found["variant b"].row) == (2, 10)


SPLIT = """variants:
  a: {share: 75%, text: "Hi {{ first_name }}"}
  b: {share: 25%, text: "Hello, {{ first_name }}"}
holdout: 20%
"""


def test_how_many_get_which_message_and_how_many_none_adds_up(tmp_path: Path) -> None:
    definition = SMS.replace('message: "Hi {{ first_name }}"\n', "")
    rows = [*people(*("x" * (place + 1) for place in range(60))), ("broken", "Bo")]
    found = checked(tmp_path, *rows, definition=definition, more=SPLIT)
    assert sum(found.variants.values()) == found.sendable
    assert found.sendable + found.held_out + 1 == found.planned == 61
    a, b = found.variants["a"], found.variants["b"]
    assert a > b > 0
    assert found.held_out > 0
    assert f"Variant a: {a}, b: {b}; held out: {found.held_out}." in found.headline
    shown = by_kind(found.samples)
    assert shown["variant a"].lines[0].startswith("Hi ")
    assert shown["variant b"].lines[0].startswith("Hello, ")
    agree(found)


BODY = """
name: spring
channel: whatsapp
provider: {name: synthflow, sandbox: true, agent_id: 2a886b7d-d52d-4f8b-8ea0-19d3edc79214}
sender: "+12025550100"
message:
  template:
    id: HX00000000000000000000000000000000
    header: "Dear {{1}}"
    body: "Your name is {{1}}, is it not?"
    variables: {1: "{{ first_name }}"}
"""


def test_a_template_whose_text_is_known_is_shown_as_it_is_read(tmp_path: Path) -> None:
    found = by_kind(checked(tmp_path, *people("Jo", "Fritzi"), definition=BODY).samples)
    assert found["longest"].lines == ["Dear Fritzi", "Your name is Fritzi, is it not?"]


def test_rows_that_are_odd_are_counted_and_shown_with_their_cell(tmp_path: Path) -> None:
    rows = [(f"{GERMAN.format(place)}.0", "Ana") for place in range(7)]
    named = "recipients: {files: list.csv, columns: {phone: Mobile}}\n"
    definition = SMS + named
    path = write(tmp_path, definition, ("Mobile", "First Name"), *rows, (BO, "Bo"))
    found = forecast(Job.load(path), {})
    ((code, (number, shown)),) = found.odd.items()
    assert (code, number, len(shown)) == ("repaired_decimal", 7, 5)
    assert (shown[0]["place"], shown[0]["column"]) == ("row 2", "Mobile")
    assert shown[0]["value"] == f"{GERMAN.format(0)}.0"
    assert not [warning for warning in found.warnings if ".0" in warning]
    assert found.as_dict()["odd"][0]["rows"] == 7
    agree(found)


def test_the_one_who_is_asked_for_is_the_only_sample(tmp_path: Path) -> None:
    job = Job.load(write(tmp_path, SMS + LIST, HEADER, *people("Ana", "Bo")))
    (found,) = forecast(job, {}, GERMAN.format(1)).samples
    assert (found.address, found.kinds) == (GERMAN.format(1), ("first",))
    with pytest.raises(InvalidInput, match="Nobody with the key or address"):
        forecast(job, {}, "nobody")


def test_five_examples_of_each_reason_name_the_row_and_the_cell(tmp_path: Path) -> None:
    rows = [*((f"broken {place}", "Ana") for place in range(8)), (ANA, ""), (BO, "Bo"), (BO, "Bo")]
    found = examples(plan_of(tmp_path, SMS + LIST, HEADER, *rows))
    broken = found["number_with_letters"]
    assert [row["row"] for row in broken] == [2, 3, 4, 5, 6]
    assert broken[1]["value"] == "broken 1"
    assert (broken[0]["place"], broken[0]["column"]) == ("row 2", "Phone")
    (blank,) = found["missing_variable"]
    assert (blank["row"], blank["column"], blank["value"]) == (10, "First Name", None)
    (again,) = found["duplicate"]
    assert (again["value"], again["reason_detail"]) == (BO, "duplicate of row 11")


def test_the_file_is_named_where_there_are_several(tmp_path: Path) -> None:
    definition = SMS + "recipients: [list.csv, south.csv]\n"
    south = "Phone,First Name\nhello,Bo\n" + f"{CEM},Çem\n"
    path = write(tmp_path, definition, HEADER, (ANA, "Ana"), ("x", "Bo"), south=south)
    found = forecast(Job.load(path), {})
    assert [row["place"] for row in found.examples["number_with_letters"]] == [
        "list.csv row 3",
        "south.csv row 2",
    ]
    assert [sample.place for sample in found.samples] == ["list.csv row 2", "south.csv row 3"]
    assert found.lengths is not None
    assert [one.place for one in found.lengths.characters] == []
