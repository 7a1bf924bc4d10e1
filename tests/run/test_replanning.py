"""A list or a text that changed while the run was going on: `--replan`, and what the vendor got."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

import campaign
from campaign.deciding import As
from campaign.errors import InvalidInput
from campaign.ledger.records import State
from campaign.reporting.reporter import Silent
from campaign.reporting.summary import Summary
from campaign.sandbox import SandboxConfig, SandboxServer
from tests.cli.commands import campaign as command
from tests.run.campaigns import ENVIRONMENT, Recipe
from tests.run.lists import number
from tests.run.truth import FAULTS, assert_the_journal_agrees, results_of

KEYED = {"key": "ID"}


class Listener(Silent):
    def __init__(self) -> None:
        self.said: list[str] = []

    def told(self, text: str) -> None:
        self.said.append(text)


def write_list(folder: Path, *rows: tuple[str, int, str]) -> None:
    lines = "".join(f"{key},{number(place)},{name},Plus\n" for key, place, name in rows)
    (folder / "list.csv").write_text("ID,Phone,First Name,Plan\n" + lines, encoding="utf-8")


def unbroken(loaded: campaign.Campaign) -> bool:
    ledger = loaded.job.ledger({}).open()
    run = ledger.latest_run("test-campaign", sandbox=False)
    assert run is not None
    found = ledger.broken(run.id)
    ledger.close()
    return found == []


def by_id(summary: Summary) -> dict[str, str]:
    lines = results_of(summary)
    assert len({line["ID"] for line in lines}) == len(lines)
    return {line["ID"]: line["state"] for line in lines}


def test_added_and_corrected_people_get_one_message_and_nobody_gets_two(tmp_path: Path) -> None:
    write_list(tmp_path, *((f"C{n}", n, "Ana") for n in range(10)))
    listener = Listener()
    with SandboxServer() as server:
        definition = Recipe(recipients=KEYED).write(
            tmp_path, "list.csv", server.url_for("synthflow")
        )
        loaded = campaign.load(definition, environment=ENVIRONMENT)
        loaded.run(limit=4)
        # Four have the message. One of them moved, one has another key, one is off the list; of the
        # others one moved and one is off the list; and two are new.
        write_list(
            tmp_path,
            ("new-1", 90, "Bo"),
            ("C0", 80, "Ana"),
            ("X1", 1, "Ana"),
            ("C2", 2, "Ana"),
            ("C4", 84, "Cem"),
            *((f"C{n}", n, "Ana") for n in range(6, 10)),
            ("new-2", 92, "Dora"),
        )
        with pytest.raises(InvalidInput, match="say --replan to add and correct"):
            loaded.run()
        summary = loaded.run(replan=True, reporter=listener)
        again = loaded.run(replan=True)
        sent = server.journal.addresses()
        texts = {entry.request["initial_message"] for entry in server.journal.entries()}
    assert dict(sent) == dict.fromkeys([number(n) for n in (0, 1, 2, 3, 84, 6, 7, 8, 9, 90, 92)], 1)
    assert "Hi Cem, your plan is Plus." in texts
    assert summary.exit_code == 0
    assert listener.said[0] == (
        "The run has a new plan: 2 added, 1 of the pending changed, 1 no longer to be sent to, "
        "4 with an outcome left as they are."
    )
    assert set(by_id(summary).values()) == {"accepted"}
    assert again.sent == 0
    assert again.counts == summary.counts
    assert unbroken(loaded)


def test_a_corrected_text_goes_to_those_who_have_no_message_yet(tmp_path: Path) -> None:
    write_list(tmp_path, *((f"C{n}", n, "Ana") for n in range(6)))
    with SandboxServer() as server:
        url = server.url_for("synthflow")
        definition = Recipe(message="message: Frist\n").write(tmp_path, "list.csv", url)
        campaign.load(definition, environment=ENVIRONMENT).run(limit=2)
        Recipe(message="message: First\n").write(tmp_path, "list.csv", url)
        summary = campaign.load(definition, environment=ENVIRONMENT).run(replan=True)
        texts = [entry.request["initial_message"] for entry in server.journal.entries()]
        assert set(server.journal.addresses().values()) == {1}
    assert sorted(texts) == ["First"] * 4 + ["Frist"] * 2
    assert summary.exit_code == 0


def test_an_unknown_whom_a_person_resolves_after_the_new_plan_gets_the_corrected_text(
    tmp_path: Path,
) -> None:
    write_list(tmp_path, ("C0", 0, "Ana"), ("C1", 1, "Bo"))
    config = SandboxConfig.model_validate({"faults": {"drop_before": 1.0}})
    with SandboxServer(config) as server:
        url = server.url_for("synthflow")
        definition = Recipe(message="message: Frist\n").write(tmp_path, "list.csv", url)
        lost = campaign.load(definition, environment=ENVIRONMENT).run(limit=1)
        server.set_faults({})
        Recipe(message="message: First\n").write(tmp_path, "list.csv", url)
        loaded = campaign.load(definition, environment=ENVIRONMENT)
        replanned = loaded.run(replan=True)
        loaded.resolve(As.NOT_SENT, None)
        summary = loaded.run()
        texts = {entry.to: entry.request["initial_message"] for entry in server.journal.entries()}
        assert set(server.journal.addresses().values()) == {1}
    assert lost.counts.unknown == replanned.counts.unknown == 1
    assert texts == {number(0): "First", number(1): "First"}
    assert (summary.exit_code, summary.counts.accepted) == (0, 2)
    assert unbroken(loaded)


def test_a_failed_one_whose_number_was_corrected_is_reached_by_a_retry(tmp_path: Path) -> None:
    write_list(tmp_path, ("C0", 0, "Ana"), ("C1", 1, "Bo"))
    config = SandboxConfig.model_validate({"faults": {"invalid_recipients": [number(0)]}})
    with SandboxServer(config) as server:
        recipe = Recipe(recipients=KEYED)
        definition = recipe.write(tmp_path, "list.csv", server.url_for("synthflow"))
        loaded = campaign.load(definition, environment=ENVIRONMENT)
        first = loaded.run()
        write_list(tmp_path, ("C0", 50, "Ana"), ("C1", 1, "Bo"))
        loaded.run(replan=True)
        assert number(50) not in server.journal.addresses()
        (reason,) = (code for state, code in first.reasons if state == "failed")
        loaded.send_again(state=State.FAILED, codes=[reason])
        summary = loaded.run()
        sent = server.journal.addresses()
    assert dict(sent) == {number(50): 1, number(1): 1}
    assert summary.exit_code == 0


def test_a_list_that_grows_every_night_is_sent_to_to_the_last_row_whatever_goes_wrong(
    tmp_path: Path,
) -> None:
    config = SandboxConfig.model_validate({"seed": 5, "faults": FAULTS})
    with SandboxServer(config) as server:
        definition = Recipe().write(tmp_path, "list.csv", server.url_for("synthflow"))
        loaded = campaign.load(definition, environment=ENVIRONMENT)
        for night in range(1, 5):
            people = range((night - 1) * 10, night * 60)  # ten leave the list each night
            write_list(tmp_path, *((f"C{n}", n, "Ana") for n in reversed(people)))
            summary = loaded.run(replan=True, limit=45)
            assert unbroken(loaded)
        summary = loaded.run(replan=True)
        assert_the_journal_agrees(server, summary)
    buckets = summary.counts.as_dict()
    assert buckets.pop("planned") == sum(buckets.values())
    assert buckets["pending"] == buckets["sending"] == 0
    lines = results_of(summary)
    on_the_list = {f"C{n}" for n in range(30, 240)}
    assert on_the_list <= {line["ID"] for line in lines}
    assert len({line["ID"] for line in lines}) == len(lines) == summary.counts.planned


def test_the_command_takes_the_word_and_says_what_it_changed(tmp_path: Path) -> None:
    write_list(tmp_path, ("C0", 0, "Ana"), ("C1", 1, "Bo"))
    with SandboxServer() as server:
        Recipe().write(tmp_path, "list.csv", server.url_for("synthflow"))
        command("run", "campaign.yaml", "--yes", "--limit", 1, cwd=tmp_path)
        write_list(tmp_path, ("C0", 0, "Ana"), ("C2", 2, "Cem"))
        refused = command("run", "campaign.yaml", "--yes", cwd=tmp_path)
        done = command("run", "campaign.yaml", "--yes", "--replan", cwd=tmp_path)
        sent = server.journal.addresses()
    assert (refused.returncode, done.returncode) == (2, 0)
    assert "say --replan to add and correct recipients" in refused.stderr
    assert "1 added, 0 of the pending changed, 1 no longer to be sent to" in done.stdout
    assert dict(sent) == {number(0): 1, number(2): 1}


def test_who_was_removed_is_shown_with_the_reason(tmp_path: Path) -> None:
    write_list(tmp_path, ("C0", 0, "Ana"), ("C1", 1, "Bo"))
    config = SandboxConfig.model_validate({"synthflow": {"keys": ["good"]}})
    with SandboxServer(config) as server:
        recipe = Recipe(rate="rate: {limit: 1000/s, concurrency: 1}\n", recipients=KEYED)
        definition = recipe.write(tmp_path, "list.csv", server.url_for("synthflow"))
        campaign.load(definition, environment={"KEY": "good"}).run(only="C1")
        campaign.load(definition, environment={"KEY": "bad"}).run()  # C0 was tried, in vain
        write_list(tmp_path, ("C1", 1, "Bo"))
        summary = campaign.load(definition, environment={"KEY": "good"}).run(replan=True)
        assert dict(server.journal.addresses()) == {number(1): 1}
    assert by_id(summary) == {"C0": "skipped", "C1": "accepted"}
    assert summary.reasons["skipped", "removed"] == 1
    assert summary.rejects is not None
    with summary.rejects.open(newline="", encoding="utf-8") as file:
        assert [(line["row"], line["code"]) for line in csv.DictReader(file)] == [("2", "removed")]
