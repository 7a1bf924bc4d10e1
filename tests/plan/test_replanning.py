"""A new plan for a run in which somebody has an outcome: who is who, and what is left as it is."""

from __future__ import annotations

import csv
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import polars as pl
import pytest

from campaign.errors import InvalidInput, LedgerError
from campaign.ledger.records import State
from campaign.plan.frozen import Plan
from campaign.reporting.results import write_results
from tests.plan.planned import ANA, BO, CEM, WHATSAPP
from tests.plan.replanned import KEYED, Story, rows_by_key

DORA = "+491713920003"
LIST = (("A", ANA, "Ana"), ("B", BO, "Bo"), ("C", CEM, "Cem"))


@pytest.fixture
def story(tmp_path: Path) -> Iterator[Story]:
    found = Story(tmp_path)
    yield found
    found.ledger.close()


def left(story: Story, plan: Plan) -> list[tuple[str, str, str | None]]:
    return [(one.key, one.address, one.text) for one in story.left(plan)]


def results(story: Story, plan: Plan) -> list[dict[str, str]]:
    path = story.folder / "results.csv"
    write_results(plan, story.ledger, story.run_id, path)
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def files(story: Story) -> set[str]:
    return {path.name for path in story.place.run_folder.iterdir()}


def test_who_is_new_is_added_and_who_is_pending_is_corrected(story: Story) -> None:
    story.bring(story.plan(*LIST), {"A": State.ACCEPTED, "B": State.PENDING})
    corrected = ("B", DORA, "Bob")
    plan = story.plan(LIST[0], corrected, LIST[2], ("E", "+491713920004", "Emil"), replan=True)
    assert left(story, plan) == [
        ("B", DORA, "Hi Bob"),
        ("C", CEM, "Hi Cem"),
        ("E", "+491713920004", "Hi Emil"),
    ]
    (sentence,) = story.told
    assert sentence == (
        "The run has a new plan: 1 added, 1 of the pending changed, 0 no longer to be sent to, "
        "1 with an outcome left as they are."
    )
    assert [what for _, what, _ in story.ledger.events(story.run_id)] == ["replanned"]


def test_who_has_the_message_keeps_what_was_sent_and_shows_the_cells_of_the_new_list(
    story: Story,
) -> None:
    story.bring(story.plan(*LIST), {"A": State.ACCEPTED})
    plan = story.plan(("Z", DORA, "Zoe"), ("A", "+491713920004", "Anna"), replan=True)
    assert [key for key, _, _ in left(story, plan)] == ["Z"]
    row = rows_by_key(plan)["A"]
    assert (row["number"], row["address"], row["message:text"]) == (0, ANA, "Hi Ana")
    assert (row["row"], row["in:first_name"]) == (3, "Anna")


@pytest.mark.parametrize(
    "state",
    [
        State.SENDING,
        State.ACCEPTED,
        State.SCHEDULED,
        State.FAILED,
        State.UNKNOWN,
        State.HELD,
    ],
)
def test_who_has_an_outcome_is_not_sent_to_under_another_key_either(
    story: Story, state: State
) -> None:
    story.bring(story.plan(*LIST), {"A": state})
    plan = story.plan(("A2", ANA, "Ana"), *LIST[1:], replan=True)
    assert [key for key, _, _ in left(story, plan)] == ["B", "C"]
    assert [line["ID"] for line in results(story, plan)] == ["A2", "B", "C"]


def test_an_unknown_whom_a_person_gave_up_may_have_the_message_and_is_not_sent_to(
    story: Story,
) -> None:
    story.bring(story.plan(*LIST), {"A": State.UNKNOWN})
    story.decide("A", State.UNKNOWN, State.SKIPPED, reason="resolved_skip")
    plan = story.plan(("A2", ANA, "Ana"), *LIST[1:], replan=True)
    assert [key for key, _, _ in left(story, plan)] == ["B", "C"]


def test_a_second_row_of_somebody_who_has_an_outcome_is_refused_and_names_the_first(
    story: Story,
) -> None:
    story.bring(story.plan(*LIST), {"A": State.ACCEPTED})
    plan = story.plan(("A", DORA, "Ana"), ("A2", ANA, "Ana"), replan=True)
    (line,) = [line for line in results(story, plan) if line["ID"] == "A2"]
    assert (line["state"], line["reason"]) == ("skipped", "claimed_before")
    assert line["detail"] == "the same recipient as row 2"
    assert left(story, plan) == []
    with (story.place.run_folder / "rejects.csv").open(newline="", encoding="utf-8") as file:
        assert [(reject["row"], reject["code"]) for reject in csv.DictReader(file)] == [
            ("3", "claimed_before")
        ]


