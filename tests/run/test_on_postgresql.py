"""The same campaign with its ledger in PostgreSQL, from two machines and with a password."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

import campaign
from campaign.api import Campaign
from campaign.channel import Channel
from campaign.deciding import As
from campaign.errors import InvalidInput, LedgerError
from campaign.sandbox import SandboxConfig, SandboxServer
from tests.cli.commands import campaign as command
from tests.postgres import PostgresForTests
from tests.run.campaigns import ENVIRONMENT, EVERY_WAY, KINDS, Recipe
from tests.run.lists import number, write_mixed
from tests.run.truth import (
    FAULTS,
    assert_another_run_sends_nothing,
    assert_every_row_is_somewhere,
    assert_the_journal_agrees,
)

PEOPLE = 12


@pytest.fixture
def address(postgres: PostgresForTests) -> Iterator[str]:
    with postgres.database() as one:
        yield one


@pytest.fixture
def server() -> Iterator[SandboxServer]:
    with SandboxServer() as one:
        yield one


def write(folder: Path, server: SandboxServer, ledger: str, more: str = "") -> Path:
    rows = "".join(f"{number(place)},Ana,Plus\n" for place in range(PEOPLE))
    (folder / "list.csv").write_text("Phone,First Name,Plan\n" + rows, encoding="utf-8")
    recipe = Recipe(more=f"ledger: {ledger}\n{more}")
    return recipe.write(folder, "list.csv", server.url_for("synthflow"))


def load(path: Path, address: str) -> Campaign:
    return campaign.load(path, environment=ENVIRONMENT | {"LEDGER": address})


@pytest.mark.parametrize(("provider", "channel"), EVERY_WAY[::3])
def test_every_row_is_in_one_bucket_and_nobody_in_the_journal_twice(
    provider: str, channel: Channel, tmp_path: Path, address: str
) -> None:
    mixed = write_mixed(tmp_path / "list.csv", channel, KINDS.get(channel, "number"), 400)
    with SandboxServer(SandboxConfig.model_validate({"faults": FAULTS})) as server:
        recipe = Recipe(provider=provider, channel=channel, more=f"ledger: {address}\n")
        definition = recipe.write(tmp_path, "list.csv", server.url_for(provider))
        summary = campaign.load(definition, environment=ENVIRONMENT).run()
        assert_every_row_is_somewhere(summary, mixed.rows)
        assert_the_journal_agrees(server, summary)
        assert_another_run_sends_nothing(server, definition, summary)
        assert campaign.load(definition, environment=ENVIRONMENT).verify().is_sound
    assert not list(tmp_path.glob("*.db"))


def test_another_machine_goes_on_where_the_first_one_stopped(
    tmp_path: Path, server: SandboxServer, address: str
) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    first.mkdir()
    definition = write(first, server, "${LEDGER}")
    load(definition, address).run(limit=5)
    shutil.copytree(first, second)
    summary = load(second / "campaign.yaml", address).run()
    assert (summary.counts.accepted, summary.sent) == (PEOPLE, PEOPLE - 5)
    assert server.journal.addresses() == {number(place): 1 for place in range(PEOPLE)}
    assert load(definition, address).run().sent == 0


def test_a_machine_without_the_plan_is_refused_and_sends_to_nobody(
    tmp_path: Path, server: SandboxServer, address: str
) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    first.mkdir()
    load(write(first, server, "${LEDGER}"), address).run(limit=5)
    second.mkdir()
    with pytest.raises(InvalidInput, match="the plan of this run is missing"):
        load(write(second, server, "${LEDGER}"), address).run()
    assert len(server.journal) == 5


def test_another_database_does_not_know_the_run_and_refuses_to_begin_it_again(
    tmp_path: Path, server: SandboxServer, address: str, postgres: PostgresForTests
) -> None:
    definition = write(tmp_path, server, "${LEDGER}")
    load(definition, address).run(limit=5)
    with (
        postgres.database() as other,
        pytest.raises(InvalidInput, match=r"the ledger postgresql://.* does not know"),
    ):
        load(definition, other).run()
    assert len(server.journal) == 5


def test_unknown_recipients_are_resolved_and_failed_ones_sent_again(
    tmp_path: Path, server: SandboxServer, address: str
) -> None:
    server.set_faults({"drop_before": 1.0})
    one = load(write(tmp_path, server, "${LEDGER}"), address)
    assert one.run().counts.unknown == PEOPLE
    server.set_faults({})
    assert one.resolve(As.NOT_SENT, None, why="looked") == PEOPLE
    assert one.run().counts.accepted == PEOPLE
    assert one.verify().is_sound


def test_the_commands_know_the_ledger_from_the_environment_file_and_show_no_password(
    tmp_path: Path, server: SandboxServer, address: str
) -> None:
    write(tmp_path, server, "${LEDGER}")
    secret = address.replace("postgres:@", "postgres:s3cret@")  # trusted whatever it is
    (tmp_path / "keys.env").write_text(f"LEDGER={secret}\n", encoding="utf-8")
    given = ("campaign.yaml", "--env-file", "keys.env")
    runs = command("run", *given, "--yes", cwd=tmp_path)
    assert runs.returncode == 0, runs.stderr
    assert "s3cret" not in runs.stdout + runs.stderr
    told = ""
    for words in (("status",), ("check",), ("ledger", "verify"), ("results",)):
        done = command(*words, *given, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        told += done.stdout + done.stderr
    assert "s3cret" not in told
    assert command("status", "campaign.yaml", cwd=tmp_path).stderr.startswith("campaign.yaml:")


def test_a_server_that_cannot_be_reached_is_said_before_anybody_is_sent_to(
    tmp_path: Path, server: SandboxServer
) -> None:
    one = load(write(tmp_path, server, "postgresql://ana@127.0.0.1:1/nowhere"), "")
    with pytest.raises(LedgerError, match=r"The ledger postgresql://ana@127.0.0.1:1/nowhere canno"):
        one.run()
    assert len(server.journal) == 0
