"""A reply that was heard opens the 24-hour window for the next plan, in check and run alike."""

from __future__ import annotations

import time
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import campaign
from campaign.api import Campaign
from campaign.channel import Channel
from campaign.ledger.delivery_records import Inbound
from tests.run.campaigns import Recipe
from tests.run.lists import number
from tests.run.truth import results_of

OURS, OTHER = "+12025550100", "+12025550199"
TEXT_OR_TEMPLATE = "message:\n  text: Hi\n  template: {id: HX" + "0" * 32 + "}\n"
HOUR = timedelta(hours=1)


def loaded(folder: Path, message: str = TEXT_OR_TEMPLATE, columns: str = "") -> Campaign:
    recipe = Recipe("synthflow", Channel.WHATSAPP, message=message + columns)
    return campaign.load(recipe.write(folder, "list.csv", None))


def heard(one: Campaign, person: int, ago: timedelta, sender: str = OURS, **more: str) -> None:
    at = round((time.time() - ago.total_seconds()) * 1000)
    kind, channel = more.get("kind", "number"), more.get("channel", "whatsapp")
    provider = more.get("provider", "synthflow")
    with closing(one.job.ledger({}).open()) as ledger:
        ledger.heard_from([Inbound(kind, number(person), channel, sender, at, provider)])


def forms(one: Campaign) -> list[str]:
    """Return in which form each of the list would get the message, by what a check shows."""
    summary = one.run()
    assert summary.exit_code == 0
    with one.view() as view:
        return view.plan.rows().collect()["form"].to_list()


def people(folder: Path, *cells: str) -> None:
    header = "Phone,First Name,Plan" + (",Wrote\n" if cells[0] else "\n")
    rows = [f"{number(n)},Ana,x" + (f",{c}\n" if c else "\n") for n, c in enumerate(cells)]
    (folder / "list.csv").write_text(header + "".join(rows), encoding="utf-8")


def test_a_reply_opens_the_window_though_the_list_has_no_such_column(tmp_path: Path) -> None:
    people(tmp_path, "", "", "")
    one = loaded(tmp_path)
    heard(one, 0, HOUR)
    heard(one, 1, 25 * HOUR)
    assert forms(one) == ["text", "template", "template"]


def test_an_answer_that_another_provider_told_of_opens_no_window(tmp_path: Path) -> None:
    people(tmp_path, "", "", "")
    one = loaded(tmp_path)
    heard(one, 0, HOUR, "", provider="sendbird")
    heard(one, 1, HOUR, "")
    assert forms(one) == ["template", "text", "template"]


def test_without_a_column_what_was_heard_alone_opens_the_window(tmp_path: Path) -> None:
    people(tmp_path, "", "")
    one = loaded(tmp_path, "message: Hi\n", "window: {outside: skip}\n")
    heard(one, 0, HOUR)
    summary = one.run()
    assert [line["state"] for line in results_of(summary)] == ["accepted", "skipped"]
    assert summary.reasons["skipped", "window_closed"] == 1


@pytest.mark.parametrize(
    ("sender", "more", "form"),
    [
        (OURS, {}, "text"),
        ("", {}, "text"),
        (OTHER, {}, "template"),
        (OURS, {"channel": "sms"}, "template"),
        (OURS, {"kind": "user_id"}, "template"),
    ],
    ids=["ours", "not said", "another number of ours", "another channel", "another kind"],
)
def test_a_window_belongs_to_one_channel_and_one_number_of_ours(
    tmp_path: Path, sender: str, more: dict[str, str], form: str
) -> None:
    people(tmp_path, "")
    one = loaded(tmp_path)
    heard(one, 0, HOUR, "+12025550101" if sender == OURS else sender, **more)
    assert forms(one) == [form]


def test_the_later_of_what_the_list_and_the_ledger_say_counts_and_no_future_does(
    tmp_path: Path,
) -> None:
    now = datetime.now(UTC)
    old, new, ahead = (
        (now - ago).isoformat(timespec="seconds") for ago in (48 * HOUR, HOUR, -HOUR)
    )
    people(tmp_path, old, new, ahead, "nonsense", old, ahead, new)
    one = loaded(tmp_path, columns="window: {column: Wrote}\n")
    for person, ago in enumerate([HOUR, 48 * HOUR, HOUR, HOUR, -HOUR, -HOUR, -HOUR]):
        heard(one, person, ago)
    assert forms(one) == ["text"] * 4 + ["template"] * 2 + ["text"]


def test_a_check_shows_the_same_as_the_run_and_a_resume_keeps_the_plan(tmp_path: Path) -> None:
    people(tmp_path, "", "")
    one = loaded(tmp_path)
    heard(one, 0, HOUR)
    shown = one.plan()
    assert {sample.form for sample in shown.samples} == {"text", "template"}
    summary = one.run(limit=1)
    assert summary.exit_code == 5
    heard(one, 1, HOUR)
    summary = one.run()
    assert [line["state"] for line in results_of(summary)] == ["accepted", "accepted"]
    with one.view() as view:
        assert view.plan.rows().collect()["form"].to_list() == ["text", "template"]