def test_who_was_tried_and_is_no_longer_on_the_list_is_removed(story: Story) -> None:
    story.bring(story.plan(*LIST), {"A": State.ACCEPTED, "B": State.PENDING})
    plan = story.plan(LIST[0], replan=True)
    assert left(story, plan) == []
    assert story.entries()["B"].reason == "removed"
    assert [(line["ID"], line["state"]) for line in results(story, plan)] == [
        ("A", "accepted"),
        ("B", "skipped"),
    ]
    assert "2 no longer to be sent to" in story.told[0]


def test_who_was_removed_stands_in_nobodys_way(story: Story) -> None:
    story.bring(story.plan(*LIST), {"A": State.ACCEPTED, "B": State.PENDING})
    story.plan(LIST[0], ("B2", BO, "Bo"), replan=True)
    plan = story.again(replan=True)
    assert left(story, plan) == [("B2", BO, "Hi Bo")]


def test_who_has_the_message_and_has_opted_out_since_is_one_line_and_not_two(story: Story) -> None:
    definition = KEYED + "suppress: opt_outs.csv\n"
    nobody = "Phone\n"
    story.bring(
        story.plan(*LIST, definition=definition, opt_outs=nobody),
        {"A": State.ACCEPTED, "B": State.PENDING},
    )
    plan = story.plan(
        *LIST, definition=definition, opt_outs=f"Phone\n{ANA}\n{BO}\n{CEM}\n", replan=True
    )
    assert [(line["ID"], line["state"], line["reason"]) for line in results(story, plan)] == [
        ("A", "accepted", ""),
        ("B", "skipped", "suppressed"),
        ("C", "skipped", "suppressed"),
    ]


def test_who_is_off_the_list_of_opt_outs_is_added_though_nothing_else_differs(
    story: Story,
) -> None:
    definition = KEYED + "suppress: opt_outs.csv\n"
    first = story.plan(*LIST, definition=definition, opt_outs=f"Phone\n{BO}\n")
    story.bring(first, {"A": State.ACCEPTED})
    (story.folder / "opt_outs.csv").write_text("Phone\n", encoding="utf-8")
    assert [key for key, _, _ in left(story, story.again())] == ["C"]
    assert [key for key, _, _ in left(story, story.again(replan=True))] == ["B", "C"]


def test_nothing_is_replaced_where_nothing_differs(story: Story) -> None:
    first = story.plan(*LIST)
    story.bring(first, {"A": State.ACCEPTED})
    before = files(story)
    assert story.again(replan=True) == first
    assert files(story) == before
    assert story.told == ["Nothing differs from the plan of this run, so it stays as it is."]


def test_a_template_that_changed_has_only_its_own_placeholders(story: Story) -> None:
    one = WHATSAPP + "recipients: {files: list.csv, key: ID}\n"
    two = one.replace('{1: "{{ plan }}"}', '{1: "{{ first_name }}", 2: "{{ plan }}"}')
    header = ("ID", "Phone", "First Name", "Plan", "last_inbound")
    rows = [(*row, "Basic", "") for row in LIST[:2]]
    first = story.plan(*rows, definition=two, header=header)
    story.bring(first, {"A": State.ACCEPTED})
    for definition, values in (
        (one, {"1": "Basic"}),
        (two, {"1": "Bo", "2": "Basic"}),
        (one, {"1": "Basic"}),
    ):
        plan = story.plan(*rows, definition=definition, header=header, replan=True)
        assert [todo.template for todo in story.left(plan)] == [values]
        row = rows_by_key(plan)["A"]
        assert (row["template:1"], row["earlier:template:2"]) == ("Ana", "Basic")


def test_who_is_pending_again_gets_what_the_definition_says_now(story: Story) -> None:
    story.bring(story.plan(*LIST), {"A": State.FAILED, "B": State.FAILED})
    changed = KEYED.replace("Hi {{", "Hello {{")
    rows = (("A", DORA, "Ana"), LIST[2])
    plan = story.plan(*rows, definition=changed, replan=True)
    assert left(story, plan) == [("C", CEM, "Hello Cem")]
    story.decide("A", State.FAILED, State.PENDING)
    story.decide("B", State.FAILED, State.PENDING)
    assert left(story, plan) == [("C", CEM, "Hello Cem")]
    plan = story.again()
    assert left(story, plan) == [("A", DORA, "Hello Ana"), ("C", CEM, "Hello Cem")]
    assert story.entries()["B"].reason == "removed"
    assert story.ledger.broken(story.run_id) == []


