"""A definition and a list go in; every recipient gets one message or a written reason."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import campaign
from campaign.channel import Channel
from campaign.sandbox import SandboxConfig, SandboxServer
from tests.run.campaigns import ENVIRONMENT, EVERY_WAY, KINDS, Recipe
from tests.run.lists import Mixed, number, write_mixed
from tests.run.truth import (
    FAULTS,
    assert_another_run_sends_nothing,
    assert_every_row_is_somewhere,
    assert_the_journal_agrees,
    results_of,
)


@pytest.fixture
def faulty() -> Iterator[SandboxServer]:
    with SandboxServer(SandboxConfig.model_validate({"faults": FAULTS})) as server:
        yield server


@pytest.mark.parametrize(("provider", "channel"), EVERY_WAY)
def test_nobody_twice_and_nobody_forgotten_with_faults_on(
    provider: str, channel: Channel, tmp_path: Path, faulty: SandboxServer
) -> None:
    mixed = write_mixed(tmp_path / "list.csv", channel, KINDS.get(channel, "number"), 1500)
    definition = Recipe(provider, channel).write(tmp_path, "list.csv", faulty.url_for(provider))

    first = campaign.load(definition, environment=ENVIRONMENT).run()

    assert first.exit_code == 3, first.why
    assert_every_row_is_somewhere(first, mixed.rows)
    assert_the_journal_agrees(faulty, first)
    reasons = {reason for _, reason in first.reasons}
    assert {"duplicate", "missing_address", "connection_lost", "server_error"} <= reasons
    assert_another_run_sends_nothing(faulty, definition, first)


def test_everybody_with_a_good_address_gets_the_message_when_nothing_goes_wrong(
    tmp_path: Path,
) -> None:
    mixed: Mixed = write_mixed(tmp_path / "list.csv", Channel.SMS, "number", 400)
    definition = Recipe(message="message: Hello!\n").write(tmp_path, "list.csv", None)

    summary = campaign.load(definition).run()

    assert summary.exit_code == 0
    accepted = {line["address"] for line in results_of(summary) if line["state"] == "accepted"}
    assert accepted == mixed.good


def test_the_secret_is_nowhere_in_the_files_that_a_run_leaves(
    tmp_path: Path, faulty: SandboxServer
) -> None:
    write_mixed(tmp_path / "list.csv", Channel.SMS, "number", 200)
    definition = Recipe().write(tmp_path, "list.csv", faulty.url_for("synthflow"))

    loaded = campaign.load(definition, environment=ENVIRONMENT)
    loaded.run()

    secret = ENVIRONMENT["KEY"].encode()
    left = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(left) >= 5
    assert [path.name for path in left if secret in path.read_bytes()] == []
    assert ENVIRONMENT["KEY"] not in repr(loaded.job)


def test_a_whatsapp_campaign_sends_text_inside_the_window_and_the_template_outside(
    tmp_path: Path,
) -> None:
    now = datetime.now(UTC)
    (tmp_path / "list.csv").write_text(
        "Phone,First Name,Plan,Last inbound at\n"
        f"{number(1)},Open,x,{(now - timedelta(hours=2)).isoformat()}\n"
        f"{number(2)},Closed,x,{(now - timedelta(hours=25)).isoformat()}\n"
        f"{number(3)},Unknown,x,\n",
        encoding="utf-8",
    )
    with SandboxServer() as server:
        definition = Recipe("synthflow", Channel.WHATSAPP).write(
            tmp_path, "list.csv", server.url_for("synthflow")
        )
        summary = campaign.load(definition, environment=ENVIRONMENT).run()

        sent = {entry.to: entry.request for entry in server.journal.entries()}
    assert summary.exit_code == 0
    assert sent[number(1)]["initial_message"] == "Hi Open"
    assert sent[number(2)]["template"]["variables"] == {"1": "Closed"}
    assert sent[number(3)]["template"]["variables"] == {"1": "Unknown"}


def test_a_window_that_closes_while_the_campaign_runs_is_noticed_before_sending(
    tmp_path: Path,
) -> None:
    # Open when the plan is made, for less time than the slow campaign takes.
    last = datetime.now(UTC) - timedelta(hours=24) + timedelta(seconds=62)
    rows = "".join(f"{number(place)},A,x,{last.isoformat()}\n" for place in range(40))
    (tmp_path / "list.csv").write_text(
        "Phone,First Name,Plan,Last inbound at\n" + rows, encoding="utf-8"
    )
    recipe = Recipe(
        "synthflow",
        Channel.WHATSAPP,
        message="message: Hi\nwindow: {column: Last inbound at, margin: 1m}\n",
        rate="rate: {limit: 10/s}\n",
    )
    with SandboxServer() as server:
        definition = recipe.write(tmp_path, "list.csv", server.url_for("synthflow"))
        summary = campaign.load(definition, environment=ENVIRONMENT).run()
        sent = len(server.journal)
    assert summary.counts.accepted == sent > 0
    assert summary.reasons["skipped", "window_closed"] == 40 - sent > 0
    assert summary.rejects is not None
    with summary.rejects.open(newline="", encoding="utf-8") as file:
        codes = [line["code"] for line in csv.DictReader(file)]
    assert codes == ["window_closed"] * (40 - sent)


def test_scheduled_is_not_accepted(tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text(f"Phone\n{number(1)}\n{number(2)}\n", encoding="utf-8")
    recipe = Recipe(
        "whippy", Channel.PHONE, message="message: {schedule_at: 2099-12-01T09:00:00+01:00}\n"
    )
    with SandboxServer() as server:
        definition = recipe.write(tmp_path, "list.csv", server.url_for("whippy"))
        summary = campaign.load(definition, environment=ENVIRONMENT).run()
        bodies = [entry.request for entry in server.journal.entries()]
    assert summary.counts.scheduled == 2
    assert summary.counts.accepted == 0
    assert {body["schedule_at"] for body in bodies} == {"2099-12-01T09:00:00+01:00"}


def test_zild_sends_alike_recipients_together_and_settles_each_by_itself(tmp_path: Path) -> None:
    names = "".join(f"{number(place)},{'AB'[place % 2]}\n" for place in range(30))
    (tmp_path / "list.csv").write_text("Phone,First Name\n" + names, encoding="utf-8")
    lines = "".join(f"{number(place)},Same\n" for place in range(100, 130))
    (tmp_path / "more.csv").write_text("Phone,First Name\n" + lines, encoding="utf-8")
    recipe = Recipe("zild", Channel.WHATSAPP, settings="  batch: 10\n")
    with SandboxServer() as server:
        definition = recipe.write(tmp_path, "[list.csv, more.csv]", server.url_for("zild"))
        summary = campaign.load(definition, environment=ENVIRONMENT).run()
        requests = server.counts.as_dict()["requests"]
        sent = server.journal.addresses()
    assert summary.counts.accepted == 60 == len(sent)
    assert max(sent.values()) == 1
    # A and B alternate, so each goes alone; the thirty alike travel ten at a time.
    assert requests == 30 + 3


def test_the_ledger_knows_every_attempt(tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text(f"Phone\n{number(1)}\n", encoding="utf-8")
    with SandboxServer(SandboxConfig.model_validate({"faults": {"throttle": 0.7}})) as server:
        server.set_faults({"throttle": 0.7, "retry_after": 0.01})
        definition = Recipe(message="message: Hi\n").write(
            tmp_path, "list.csv", server.url_for("synthflow")
        )
        loaded = campaign.load(definition, environment=ENVIRONMENT)
        summary = loaded.run()
    assert summary.counts.accepted == 1
    with loaded.view() as view:
        (found,) = view.find(number(1))
    assert found.entry is not None
    assert found.entry.attempts == len(found.attempts)
    assert [attempt.outcome for attempt in found.attempts][-1] == "accepted"
    assert {attempt.outcome for attempt in found.attempts[:-1]} <= {"throttled"}
    ledger = loaded.job.ledger({}).open(create=False)
    run = ledger.latest_run("test-campaign", sandbox=False)
    ledger.close()
    assert run is not None
    assert run.owner_pid is None, "the run is still held"
