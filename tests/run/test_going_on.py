"""The same command again resumes; what changed in between is noticed."""

from __future__ import annotations

import asyncio
import csv
from pathlib import Path

import pytest

import campaign
from campaign.channel import Channel
from campaign.errors import InvalidInput, RunHeld
from campaign.sandbox import SandboxConfig, SandboxServer
from tests.run.campaigns import ENVIRONMENT, Recipe
from tests.run.lists import number


def write_list(folder: Path, people: int) -> None:
    rows = "".join(f"{number(place)},Ana,Plus\n" for place in range(people))
    (folder / "list.csv").write_text("Phone,First Name,Plan\n" + rows, encoding="utf-8")


def test_a_limited_run_leaves_the_rest_pending_and_the_next_one_sends_it(tmp_path: Path) -> None:
    write_list(tmp_path, 30)
    with SandboxServer() as server:
        definition = Recipe().write(tmp_path, "list.csv", server.url_for("synthflow"))
        first = campaign.load(definition, environment=ENVIRONMENT).run(limit=12)
        after_first = len(server.journal)
        second = campaign.load(definition, environment=ENVIRONMENT).run()
        sent = server.journal.addresses()
    assert (first.exit_code, first.counts.accepted, first.counts.pending) == (5, 12, 18)
    assert after_first == 12
    assert (second.exit_code, second.counts.accepted, second.sent) == (0, 30, 18)
    assert set(sent.values()) == {1}


def test_only_sends_to_one_and_refuses_a_stranger(tmp_path: Path) -> None:
    write_list(tmp_path, 5)
    with SandboxServer() as server:
        definition = Recipe().write(tmp_path, "list.csv", server.url_for("synthflow"))
        loaded = campaign.load(definition, environment=ENVIRONMENT)
        summary = loaded.run(only=number(3))
        with pytest.raises(InvalidInput, match="No recipient of this run"):
            loaded.run(only="+4999999")
        sent = server.journal.addresses()
    assert list(sent) == [number(3)]
    assert (summary.exit_code, summary.counts.pending) == (5, 4)


def test_a_refused_key_stops_at_the_first_one_and_the_corrected_run_sends_to_all(
    tmp_path: Path,
) -> None:
    write_list(tmp_path, 40)
    config = SandboxConfig.model_validate({"synthflow": {"keys": ["good"]}})
    with SandboxServer(config) as server:
        recipe = Recipe(rate="rate: {limit: 1000/s, concurrency: 1}\n")
        definition = recipe.write(tmp_path, "list.csv", server.url_for("synthflow"))
        stopped = campaign.load(definition, environment={"KEY": "bad"}).run()
        requests = server.counts.as_dict()["requests"]
        done = campaign.load(definition, environment={"KEY": "good"}).run()
        sent = server.journal.addresses()
    assert stopped.exit_code == 4
    assert stopped.why is not None
    assert "key_refused" in stopped.why
    assert requests == 1
    assert stopped.counts.pending == 40
    assert (done.exit_code, done.counts.accepted) == (0, 40)
    assert set(sent.values()) == {1}


def test_a_definition_that_was_corrected_before_anybody_got_it_is_simply_planned_again(
    tmp_path: Path,
) -> None:
    write_list(tmp_path, 3)
    config = SandboxConfig.model_validate({"synthflow": {"keys": ["good"]}})
    with SandboxServer(config) as server:
        url = server.url_for("synthflow")
        definition = Recipe().write(tmp_path, "list.csv", url)
        campaign.load(definition, environment={"KEY": "bad"}).run()
        Recipe(message="message: Corrected\n").write(tmp_path, "list.csv", url)
        summary = campaign.load(definition, environment={"KEY": "good"}).run()
        texts = {entry.request["initial_message"] for entry in server.journal.entries()}
    assert summary.exit_code == 0
    assert texts == {"Corrected"}


def test_a_changed_message_is_refused_once_somebody_got_the_old_one(tmp_path: Path) -> None:
    write_list(tmp_path, 3)
    with SandboxServer() as server:
        url = server.url_for("synthflow")
        definition = Recipe().write(tmp_path, "list.csv", url)
        campaign.load(definition, environment=ENVIRONMENT).run(limit=1)
        Recipe(message="message: Other\n").write(tmp_path, "list.csv", url)
        with pytest.raises(InvalidInput, match="planned with another `message`, and 1 recipients"):
            campaign.load(definition, environment=ENVIRONMENT).run()
        assert len(server.journal) == 1


def test_a_changed_list_is_refused_but_a_list_that_is_gone_is_not_needed(tmp_path: Path) -> None:
    write_list(tmp_path, 3)
    with SandboxServer() as server:
        definition = Recipe().write(tmp_path, "list.csv", server.url_for("synthflow"))
        loaded = campaign.load(definition, environment=ENVIRONMENT)
        loaded.run(limit=1)
        write_list(tmp_path, 4)
        with pytest.raises(InvalidInput, match="another recipient list"):
            loaded.run()
        (tmp_path / "list.csv").unlink()
        summary = loaded.run()
    assert (summary.exit_code, summary.counts.accepted) == (0, 3)


