"""Odd requests and odd surroundings: nobody loses an outcome, and what is said is so."""

from __future__ import annotations

import csv
import io
import os
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from rich.console import Console

import campaign
from campaign.channel import Channel
from campaign.errors import InvalidInput, OutputError
from campaign.preflight.view import forecast_view
from campaign.reporting.reporter import Progress, Silent
from campaign.sandbox import SandboxConfig, SandboxServer
from tests.run.campaigns import ENVIRONMENT, Recipe
from tests.run.lists import number


def write_list(folder: Path, people: int) -> None:
    rows = "".join(f"{number(place)},Ana,Plus\n" for place in range(people))
    (folder / "list.csv").write_text("Phone,First Name,Plan\n" + rows, encoding="utf-8")


class Broken(Silent):
    """A log on a full disk, a reader that has gone."""

    def progress(self, progress: Progress) -> None:
        raise BrokenPipeError

    def told(self, text: str) -> None:
        raise OSError("no space left on device")


def test_whoever_watches_never_costs_anybody_their_outcome(tmp_path: Path) -> None:
    write_list(tmp_path, 30)
    config = SandboxConfig.model_validate({"faults": {"latency": {"fixed": 0.8}}})
    with SandboxServer(config) as server:
        recipe = Recipe(rate="rate: {limit: 1000/s, concurrency: 20}\n")
        definition = recipe.write(tmp_path, "list.csv", server.url_for("synthflow"))
        summary = campaign.load(definition, environment=ENVIRONMENT).run(reporter=Broken())
    assert (summary.exit_code, summary.counts.accepted) == (0, 30)


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("'{{ last_inbound_at[:0] }}'", "unrendered"),
        ('"{{ last_inbound_at }}\\tor so"', "unsendable_value"),
    ],
)
def test_a_value_that_cannot_be_sent_does_not_leave_when_the_window_closes_in_the_middle(
    tmp_path: Path, value: str, reason: str
) -> None:
    last = datetime.now(UTC) - timedelta(hours=24) + timedelta(seconds=62)
    rows = "".join(f"{number(place)},{last.isoformat()}\n" for place in range(30))
    (tmp_path / "list.csv").write_text("Phone,Last inbound at\n" + rows, encoding="utf-8")
    message = (
        "message:\n  text: Hi\n  template: {id: HX00000000000000000000000000000000, "
        f"variables: {{1: {value}}}}}\n"
        "window: {column: Last inbound at, margin: 1m}\n"
    )
    recipe = Recipe("synthflow", Channel.WHATSAPP, message=message, rate="rate: 8/s\n")
    with SandboxServer() as server:
        definition = recipe.write(tmp_path, "list.csv", server.url_for("synthflow"))
        summary = campaign.load(definition, environment=ENVIRONMENT).run()
        bodies = [entry.request for entry in server.journal.entries()]
    assert all("template" not in body for body in bodies)
    assert summary.counts.accepted == len(bodies) > 0
    assert summary.reasons["skipped", reason] == 30 - len(bodies) > 0


def test_the_results_of_a_run_are_a_list_for_the_next_and_so_are_theirs(tmp_path: Path) -> None:
    write_list(tmp_path, 3)
    source = "list.csv"
    for place in range(3):
        folder = tmp_path / str(place)
        folder.mkdir()
        (folder / "list.csv").write_bytes((tmp_path / source).read_bytes())
        summary = campaign.load(Recipe().write(folder, "list.csv", None)).run()
        assert summary.counts.accepted == 3
        source = str(summary.results.relative_to(tmp_path))
    with summary.results.open(newline="", encoding="utf-8") as file:
        header = next(csv.reader(file))
    assert len(header) == len(set(header))
    assert header.count("Phone") == 1
    assert "campaign_campaign_state" in header


def test_brackets_in_a_message_are_shown_as_they_are_sent(tmp_path: Path) -> None:
    write_list(tmp_path, 1)
    recipe = Recipe(message="message: 'Hi [/b] [stop] {{ first_name }}'\n")
    found = campaign.load(recipe.write(tmp_path, "list.csv", None)).plan()
    out = io.StringIO()
    Console(file=out, width=200).print(forecast_view(found))
    assert "Hi [/b] [stop] Ana" in out.getvalue()


