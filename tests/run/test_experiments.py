"""Split tests and holdouts to the end: what the vendor got, and what the results say of it."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import polars as pl
import pytest

import campaign
from campaign.channel import Channel
from campaign.errors import InvalidInput
from campaign.sandbox import SandboxConfig, SandboxServer
from tests.cli.commands import campaign as command
from tests.run.campaigns import ENVIRONMENT, Recipe
from tests.run.lists import number
from tests.run.truth import (
    FAULTS,
    assert_another_run_sends_nothing,
    assert_every_row_is_somewhere,
    assert_the_journal_agrees,
    results_of,
)

SPLIT = "variants: {a: 'Hi {{ first_name }}', b: {share: 30%, text: 'Hello, {{ plan }}'}}\n"


def write_list(folder: Path, rows: int) -> None:
    people = "".join(f"{number(n)},N{n},P{n}\n" for n in range(rows))
    (folder / "list.csv").write_text("Phone,First Name,Plan\n" + people, encoding="utf-8")


@pytest.mark.parametrize("name", ["test-campaign", "another"])
def test_everybody_gets_the_message_of_the_variant_that_the_results_name(
    tmp_path: Path, name: str
) -> None:
    write_list(tmp_path, 60)
    recipe = Recipe(name=name, message=SPLIT, more="holdout: 10%\n")
    with SandboxServer() as server:
        definition = recipe.write(tmp_path, "list.csv", server.url_for("synthflow"))
        loaded = campaign.load(definition, environment=ENVIRONMENT)
        loaded.run(limit=20)
        summary = campaign.load(definition, environment=ENVIRONMENT).run()
        texts = {entry.to: entry.request["initial_message"] for entry in server.journal.entries()}
        assert_every_row_is_somewhere(summary, 60)
        assert_the_journal_agrees(server, summary)
        assert_another_run_sends_nothing(server, definition, summary)
    lines = results_of(summary)
    assert {line["variant"] for line in lines} == {"a", "b"}
    assert summary.counts.skipped > 0
    for line in lines:
        wanted = {"a": f"Hi {line['First Name']}", "b": f"Hello, {line['Plan']}"}[line["variant"]]
        assert texts.get(line["address"]) == (wanted if line["state"] == "accepted" else None)
    assert set(loaded.plan().refusals) == {("skipped", "holdout")}


def test_whatever_goes_wrong_nobody_gets_two_messages_or_another_variants(tmp_path: Path) -> None:
    write_list(tmp_path, 300)
    config = SandboxConfig.model_validate({"seed": 3, "faults": FAULTS})
    with SandboxServer(config) as server:
        definition = Recipe(message=SPLIT).write(tmp_path, "list.csv", server.url_for("synthflow"))
        summary = campaign.load(definition, environment=ENVIRONMENT).run()
        assert_every_row_is_somewhere(summary, 300)
        assert_the_journal_agrees(server, summary)
        entries = server.journal.entries()
    greeting = {"a": "Hi ", "b": "Hello, "}
    variant = {line["address"]: line["variant"] for line in results_of(summary)}
    assert all(
        entry.request["initial_message"].startswith(greeting[variant[entry.to]])
        for entry in entries
    )


def test_templates_and_their_values_are_each_variants_own(tmp_path: Path) -> None:
    write_list(tmp_path, 40)
    templates = (
        "variants:\n"
        "  a: {template: {id: 41, variables: {1: '{{ first_name }}', 2: '{{ plan }}'}}}\n"
        "  b: {template: {id: 42, variables: {1: '{{ plan }}'}}}\n"
    )
    recipe = Recipe("zild", Channel.WHATSAPP, message=templates, settings="  batch: 10\n")
    with SandboxServer() as server:
        definition = recipe.write(tmp_path, "list.csv", server.url_for("zild"))
        summary = campaign.load(definition, environment=ENVIRONMENT).run()
        got = {
            entry.to: (entry.request["conversationTemplateId"], entry.request["contentVariables"])
            for entry in server.journal.entries()
        }
    assert summary.counts.accepted == 40
    for place, line in enumerate(results_of(summary)):
        values = {"1": f"N{place}", "2": f"P{place}"} if line["variant"] == "a" else None
        wanted = (41, values) if values else (42, {"1": f"P{place}"})
        assert got[line["address"]] == wanted


def test_replies_to_tap_are_each_variants_own(tmp_path: Path) -> None:
    people = "".join(f"user-{n},Ana\n" for n in range(12))
    (tmp_path / "list.csv").write_text("User ID,First Name\n" + people, encoding="utf-8")
    message = (
        "variants:\n  a: {message: {text: Hi, suggested_replies: [Yes, No]}}\n  b: {text: Hi}\n"
    )
    with SandboxServer() as server:
        definition = Recipe("sendbird", Channel.MESSENGER, message=message).write(
            tmp_path, "list.csv", server.url_for("sendbird")
        )
        summary = campaign.load(definition, environment=ENVIRONMENT).run()
        got = {
            entry.to: entry.request.get("suggested_replies") for entry in server.journal.entries()
        }
    variants = {line["address"]: line["variant"] for line in results_of(summary)}
    assert set(variants.values()) == {"a", "b"}
    assert got == {
        address: ["Yes", "No"] if variant == "a" else None for address, variant in variants.items()
    }


def test_another_text_for_one_variant_needs_a_new_plan_and_goes_to_who_is_left(
    tmp_path: Path,
) -> None:
    write_list(tmp_path, 30)
    with SandboxServer() as server:
        url = server.url_for("synthflow")
        definition = Recipe(message=SPLIT).write(tmp_path, "list.csv", url)
        campaign.load(definition, environment=ENVIRONMENT).run(limit=10)
        first = {entry.to: entry.request["initial_message"] for entry in server.journal.entries()}
        Recipe(message=SPLIT.replace("Hi", "Hey")).write(tmp_path, "list.csv", url)
        loaded = campaign.load(definition, environment=ENVIRONMENT)
        with pytest.raises(InvalidInput, match="`variants`"):
            loaded.run()
        summary = loaded.run(replan=True)
        assert set(server.journal.addresses().values()) == {1}
        texts = {entry.to: entry.request["initial_message"] for entry in server.journal.entries()}
    for place, line in enumerate(results_of(summary)):
        word = "Hi" if line["address"] in first else "Hey"
        wanted = {"a": f"{word} N{place}", "b": f"Hello, P{place}"}[line["variant"]]
        assert texts[line["address"]] == wanted


def test_the_results_and_show_name_the_variant_beside_a_column_of_that_name(
    tmp_path: Path,
) -> None:
    (tmp_path / "list.csv").write_text(
        f"Phone,First Name,Plan,Variant\n{number(0)},Ana,Plus,red\n", encoding="utf-8"
    )
    with SandboxServer() as server:
        Recipe(message=SPLIT).write(tmp_path, "list.csv", server.url_for("synthflow"))
        loaded = campaign.load(tmp_path / "campaign.yaml", environment=ENVIRONMENT)
        summary = loaded.run()
    (line,) = results_of(summary)
    assert line["Variant"] == "red"
    assert line["campaign_variant"] in ("a", "b")
    with loaded.view() as view:
        view.results(tmp_path / "results.parquet")
    found = pl.read_parquet(tmp_path / "results.parquet")
    assert found["campaign_variant"].to_list() == [line["campaign_variant"]]
    shown = command("show", "campaign.yaml", number(0), "--json", cwd=tmp_path)
    (facts,) = json.loads(shown.stdout)
    assert facts["variant"] == line["campaign_variant"]
    told = command("show", "campaign.yaml", number(0), cwd=tmp_path).stdout.splitlines()
    assert [told_line.split() for told_line in told if told_line.startswith("variant")] == [
        ["variant", line["campaign_variant"]]
    ]


def test_without_variants_the_results_have_no_such_column(tmp_path: Path) -> None:
    write_list(tmp_path, 1)
    with SandboxServer() as server:
        definition = Recipe().write(tmp_path, "list.csv", server.url_for("synthflow"))
        summary = campaign.load(definition, environment=ENVIRONMENT).run()
    with summary.results.open(newline="", encoding="utf-8") as file:
        assert "variant" not in (csv.DictReader(file).fieldnames or [])