def test_the_rate_may_change_between_two_executions_of_a_run(tmp_path: Path) -> None:
    write_list(tmp_path, 3)
    with SandboxServer() as server:
        url = server.url_for("synthflow")
        definition = Recipe().write(tmp_path, "list.csv", url)
        campaign.load(definition, environment=ENVIRONMENT).run(limit=1)
        Recipe(rate="rate: 500/s\n").write(tmp_path, "list.csv", url)
        summary = campaign.load(definition, environment=ENVIRONMENT).run()
    assert summary.exit_code == 0


def test_an_opt_out_that_comes_in_between_is_honoured(tmp_path: Path) -> None:
    write_list(tmp_path, 4)
    (tmp_path / "optouts.csv").write_text("Phone\n", encoding="utf-8")
    with SandboxServer() as server:
        recipe = Recipe(more="suppress: optouts.csv\n")
        definition = recipe.write(tmp_path, "list.csv", server.url_for("synthflow"))
        loaded = campaign.load(definition, environment=ENVIRONMENT)
        loaded.run(limit=1)
        (tmp_path / "optouts.csv").write_text(f"Phone\n{number(2)}\n", encoding="utf-8")
        summary = loaded.run()
        sent = server.journal.addresses()
    assert number(2) not in sent
    assert summary.reasons["skipped", "suppressed"] == 1
    assert (summary.exit_code, summary.counts.accepted) == (0, 3)


def test_claims_that_an_execution_left_open_are_unknown_and_not_sent_again(
    tmp_path: Path,
) -> None:
    from campaign.ledger.records import Claim

    write_list(tmp_path, 4)
    with SandboxServer() as server:
        definition = Recipe().write(tmp_path, "list.csv", server.url_for("synthflow"))
        loaded = campaign.load(definition, environment=ENVIRONMENT)
        loaded.run(limit=1)
        ledger = loaded.job.ledger({}).open()
        run = ledger.latest_run("test-campaign", sandbox=False)
        assert run is not None
        lease = ledger.acquire(run.id)
        ledger.write(lease, claims=[Claim(2, number(2))])
        ledger.release(lease)
        ledger.close()

        summary = loaded.run()
        sent = server.journal.addresses()
    assert number(2) not in sent
    assert summary.reasons["unknown", "interrupted"] == 1
    assert (summary.exit_code, summary.counts.accepted, summary.counts.unknown) == (3, 3, 1)


def test_a_plan_that_was_tampered_with_or_lost_stops_the_resume(tmp_path: Path) -> None:
    write_list(tmp_path, 4)
    with SandboxServer() as server:
        definition = Recipe().write(tmp_path, "list.csv", server.url_for("synthflow"))
        loaded = campaign.load(definition, environment=ENVIRONMENT)
        loaded.run(limit=1)
        (plan,) = tmp_path.rglob("plan-*.parquet")
        plan.write_bytes(plan.read_bytes() + b"x")
        with pytest.raises(InvalidInput, match="was changed after it was made"):
            loaded.run()
        plan.unlink()
        with pytest.raises(InvalidInput, match="the plan of this run is missing"):
            loaded.run()
        assert len(server.journal) == 1


def test_a_second_execution_at_the_same_time_is_refused(tmp_path: Path) -> None:
    write_list(tmp_path, 4)
    with SandboxServer() as server:
        definition = Recipe().write(tmp_path, "list.csv", server.url_for("synthflow"))
        loaded = campaign.load(definition, environment=ENVIRONMENT)
        loaded.run(limit=1)
        ledger = loaded.job.ledger({}).open()
        run = ledger.latest_run("test-campaign", sandbox=False)
        assert run is not None
        ledger.acquire(run.id)
        with pytest.raises(RunHeld, match="is being sent by process"):
            loaded.run()
        ledger.close()
        assert len(server.journal) == 1


def test_a_rehearsal_in_the_sandbox_never_stands_in_the_way_of_the_real_run(
    tmp_path: Path,
) -> None:
    write_list(tmp_path, 3)
    definition = Recipe().write(tmp_path, "list.csv", None)
    rehearsed = campaign.load(definition).run()
    changed = Recipe(message="message: Better\n").write(tmp_path, "list.csv", None)
    again = campaign.load(changed).run()
    with SandboxServer() as server:
        live = Recipe(message="message: Better\n").write(
            tmp_path, "list.csv", server.url_for("synthflow")
        )
        real = campaign.load(live, environment=ENVIRONMENT).run()
        assert len(server.journal) == 3
    assert [rehearsed.sent, again.sent, real.sent] == [3, 3, 3]
    assert len({rehearsed.run, again.run, real.run}) == 3


