"""``campaign ledger verify``: what is broken is named, and the exit code says so."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

import campaign as project
from tests.cli.commands import campaign
from tests.run.campaigns import ENVIRONMENT, Recipe
from tests.run.lists import number


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A rehearsal of three recipients that has ended."""
    rows = "".join(f"{number(place)},Ana,Plus\n" for place in range(3))
    (tmp_path / "list.csv").write_text("Phone,First Name,Plan\n" + rows, encoding="utf-8")
    project.load(Recipe().write(tmp_path, "list.csv", None), environment=ENVIRONMENT).run()
    return tmp_path


def test_a_sound_ledger_is_said_to_be_sound(folder: Path) -> None:
    done = campaign("ledger", "verify", "campaign.yaml", cwd=folder)
    assert (done.returncode, done.stdout) == (
        0,
        "1 run of test-campaign, 3 rows: every invariant holds.\n",
    )


def test_what_is_broken_is_named_and_the_command_fails(folder: Path) -> None:
    with closing(sqlite3.connect(folder / "campaign-ledger.db")) as db, db:
        db.execute("UPDATE recipient SET state = 'pending' WHERE number = 1")
        db.execute("UPDATE recipient SET key = 'somebody else' WHERE number = 2")
    done = campaign("ledger", "verify", "campaign.yaml", cwd=folder)
    assert done.returncode == 1
    assert f"{number(1)} is pending, which neither its last attempt nor a decision" in done.stdout
    assert "accepted is the state of 2 recipients, and the run's counts" in done.stdout
    assert f"somebody else is {number(2)} in the plan." in done.stdout
    assert "not sound" in done.stdout
    told = json.loads(campaign("ledger", "verify", "campaign.yaml", "--json", cwd=folder).stdout)
    assert (told["sound"], len(told["broken"])) == (False, 1)


def test_a_claim_that_the_plan_does_not_know_is_named(folder: Path) -> None:
    with closing(sqlite3.connect(folder / "campaign-ledger.db")) as db, db:
        db.execute("UPDATE recipient SET number = 40 WHERE number = 2")
        db.execute("UPDATE attempt SET number = 40 WHERE number = 2")
    done = campaign("ledger", "verify", "campaign.yaml", cwd=folder)
    assert done.returncode == 1
    assert "Number 40 of the ledger is not in the plan." in done.stdout


def test_a_plan_that_was_changed_or_lost_is_named(folder: Path) -> None:
    (plan,) = folder.glob("output/*/*/plan-*.parquet")
    plan.write_bytes(plan.read_bytes() + b"x")
    done = campaign("ledger", "verify", "campaign.yaml", cwd=folder)
    told = " ".join(done.stdout.split())  # however it is broken into lines
    assert (done.returncode, "was changed after it was made" in told) == (1, True)
    plan.unlink()
    done = campaign("ledger", "verify", "campaign.yaml", cwd=folder)
    assert (done.returncode, "the plan of this run is missing" in done.stdout) == (1, True)


def test_without_a_ledger_it_says_so(folder: Path) -> None:
    (folder / "campaign-ledger.db").unlink()
    done = campaign("ledger", "verify", "campaign.yaml", cwd=folder)
    assert done.returncode == 1
    assert "There is no ledger at" in done.stderr
    assert not (folder / "campaign-ledger.db").exists()


def test_a_test_message_whose_state_was_changed_by_hand_is_named(folder: Path) -> None:
    project.load(folder / "campaign.yaml", environment=ENVIRONMENT).test(["+1 202 555 0177"])
    with closing(sqlite3.connect(folder / "campaign-ledger.db")) as db, db:
        db.execute("UPDATE test_send SET settled_at = NULL")
    done = campaign("ledger", "verify", "campaign.yaml", cwd=folder)
    assert done.returncode == 1
    assert "the ledger: +12025550177 has a test message that is accepted" in done.stdout
