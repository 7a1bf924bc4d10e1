"""The report says what the ledger holds: each figure is counted here once more, by hand."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from statistics import mean, median
from zoneinfo import ZoneInfo

import polars as pl
import pytest

from campaign.ledger.delivery_records import Delivery, Inbound, Observation
from campaign.ledger.records import Claim
from campaign.plan.frozen import Plan
from campaign.reporting.figures import Kind, Report
from campaign.reporting.holdout import wrote
from campaign.reporting.intervals import newcombe, wilson
from campaign.reporting.stopped import asked_to_stop
from tests.reporting.reading import lines_of
from tests.reporting.stage import (
    Stage,
    stage,
    what_people_did,
)


def seconds(line: dict[str, str], first: str, last: str) -> float:
    one, other = (datetime.fromisoformat(line[name]) for name in (first, last))
    return round((other - one).total_seconds(), 3)


def test_every_row_of_the_list_is_counted_once_on_each_step(everything: Stage) -> None:
    lines, found = lines_of(everything), everything.report()
    taken = [line for line in lines if line["state"] in ("accepted", "scheduled")]
    replied = [line for line in taken if line["replied_at"]]
    steps = {
        "rows": len(lines),
        "claimed": sum(bool(line["claimed_at"]) for line in lines),
        "accepted": len(taken),
        "responded": len(replied),
        "closed": sum(bool(line["closed_at"]) for line in replied),
    }
    table = found.table("funnel")
    assert {name: table.value(name, "people") for name in steps} == steps
    arrived = [line for line in taken if not line["undelivered_at"]]
    seen = [line for line in arrived if line["read_at"] or line["replied_at"]]
    delivered = [line for line in arrived if line in seen or line["delivered_at"]]
    assert table.value("read", "people") == len(seen)
    assert table.value("delivered", "people") == len(delivered)
    states = Counter(line["state"] for line in lines)
    told: Counter[str] = Counter()
    for which, people, *_ in found.table("states").rows:
        told[str(which).split(":")[0]] += int(str(people))
    assert told == states
    assert set(states) == {
        *("accepted", "scheduled", "failed", "unknown", "held", "skipped", "pending")
    }


def test_response_rate_and_times_are_those_of_the_people(everything: Stage) -> None:
    lines = [one for one in lines_of(everything) if one["state"] in ("accepted", "scheduled")]
    table = everything.report().table("response")
    replied = [line for line in lines if line["replied_at"]]
    first = [seconds(line, "claimed_at", "replied_at") for line in replied]
    closed = [seconds(line, "replied_at", "closed_at") for line in replied if line["closed_at"]]
    low, high = wilson(len(replied), len(lines)) or (None, None)
    assert len(replied) > 10
    assert dict(zip([one.name for one in table.columns], table.rows[0], strict=True)) == {
        "everybody": "all",
        "accepted": len(lines),
        "responded": len(replied),
        "not_responded": len(lines) - len(replied),
        "rate": len(replied) / len(lines),
        "low": low,
        "high": high,
        "first_median": pytest.approx(median(first), abs=0.001),
        "first_90": sorted(first)[math.ceil(0.9 * len(first)) - 1],
        "resolution_median": pytest.approx(median(closed), abs=0.001),
        "resolution_mean": pytest.approx(mean(closed), abs=0.001),
    }


@pytest.mark.parametrize("name", ["variants", "countries", "forms", "hours"])
def test_the_parts_of_a_run_add_up_to_the_whole(everything: Stage, name: str) -> None:
    found = everything.report()
    whole = found.table("response").as_list()[0]
    parts = found.table(name).as_list()
    for column in ("accepted", "responded", "not_responded"):
        assert sum(int(str(part[column])) for part in parts) == whole[column]
    assert len(parts) == {"variants": 2, "countries": 2}.get(name, len(parts))


def test_hours_are_those_of_the_definitions_zone(tmp_path: Path) -> None:
    zone = "Asia/Kolkata"
    found = stage(tmp_path, rows=3, more=f"schedule: {{timezone: {zone}}}\n")
    entries = found.entries()
    claimed = entries[0].claimed_at
    assert claimed is not None
    report = found.report()
    assert report.zone == zone
    hour = datetime.fromtimestamp(claimed / 1000, ZoneInfo(zone)).hour
    assert report.table("hours").value(f"{hour:02}", "accepted") == len(entries)


def test_variants_are_compared_with_the_first_and_everybody_with_the_holdout(
    everything: Stage,
) -> None:
    found = everything.report()
    variants, table = found.table("variants"), found.table("differences")
    of = {
        name: (variants.value(name, "responded"), variants.value(name, "accepted"))
        for name in ("a", "b")
    }
    row = table.as_list()[0]
    assert row["groups"] == "b compared with a"
    assert (row["low"], row["high"]) == newcombe(*of["b"], *of["a"])  # type: ignore[arg-type]
    held = table.as_list()[1]
    lines = lines_of(everything)
    assert held["of_other"] == sum(line["reason"] == "holdout" for line in lines)
    assert held["other"] == 1
    assert "wrote by themselves" in " ".join(found.notes)


def test_there_is_no_comparison_where_nobody_could_have_been_heard(tmp_path: Path) -> None:
    found = stage(tmp_path, more="holdout: 10%\n")
    found.hear(what_people_did)
    report = found.report()
    pairs = [str(row["groups"]) for row in report.table("differences").as_list()]
    assert pairs == ["b compared with a"]
    assert "nothing to compare with" in " ".join(report.notes)


def _run_with_holdout(folder: Path, name: str) -> tuple[Stage, list[str], int]:
    """Make a run; return it with who is held out of it, and when it began."""
    found = stage(folder, more=f"holdout: 10%\nrun: {name}\n")
    found.hear(what_people_did)
    with found.opened() as (ledger, _):
        run = ledger.latest_run(found.loaded().name, sandbox=True)
        assert run is not None
        rows = Plan.of_run(run, found.folder).rows().collect()
        return found, rows.filter(rows["reason"] == "holdout")["identity"].to_list(), run.created_at


def _wrote(found: Stage, *who: tuple[str, int]) -> None:
    with found.opened() as (ledger, _):
        ledger.heard_from([Inbound("number", one, "sms", "", at, "sendbird") for one, at in who])


def test_the_holdout_is_told_of_in_the_time_of_its_own_run(tmp_path: Path) -> None:
    found, held, began = _run_with_holdout(tmp_path, "one")
    day = 86_400_000
    before, within, later = held[:3]
    _wrote(found, (before, began - 1), (within, began + 30 * day), (later, began + 30 * day + 1))
    report = found.report()
    row = report.table("differences").as_list()[1]
    assert (row["other"], row["of_other"]) == (1, len(held) - 1)
    assert "Of 1 more is known only that they wrote later" in " ".join(report.notes)


def _real(found: Stage, name: str, *people: str) -> None:
    """Write down a real run of another campaign that these people were sent to by."""
    with found.opened() as (ledger, _):
        run = ledger.ensure_run("other", name, provider="synthflow", channel="sms", sandbox=False)
        lease = ledger.acquire(run.id)
        ledger.write(lease, claims=[Claim(n, f"k{n}", who) for n, who in enumerate(people)])
        ledger.release(lease)


def test_who_answers_another_run_did_not_write_by_themselves(tmp_path: Path) -> None:
    found, held, _ = _run_with_holdout(tmp_path, "one")
    with found.opened() as (ledger, run_id):
        run = ledger.latest_run(found.loaded().name, sandbox=True)
        assert run is not None
        _real(found, "meanwhile", held[0])
        (contact,) = ledger.contacts(0, run_id, sandbox=False, own=False)
        messages = pl.DataFrame({"identity": held[:2], "at": [contact.at + 1000] * 2})
        found_out = wrote(replace(run, sandbox=False), messages, ledger)
    assert found_out.within.to_list() == [held[1]]


def test_where_only_recipients_were_heard_there_is_nothing_to_compare_with(tmp_path: Path) -> None:
    found, held, began = _run_with_holdout(tmp_path, "one")
    answering = [one.key for one in found.entries() if one.state == "accepted"]
    _wrote(found, *((who, began + 1000) for who in answering[:5]))
    pairs = [row["groups"] for row in found.report().table("differences").as_list()]
    assert pairs == ["b compared with a"]
    _wrote(found, (held[0], began + 1000))
    assert len(found.report().table("differences").rows) == 2


def test_who_asked_to_be_left_alone_is_counted_and_not_on_the_list_of_who_responded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = stage(tmp_path)
    found.hear(what_people_did)
    before = found.report()
    assert before.table("stopped").value("all", "people") == 0
    replied = before.table("response").value("all", "responded")
    answered = [one for one in found.entries() if one.state == "accepted"]
    with found.opened() as (ledger, _):
        run = ledger.latest_run(found.loaded().name, sandbox=True)
        assert run is not None
        line = next(one for one in lines_of(found) if one["replied_at"])
        who = next(one for one in answered if one.key == line["address"])
        silent = next(one for one in lines_of(found) if not one["replied_at"])["address"]
        today = datetime.fromtimestamp(run.created_at / 1000, ZoneInfo("UTC")).strftime("%Y-%m-%d")
        wish = f"wrote STOP on {today}"
        ledger.suppress("number", [who.key, silent], who="sync", why=wish)
        ledger.suppress("number", [answered[3].key], who="ana", why="asked on the telephone")
        asked = asked_to_stop(replace(run, sandbox=False), "number", ledger)
    monkeypatch.setattr("campaign.reporting.stopped.asked_to_stop", lambda *_: asked)
    after = found.report(tmp_path / "page.html")
    assert set(asked) == {who.key, silent}
    assert after.table("stopped").value("all", "people") == 1
    assert after.table("response").value("all", "responded") == replied
    groups = {group.name: group.people for group in after.groups}
    assert (groups["responded"], groups["asked-to-stop"]) == (int(str(replied)) - 1, 1)
    assert "1 recipient asked to be left alone" in " ".join(after.notes)


def test_several_runs_are_compared_with_the_holdouts_they_have_and_without_a_range(
    tmp_path: Path,
) -> None:
    first, held, began = _run_with_holdout(tmp_path, "one")
    _wrote(first, (held[0], began))
    alone = first.report()
    without = stage(tmp_path, more="run: two\n")
    without.hear(what_people_did)
    several = without.report(everything=True)
    row = several.table("differences").as_list()[-1]
    wanted = alone.table("differences").as_list()[-1]
    same = ("groups", "responded", "of", "other", "of_other", "difference")
    assert {name: row[name] for name in same} == {name: wanted[name] for name in same}
    assert (row["other"], wanted["other"]) == (1, 1)
    assert wanted["low"] is not None
    assert row["low"] is row["high"] is None
    assert all(one["low"] is None for one in several.table("response").as_list())


def test_what_came_back_stands_as_the_ledger_counts_it(everything: Stage) -> None:
    found = everything.report().table("delivery")
    with everything.opened() as (ledger, run_id):
        known = ledger.deliveries(run_id)
    for one in Delivery:
        assert found.value(one.value, "people") == known.by_status.get(one, 0)
    refused = found.value("refused at once", "people")
    assert refused == sum(one.state == "failed" for one in everything.entries())
    assert found.value("nothing heard", "people") == known.silent - refused


def test_errors_say_what_the_vendors_code_means_and_what_to_do(everything: Stage) -> None:
    rows = {str(row["code"]): row for row in everything.report().table("codes").as_list()}
    assert rows["failed: invalid_recipient, code 21211"]["people"] == 3
    assert "not a valid one" in str(rows["failed: invalid_recipient, code 21211"]["meaning"])
    lost = rows["undelivered, code 30003"]
    assert lost["people"] == sum(bool(line["undelivered_at"]) for line in lines_of(everything))
    assert "list is that of the undelivered" in str(lost["advice"])
    assert rows["unknown: interrupted"]["people"] == 4


def test_who_is_unknown_is_told_with_why(everything: Stage) -> None:
    found = everything.report().table("unknown")
    assert {row[0]: row[1] for row in found.rows} == {
        "interrupted": 4,
        "no_answer": 3,
        "server_error": 2,
    }


def test_several_runs_are_added_up_with_a_row_for_each(tmp_path: Path) -> None:
    first = stage(tmp_path, rows=30, more="run: one\n", limit=20)
    first.hear(what_people_did)
    second = stage(tmp_path, rows=50, more="run: two\n", limit=50)
    second.hear(what_people_did)
    found = second.report(everything=True)
    rows = found.table("runs").as_list()
    assert len(rows) == 2
    whole = found.table("response").as_list()[0]
    for column in ("accepted", "responded", "not_responded"):
        assert sum(int(str(row[column])) for row in rows) == whole[column]
    assert found.groups == ()
    month = datetime.now(ZoneInfo("UTC")).strftime("%Y-%m")
    assert second.report(month=month).runs == found.runs


def test_a_run_of_which_nothing_was_heard_says_so(tmp_path: Path) -> None:
    found = stage(tmp_path, rows=10)
    report = found.report()
    assert "Nothing was heard" in " ".join(report.notes)
    assert "nothing was heard" in report.headline
    assert report.table("response").value("all", "rate") is None
    assert report.table("response").value("all", "first_median") is None


def test_a_run_that_is_under_way_is_reported_as_of_now(tmp_path: Path) -> None:
    found = stage(tmp_path, rows=10)
    with found.opened() as (ledger, run_id):
        lease = ledger.acquire(run_id)
        notes = found.report().notes
        ledger.release(lease)
    assert any(note.startswith("Under way now") for note in notes)
    assert not any(note.startswith("Under way now") for note in found.report().notes)


def test_an_answer_that_seems_to_come_before_the_question_came_at_once(tmp_path: Path) -> None:
    found = stage(tmp_path, rows=4)
    found.hear(
        lambda run_id, taken: [
            Observation(run_id, one.number, Delivery.REPLIED, (one.claimed_at or 0) - 500)
            for one in taken
        ]
    )
    assert found.report().table("response").value("all", "first_median") == 0


def _reports_of_a_type(found: Report) -> set[Kind]:
    return {column.kind for table in found.tables for column in table.columns}


def test_every_kind_of_figure_is_in_the_report_of_everything(everything: Stage) -> None:
    assert _reports_of_a_type(everything.report()) == set(Kind)
