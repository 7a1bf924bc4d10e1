"""A ledger that is older than what the run left behind does not know who was messaged since."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

import campaign
from campaign.api import Campaign
from campaign.deciding import As
from campaign.errors import InvalidInput
from campaign.sandbox import SandboxServer
from tests.postgres import PostgresForTests
from tests.run.campaigns import ENVIRONMENT, Recipe
from tests.run.lists import number

PEOPLE = 6


@pytest.fixture
def server() -> Iterator[SandboxServer]:
    with SandboxServer() as one:
        yield one


def written(folder: Path, server: SandboxServer, more: str = "") -> Campaign:
    rows = "".join(f"{number(place)},Ana,Plus\n" for place in range(PEOPLE))
    (folder / "list.csv").write_text("Phone,First Name,Plan\n" + rows, encoding="utf-8")
    definition = Recipe(more=more).write(folder, "list.csv", server.url_for("synthflow"))
    return campaign.load(definition, environment=ENVIRONMENT)


@pytest.mark.parametrize("before", [2, 0], ids=["between two", "before the first"])
def test_a_backup_that_was_put_back_in_place_is_refused(
    tmp_path: Path, server: SandboxServer, before: int
) -> None:
    one = written(tmp_path, server)
    ledger, backup = tmp_path / "campaign-ledger.db", tmp_path / "backup.db"
    one.run(limit=before or 1)
    shutil.copy(ledger, backup)
    one.run()
    ledger.write_bytes(backup.read_bytes())  # the same file, with what it knew then
    asked = (one.run, lambda: one.resolve(As.SENT, None), one.send_again, one.reconcile)
    for ask in asked * 3:  # none of them makes it look newer
        with pytest.raises(InvalidInput, match=r"is older than .*restored from a backup"):
            ask()
    assert not one.verify().is_sound
    assert server.journal.addresses() == {number(place): 1 for place in range(PEOPLE)}


def test_results_of_a_newer_ledger_are_not_overwritten_by_an_older_one(
    tmp_path: Path, server: SandboxServer
) -> None:
    one = written(tmp_path, server)
    ledger, backup = tmp_path / "campaign-ledger.db", tmp_path / "backup.db"
    one.run(limit=2)
    shutil.copy(ledger, backup)
    results = one.run().results
    complete = results.read_text(encoding="utf-8")
    ledger.write_bytes(backup.read_bytes())
    with one.view() as view:
        with pytest.raises(InvalidInput, match="is older than"):
            view.results(results)
        view.results(tmp_path / "elsewhere.csv")
    assert results.read_text(encoding="utf-8") == complete
    assert (tmp_path / "elsewhere.csv").read_text(encoding="utf-8") != complete


def test_a_person_may_go_on_with_a_backup_all_the_same(
    tmp_path: Path, server: SandboxServer
) -> None:
    one = written(tmp_path, server)
    ledger, backup = tmp_path / "campaign-ledger.db", tmp_path / "backup.db"
    one.run(limit=2)
    shutil.copy(ledger, backup)
    one.run(limit=1)
    ledger.write_bytes(backup.read_bytes())
    assert one.run(takeover=True).counts.accepted == PEOPLE
    assert one.run().exit_code == 0
    assert max(server.journal.addresses().values()) == 2  # as the refusal had said


def test_a_database_that_was_restored_from_an_older_dump_is_refused(
    tmp_path: Path, server: SandboxServer, postgres: PostgresForTests
) -> None:
    with postgres.database() as address:
        one = written(tmp_path, server, f"ledger: {address}\n")
        one.run(limit=2)
        name = address.split("/")[3].split("?")[0]
        postgres.execute(f"CREATE DATABASE {name}_dump TEMPLATE {name}")
        one.run()
        postgres.execute(f"DROP DATABASE {name} WITH (FORCE)")
        postgres.execute(f"ALTER DATABASE {name}_dump RENAME TO {name}")
        with pytest.raises(InvalidInput, match=r"is older than .*restored from a backup"):
            one.run()
    assert server.journal.addresses() == {number(place): 1 for place in range(PEOPLE)}


def test_what_a_person_decided_since_makes_no_ledger_look_old(
    tmp_path: Path, server: SandboxServer
) -> None:
    server.set_faults({"drop_before": 1.0})
    one = written(tmp_path, server)
    one.run()
    server.set_faults({})
    one.resolve(As.NOT_SENT, None)
    assert one.run().counts.accepted == PEOPLE
