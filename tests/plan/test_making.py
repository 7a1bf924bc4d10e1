from __future__ import annotations

import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campaign.message.composition import TEXT
from campaign.reasons import reasons
from tests.plan.planned import (
    ANA,
    BO,
    CEM,
    HEADER,
    LIST,
    MESSENGER,
    SMS,
    WHATSAPP,
    plan_of,
    row,
    verdicts,
)


def test_every_row_is_in_the_plan_with_a_verdict_and_its_place_in_the_list(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, SMS + LIST, HEADER, (ANA, "Ana"), ("nobody", "Bo"), (CEM, ""))
    assert verdicts(plan) == ["send", "number_with_letters", "missing_variable"]
    found = plan.rows().select("number", "file", "row").collect().rows()
    assert found == [(0, "list.csv", 2), (1, "list.csv", 3), (2, "list.csv", 4)]
    assert (plan.planned, plan.sendable) == (3, 1)
    assert plan.refusals == {
        ("skipped", "missing_variable"): 1,
        ("skipped", "number_with_letters"): 1,
    }


def test_a_sendable_row_has_its_address_key_sender_and_message(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, SMS + LIST, HEADER, ("+49 171 3920000", "Ana"))
    found = row(plan, 0)
    assert (found["address"], found["identity"], found["key"]) == (ANA, ANA, ANA)
    assert (found["sender"], found["form"], found[TEXT]) == ("+12025550100", "text", "Hi Ana")


def test_the_list_is_kept_as_it_was_read_under_its_headers(tmp_path: Path) -> None:
    mapped = "recipients: {files: list.csv, columns: {first_name: Nick}}\n"
    header = ("Phone", "First Name", "Nick", "reason")
    plan = plan_of(tmp_path, SMS + mapped, header, ("+49 171 3920000", "Ana Maria", "Ana", "x"))
    found = row(plan, 0)
    assert found["in:phone"] == "+49 171 3920000"
    assert (found["in:first_name"], found["in:nick"]) == ("Ana Maria", "Ana")
    assert found["in:reason"] == "x"
    assert found["reason"] is None
    assert found[TEXT] == "Hi Ana"  # the definition's name wins
    assert plan.headers == dict(zip(("phone", "first_name", "nick", "reason"), header, strict=True))


def test_the_cell_to_blame_is_named_as_the_list_names_it(tmp_path: Path) -> None:
    mapped = "recipients: {files: list.csv, columns: {phone: Mobile, first_name: Nick}}\n"
    header = ("Phone", "Mobile", "Nick")
    plan = plan_of(tmp_path, SMS + mapped, header, (ANA, "x", "Ana"), (ANA, BO, ""))
    assert row(plan, 0)["reason_column"] == "mobile"
    assert row(plan, 1)["reason_column"] == "nick"


def test_of_two_columns_without_a_header_the_right_one_is_blamed(tmp_path: Path) -> None:
    named = "recipients: {files: list.csv, address: column_3}\n"
    header = ("First Name", "", "")
    plan = plan_of(tmp_path, SMS + named, header, ("Ana", "y", "x"), ("Ana", "x", ANA))
    assert verdicts(plan) == ["number_with_letters", "send"]
    assert row(plan, 0)["reason_column"] == "column_3"


def test_the_first_of_a_kind_is_sent_to_and_the_others_say_where_it_is(tmp_path: Path) -> None:
    plan = plan_of(
        tmp_path,
        SMS + LIST,
        HEADER,
        (ANA, "Ana"),
        (BO, "Bo"),
        ("0049 171 3920000", "Anna"),
        (ANA, ""),
    )
    # A row that another rule refuses is told by that rule.
    assert verdicts(plan) == ["send", "send", "duplicate", "missing_variable"]
    assert row(plan, 2)["reason_detail"] == "duplicate of row 2"
    assert row(plan, 2)["reason_column"] == "phone"


def test_a_repeat_of_a_row_that_was_refused_is_no_duplicate(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, SMS + LIST, HEADER, (ANA, ""), (ANA, "Ana"), (ANA, "Anna"))
    assert verdicts(plan) == ["missing_variable", "send", "duplicate"]
    assert row(plan, 2)["reason_detail"] == "duplicate of row 3"


def test_another_person_with_the_same_key_is_not_called_a_duplicate_of_the_first(
    tmp_path: Path,
) -> None:
    keyed = "recipients: {files: list.csv, key: Customer ID}\n"
    plan = plan_of(
        tmp_path,
        SMS + keyed,
        ("Customer ID", *HEADER),
        ("C1", ANA, "Ana"),
        ("C1", BO, "Bo"),
        ("C2", ANA, "Ana"),
        ("", CEM, "Cem"),
        ("C3", CEM, "Cem"),
    )
    assert verdicts(plan) == ["send", "duplicate_key", "duplicate", "missing_key", "send"]
    other = row(plan, 1)
    assert other["reason_detail"] == "row 2 has the same key and another address"
    assert (other["reason_column"], other["in:customer_id"]) == ("customer_id", "C1")
    assert row(plan, 2)["reason_detail"] == "duplicate of row 2"
    assert row(plan, 4)["key"] == "C3"