def test_a_nightly_pattern_makes_a_new_run_for_each_night(tmp_path: Path) -> None:
    from datetime import datetime

    write_list(tmp_path, 2)
    definition = Recipe(more="run: '%Y-%m-%d'\n").write(tmp_path, "list.csv", "http://127.0.0.1:1")
    job = campaign.load(definition, environment=ENVIRONMENT).job
    names = [job.run_name("", datetime.fromisoformat(f"2026-11-{day}")) for day in (21, 21, 22)]
    assert names == ["2026-11-21", "2026-11-21", "2026-11-22"]


def test_a_vendor_that_cannot_be_reached_leaves_everybody_pending(tmp_path: Path) -> None:
    write_list(tmp_path, 20)
    definition = Recipe().write(tmp_path, "list.csv", "http://127.0.0.1:1")
    summary = campaign.load(definition, environment=ENVIRONMENT).run()
    assert summary.exit_code == 4
    assert summary.why is not None
    assert "cannot be reached" in summary.why
    assert summary.counts.unknown == 0
    assert summary.counts.pending + summary.counts.failed == 20
    assert summary.counts.pending > 0


def test_a_missing_secret_is_told_before_anything_is_written(tmp_path: Path) -> None:
    write_list(tmp_path, 2)
    definition = Recipe().write(tmp_path, "list.csv", "http://127.0.0.1:1")
    with pytest.raises(InvalidInput, match="environment variable KEY is not set"):
        campaign.load(definition, environment={}).run()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["campaign.yaml", "list.csv"]


async def test_a_campaign_runs_inside_an_event_loop_both_ways(tmp_path: Path) -> None:
    write_list(tmp_path, 3)
    definition = Recipe().write(tmp_path, "list.csv", None)
    loaded = campaign.load(definition)
    first = await loaded.run_async(limit=1)
    second = await asyncio.to_thread(loaded.run)
    third = loaded.run()  # as in a notebook's cell, where a loop is running
    assert [first.sent, second.sent, third.sent] == [1, 2, 0]


def test_a_plan_from_python_counts_every_row_and_keeps_nothing_but_the_rejects(
    tmp_path: Path,
) -> None:
    (tmp_path / "list.csv").write_text(
        f"Phone,First Name,Plan\n{number(1)},Ana,Plus\n{number(1)},Ana,Plus\nx,Ana,Plus\n",
        encoding="utf-8",
    )
    found = campaign.load(Recipe().write(tmp_path, "list.csv", None)).plan()
    assert found.counts == {"planned": 3, "sendable": 1, "skipped": 2}
    assert found.samples[0].texts == {"message:text": "Hi Ana, your plan is Plus."}
    with found.rejects.open(newline="", encoding="utf-8") as file:
        rows = [(line["row"], line["column"], line["code"]) for line in csv.DictReader(file)]
    assert rows == [("3", "Phone", "duplicate"), ("4", "Phone", "number_with_letters")]
    assert not (tmp_path / "campaign-ledger.db").exists()


def test_a_planning_that_was_killed_half_way_stands_in_nobodys_way(tmp_path: Path) -> None:
    write_list(tmp_path, 3)
    config = SandboxConfig.model_validate({"synthflow": {"keys": ["good"]}})
    with SandboxServer(config) as server:
        definition = Recipe().write(tmp_path, "list.csv", server.url_for("synthflow"))
        campaign.load(definition, environment={"KEY": "bad"}).run()
        (plan,) = tmp_path.rglob("plan-*.parquet")
        plan.write_bytes(b"another plan, that the ledger does not know")
        summary = campaign.load(definition, environment={"KEY": "good"}).run()
    assert (summary.exit_code, summary.counts.accepted) == (0, 3)


def test_a_template_value_that_comes_out_empty_is_refused(tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text(
        f"Phone,First Name\n{number(1)},Ana\n{number(2)},\n", encoding="utf-8"
    )
    message = "message: {template: {id: 42, variables: {1: '{% if first_name %}x{% endif %}'}}}\n"
    recipe = Recipe("zild", Channel.WHATSAPP, message=message)
    found = campaign.load(recipe.write(tmp_path, "list.csv", None)).plan()
    assert found.counts == {"planned": 2, "sendable": 1, "skipped": 1}
    (example,) = found.examples["unrendered"]
    assert example["reason_detail"] == "the value of the placeholder 1 is empty"


def test_an_http_status_can_be_read_differently_where_a_vendor_has_no_codes(
    tmp_path: Path,
) -> None:
    (tmp_path / "list.csv").write_text(f"Phone\n{number(1)}\n{number(2)}\n", encoding="utf-8")
    codes = "  codes: {422: {outcome: rejected, scope: campaign, reason: request_refused}}\n"
    recipe = Recipe("whippy", Channel.PHONE, settings=codes)
    with SandboxServer(
        SandboxConfig.model_validate({"faults": {"invalid_recipients": [number(1)]}})
    ) as server:
        definition = recipe.write(tmp_path, "list.csv", server.url_for("whippy"))
        summary = campaign.load(definition, environment=ENVIRONMENT).run()
    assert summary.exit_code == 4
    assert summary.counts.failed == 0