def test_who_is_pending_again_is_sent_to_though_nothing_differs_for_them(story: Story) -> None:
    story.bring(story.plan(*LIST[:2]), {"A": State.FAILED, "B": State.ACCEPTED})
    story.plan(*LIST[:2], ("D", DORA, "Dora"), replan=True)
    story.decide("A", State.FAILED, State.PENDING)
    assert left(story, story.again()) == [("A", ANA, "Hi Ana"), ("D", DORA, "Hi Dora")]


def test_columns_that_come_and_go_are_all_in_the_results(story: Story) -> None:
    story.bring(story.plan(*LIST), {"A": State.ACCEPTED, "B": State.ACCEPTED})
    rows = [("A", ANA, "Ana", "1"), ("E", DORA, "Emil", "2")]
    header = ("ID", "Phone", "Nick", "Shoe size")
    changed = KEYED.replace("first_name", "nick")
    plan = story.plan(*rows, definition=changed, header=header, replan=True)
    lines = results(story, plan)
    found = [(line["ID"], line["First Name"], line["Nick"], line["Shoe size"]) for line in lines]
    assert found == [("A", "", "Ana", "1"), ("B", "Bo", "", ""), ("E", "", "Emil", "2")]


def test_without_being_asked_a_changed_list_is_refused_and_the_way_out_is_named(
    story: Story,
) -> None:
    story.bring(story.plan(*LIST), {"A": State.ACCEPTED})
    with pytest.raises(InvalidInput, match=r"another recipient list.*say --replan to add"):
        story.plan(*LIST[:2])


def test_another_provider_or_channel_is_refused_though_it_was_asked_for(story: Story) -> None:
    story.bring(story.plan(*LIST), {"A": State.ACCEPTED})
    changed = KEYED.replace("2a886b7d", "3a886b7d")
    with pytest.raises(InvalidInput, match="another `provider`") as caught:
        story.plan(*LIST, definition=changed, replan=True)
    assert "--replan" not in str(caught.value)


def test_a_list_that_cannot_be_read_leaves_everything_as_it_was(story: Story) -> None:
    first = story.plan(*LIST)
    story.bring(first, {"A": State.ACCEPTED})
    before = files(story)
    with pytest.raises(InvalidInput):
        story.plan(*LIST, ("D", DORA, "Dora", "one too many"), replan=True)
    assert files(story) == before
    assert story.plan(*LIST) == first


def test_a_plan_that_was_lost_is_not_replaced(story: Story) -> None:
    first = story.plan(*LIST)
    story.bring(first, {"A": State.ACCEPTED})
    first.path.unlink()
    with pytest.raises(InvalidInput, match="the plan of this run is missing"):
        story.plan(*LIST[:2], replan=True)


def test_where_the_ledger_cannot_be_written_the_old_plan_stays_in_force(story: Story) -> None:
    first = story.plan(*LIST)
    story.bring(first, {"A": State.ACCEPTED, "B": State.PENDING})
    with closing(sqlite3.connect(story.folder / "ledger.db")) as db, db:
        db.execute(
            "CREATE TRIGGER full BEFORE UPDATE OF plan_path ON run "
            "BEGIN SELECT RAISE(ABORT, 'the disk is full'); END"
        )
    with pytest.raises(LedgerError):
        story.plan(LIST[0], replan=True)
    with closing(sqlite3.connect(story.folder / "ledger.db")) as db, db:
        db.execute("DROP TRIGGER full")
    assert story.plan(*LIST) == first
    assert [key for key, _, _ in left(story, first)] == ["B", "C"]
    assert [key for key, _, _ in left(story, story.plan(*LIST[:2], replan=True))] == ["B"]


def test_one_recipient_is_picked_as_the_new_plan_has_them(story: Story) -> None:
    story.bring(story.plan(*LIST), {"A": State.ACCEPTED, "B": State.PENDING})
    plan = story.plan(LIST[0], ("B", DORA, "Bo"), replan=True)
    assert [story.is_left(plan, name) for name in ("A", ANA, "B", DORA, BO)] == [
        False,
        False,
        True,
        True,
        False,
    ]


def test_a_long_list_is_read_to_the_end_though_its_numbers_have_gaps(story: Story) -> None:
    rows = [(f"K{n}", f"+1202{2_000_000 + n}", "Ana") for n in range(300)]
    story.bring(story.plan(*rows), {f"K{n}": State.ACCEPTED for n in range(0, 300, 3)})
    plan = story.plan(*reversed(rows), ("new", ANA, "Ana"), replan=True)
    wanted = {key for n, (key, _, _) in enumerate(rows) if n % 3} | {"new"}
    assert {key for key, _, _ in left(story, plan)} == wanted
    lines = results(story, plan)
    assert len(lines) == 301
    assert sum(line["state"] == "accepted" for line in lines) == 100
    assert plan.rows().select(pl.col("number").is_sorted()).collect().item()