def test_a_person_on_two_files_is_named_with_the_file(tmp_path: Path) -> None:
    both = "recipients: [list.csv, more.csv]\n"
    more = f"First Name,Phone\nAnna,{ANA}\nBo,{BO}\n"
    plan = plan_of(tmp_path, SMS + both, HEADER, (ANA, "Ana"), more=more)
    assert verdicts(plan) == ["send", "duplicate", "send"]
    assert row(plan, 1)["reason_detail"] == "duplicate of list.csv row 2"
    assert row(plan, 2)["file"] == "more.csv"


SENDERS = ["+12025550100", "+12025550101", "+12025550102"]


def test_senders_take_turns_by_the_place_in_the_list_and_always_the_same(tmp_path: Path) -> None:
    spread = SMS.replace('"+12025550100"', str(SENDERS))
    rows = [(f"+49171392{number:04}", "x") for number in range(10)]
    first = plan_of(tmp_path, spread + LIST, HEADER, *rows)
    senders = first.rows().select("sender").collect()["sender"].to_list()
    assert senders == [SENDERS[number % 3] for number in range(10)]
    again = plan_of(tmp_path, spread + LIST, HEADER, *rows)
    assert again.hash == first.hash


def test_refused_rows_do_not_change_whose_turn_it_is(tmp_path: Path) -> None:
    spread = SMS.replace('"+12025550100"', str(SENDERS))
    plan = plan_of(tmp_path, spread + LIST, HEADER, ("x", "x"), (ANA, "Ana"))
    assert row(plan, 1)["sender"] == SENDERS[1]


def test_without_a_sender_there_is_none(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, MESSENGER + LIST, ("User ID",), ("user-1",))
    assert row(plan, 0)["sender"] is None
    assert verdicts(plan) == ["send"]


def test_the_campaigns_own_number_is_not_written_to(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, SMS + LIST, HEADER, ("+1 202 555 0100", "Us"))
    assert verdicts(plan) == ["sender_is_recipient"]


def test_where_chooses_rows_and_everybody_else_is_filtered(tmp_path: Path) -> None:
    chosen = (
        "recipients: {files: list.csv, where: \"country = 'DE' AND TRY_CAST(age AS INT) > 17\"}"
    )
    plan = plan_of(
        tmp_path,
        f"{SMS}{chosen}\n",
        (*HEADER, "Country", "Age"),
        (ANA, "Ana", "DE", "18"),
        (BO, "Bo", "US", "40"),
        (CEM, "Cem", "", "40"),
        (BO, "Bo", "DE", "old"),
        ("", "", "", ""),
    )
    assert verdicts(plan) == ["send", "filtered", "filtered", "filtered", "filtered"]


def test_each_recipient_gets_the_form_that_its_window_allows(tmp_path: Path) -> None:
    now = datetime.now(UTC)
    hour, days = (now - timedelta(hours=1)).isoformat(), (now - timedelta(days=2)).isoformat()
    plan = plan_of(
        tmp_path,
        WHATSAPP + LIST,
        (*HEADER, "Plan", "Last inbound"),
        (ANA, "Ana", "", hour),  # open: the template's blank does not matter
        (BO, "", "Basic", days),  # closed: the text's blank does not matter
        (CEM, "Cem", "", ""),  # not known, so the template, which lacks its value
    )
    assert verdicts(plan) == ["send", "send", "missing_variable"]
    forms = plan.rows().select("form").collect()["form"].to_list()
    assert forms == ["text", "template", "template"]
    assert row(plan, 2)["reason_column"] == "plan"


def test_skip_means_that_a_closed_window_gets_nothing(tmp_path: Path) -> None:
    skip = WHATSAPP.replace("{column: last_inbound}", "{column: last_inbound, outside: skip}")
    rows = [(ANA, "Ana", "Basic", ""), (BO, "Bo", "Basic", "yesterday")]
    plan = plan_of(tmp_path, skip + LIST, (*HEADER, "Plan", "last_inbound"), *rows)
    assert verdicts(plan) == ["window_closed", "window_closed"]
    assert row(plan, 1)["reason_column"] == "last_inbound"