def test_only_asks_back_when_a_name_means_two_people(tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text("User ID,Key\nanna,k1\nbert,anna\n", encoding="utf-8")
    recipe = Recipe(
        "sendbird", Channel.MESSENGER, message="message: Hi\n", recipients={"key": "Key"}
    )
    loaded = campaign.load(recipe.write(tmp_path, "list.csv", None))
    with pytest.raises(InvalidInput, match="key of one recipient and the address of another"):
        loaded.run(only="anna")


def test_only_for_somebody_who_is_done_sends_nothing_and_says_so(tmp_path: Path) -> None:
    write_list(tmp_path, 2)
    loaded = campaign.load(Recipe().write(tmp_path, "list.csv", None))
    loaded.run(only=number(0))
    asked = []
    summary = loaded.run(only=number(0))
    assert summary.sent == summary.settled == 0
    assert asked == []
    with pytest.raises(InvalidInput, match=r"say --only \+1202"):
        loaded.run(only="2")  # a row of the spreadsheet, where a key or an address is meant


@pytest.mark.parametrize("limit", [0, -3])
def test_a_limit_below_one_is_a_mistake(limit: int, tmp_path: Path) -> None:
    write_list(tmp_path, 1)
    with pytest.raises(ValueError, match="limit is at least 1"):
        campaign.load(Recipe().write(tmp_path, "list.csv", None)).run(limit=limit)


def test_refused_is_not_sent(tmp_path: Path) -> None:
    write_list(tmp_path, 3)
    faults = {"invalid_recipients": [number(place) for place in range(3)]}
    with SandboxServer(SandboxConfig.model_validate({"faults": faults})) as server:
        definition = Recipe().write(tmp_path, "list.csv", server.url_for("synthflow"))
        summary = campaign.load(definition, environment=ENVIRONMENT).run()
    assert (summary.settled, summary.sent, summary.counts.failed) == (3, 0, 3)


def test_a_forecast_of_a_run_that_has_begun_says_how_far_it_is(tmp_path: Path) -> None:
    write_list(tmp_path, 5)
    loaded = campaign.load(Recipe().write(tmp_path, "list.csv", None))
    assert loaded.plan().already is None
    loaded.run(limit=2)
    already = loaded.plan().already
    assert already is not None
    assert (already.accepted, already.pending) == (2, 3)
    with pytest.raises(InvalidInput, match="Nobody with the key or address"):
        loaded.plan(only="nobody")


def test_single_braces_around_a_column_are_warned_of(tmp_path: Path) -> None:
    write_list(tmp_path, 1)
    recipe = Recipe(message="message: 'Hi {First Name}, {ok} {{ plan }}. Reply STOP to opt out.'\n")
    found = campaign.load(recipe.write(tmp_path, "list.csv", None)).plan()
    assert found.warnings == [
        "{First Name} is sent as it stands; write {{ first_name }} to fill it in."
    ]


def test_an_output_that_is_a_file_is_a_sentence(tmp_path: Path) -> None:
    write_list(tmp_path, 1)
    (tmp_path / "out").write_text("mine")
    definition = Recipe(more="output: out\n").write(tmp_path, "list.csv", None)
    with pytest.raises(OutputError, match="cannot be written"):
        campaign.load(definition).run()
    assert (tmp_path / "out").read_text() == "mine"


def test_the_ledger_is_its_owners_alone(tmp_path: Path) -> None:
    write_list(tmp_path, 1)
    loaded = campaign.load(Recipe().write(tmp_path, "list.csv", None))
    loaded.run()
    if os.name == "posix":
        assert stat.S_IMODE(Path(str(loaded.job.ledger({}))).stat().st_mode) == 0o600
    assert loaded.job.ledger({}).exists


@pytest.mark.parametrize("entry", ["+49 171 39", "+49 171 39200011111", "+447700900123", "0171"])
def test_an_opt_out_that_is_no_number_may_be_somebody_and_stops_the_run(
    entry: str, tmp_path: Path
) -> None:
    write_list(tmp_path, 1)
    (tmp_path / "optouts.csv").write_text(f"Phone\n{entry}\n", encoding="utf-8")
    definition = Recipe(more="suppress: optouts.csv\n").write(tmp_path, "list.csv", None)
    with pytest.raises(InvalidInput, match="on the suppression list cannot be read"):
        campaign.load(definition).run()