def test_suppressed_people_are_skipped_however_their_number_is_written(tmp_path: Path) -> None:
    lists = f"{SMS}{LIST}suppress: [opt_outs.csv, more.csv]\n"
    plan = plan_of(
        tmp_path,
        lists,
        HEADER,
        (ANA, "Ana"),
        (BO, "Bo"),
        (CEM, "Cem"),
        opt_outs="Phone,Since\n+49 171 392-0000,2020\n,\n",
        more=f"{BO}\n",
    )
    assert verdicts(plan) == ["suppressed", "suppressed", "send"]


_CELLS = st.sampled_from(
    [
        *(ANA, "+49 171 3920000", BO, CEM, "", " ", "nobody", "4.9171E+11", "0171 3920000"),
        *(f"{ANA}; {BO}", "'+491713920000", "491713920000.0", "+49 1", "+12025550100", "\u200b"),
    ]
)
_NAMES = st.sampled_from(["Ana", "", "{{ x }}", "Ünï 👍", 'quo"te', "a,b", "line\nbreak"])
_ROWS = st.lists(st.tuples(_CELLS, _NAMES, st.sampled_from(["C1", "C2", "C3", ""])), min_size=1)


@given(rows=_ROWS.filter(lambda rows: any(any(cell.strip() for cell in row) for row in rows)))
@settings(max_examples=60, deadline=None)
def test_whatever_the_list_every_row_has_exactly_one_verdict(
    rows: Sequence[tuple[str, str, str]],
) -> None:
    keyed = "recipients: {files: list.csv, key: Key}\n"
    with tempfile.TemporaryDirectory() as folder:
        plan = plan_of(Path(folder), SMS + keyed, (*HEADER, "Key"), *rows)
        found = plan.rows().collect()
        assert found["number"].to_list() == list(range(len(rows)))
        assert found["verdict"].is_in(["send", "skipped"]).all()
        sent = found.filter(verdict="send")
        refused = found.filter(pl.col("verdict") != "send")
        assert plan.planned == len(rows) == sent.height + refused.height
        assert plan.sendable == sent.height
        assert sum(plan.refusals.values()) == refused.height
        # Nobody twice, nothing blank, and a reason for everybody else.
        assert sent["identity"].is_unique().all()
        assert sent["key"].is_unique().all()
        assert sent.select("address", "identity", "key", TEXT).null_count().sum_horizontal()[0] == 0
        assert sent["reason"].null_count() == sent.height
        assert set(refused["reason"]) <= set(reasons())
        # Whoever could be sent to and is not, is a duplicate of somebody who is, or has their key.
        assert (
            refused.filter(reason="duplicate")["identity"].is_in(sent["identity"].implode()).all()
        )
        for one in refused.filter(reason="duplicate_key").iter_rows(named=True):
            assert one["key"] in sent.filter(pl.col("number") < one["number"])["key"]
            assert one["identity"] not in sent["identity"]
        assert [todo.number for batch in plan.todo() for todo in batch] == sent["number"].to_list()


def test_an_own_column_name_in_the_list_disturbs_nothing(tmp_path: Path) -> None:
    header = (*HEADER, "verdict", "reason", "sender", "number", "file", "row", "key", "form", "_id")
    plan = plan_of(tmp_path, SMS + LIST, header, (ANA, "Ana", *"abcdefghi"))
    assert verdicts(plan) == ["send"]
    assert row(plan, 0)["in:verdict"] == "a"
    assert row(plan, 0)["in:id"] == "i"


@pytest.mark.parametrize("column", ["range", "dict", "missing", "text"])
def test_any_header_can_be_a_variable(tmp_path: Path, column: str) -> None:
    text = SMS.replace("{{ first_name }}", "{{ %s }}" % column)  # noqa: UP031
    plan = plan_of(tmp_path, text + LIST, ("Phone", column), (ANA, "x"), (BO, ""))
    assert verdicts(plan) == ["send", "missing_variable"]
    assert row(plan, 0)[TEXT] == "Hi x"


def test_a_condition_about_the_whole_list_is_asked_of_the_whole_list_for_repeats_too(
    tmp_path: Path,
) -> None:
    where = 'recipients: {files: list.csv, where: "age = MAX(age)"}'
    rows = [(ANA, "Ana", "5"), (ANA, "Ana", "5"), (BO, "Bo", "9")]
    plan = plan_of(tmp_path, SMS + where, (*HEADER, "age"), *rows)
    assert verdicts(plan) == ["filtered", "filtered", "send"]


def test_a_row_that_is_refused_by_what_it_says_refuses_no_repeat_of_it(tmp_path: Path) -> None:
    rows = [(ANA, ""), (ANA, "Ana"), (ANA, "Ana"), (BO, "Bo")]
    plan = plan_of(tmp_path, SMS + LIST, HEADER, *rows)
    assert verdicts(plan) == ["missing_variable", "send", "duplicate", "send"]
    assert row(plan, 2)["reason_detail"] == "duplicate of row 3"
