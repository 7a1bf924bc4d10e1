"""A full disk, and a ledger that is damaged or gone: sending stops, and nobody is sent to twice."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

import campaign
from campaign.errors import LedgerError
from campaign.ledger.records import State
from campaign.sandbox import SandboxServer
from tests.crash.campaign_of_crashes import CONCURRENCY, finish_and_judge, write_campaign
from tests.crash.processes import command, ended, run, started, wait_for
from tests.ledger.test_files import as_an_ordinary_user
from tests.run.campaigns import ENVIRONMENT

PEOPLE = 300
LEDGER = "campaign-ledger.db"


def accepted(definition: Path) -> set[int]:
    """Return who is accepted by the ledger."""
    loaded = campaign.load(definition, environment=ENVIRONMENT)
    with closing(loaded.job.ledger(ENVIRONMENT).open(create=False)) as ledger:
        found = ledger.latest_run(loaded.name, sandbox=False)
        assert found is not None
        return {entry.number for entry in ledger.in_state(found.id, State.ACCEPTED)}


def test_a_disk_that_fills_up_stops_the_run_and_with_room_again_it_goes_on(tmp_path: Path) -> None:
    before: set[int] = set()
    with SandboxServer() as server:
        definition = write_campaign(tmp_path, PEOPLE, server.url_for("synthflow"))
        for times in (1, 2):
            full = run(definition, quota=300_000)
            assert full.code == 1, full.said
            assert "cannot be written" in full.said
            assert "Traceback" not in full.said
            now = accepted(definition)
            assert before < now, "what was settled is kept"
            assert len(server.journal) - len(now) <= times * CONCURRENCY, "it went on sending"
            before = now
        summary = finish_and_judge(definition, server, PEOPLE)
        assert before < accepted(definition)
    assert summary.counts.unknown <= 2 * CONCURRENCY


def test_a_disk_with_no_room_for_the_plan_sends_nobody_anything(tmp_path: Path) -> None:
    with SandboxServer() as server:
        definition = write_campaign(tmp_path, PEOPLE, server.url_for("synthflow"))
        full = run(definition, quota=8_000)
        assert len(server.journal) == 0
        summary = finish_and_judge(definition, server, PEOPLE)
    assert full.code == 1, full.said
    assert "Traceback" not in full.said
    assert summary.counts.accepted == PEOPLE


def test_a_ledger_that_was_truncated_between_two_runs_is_refused(tmp_path: Path) -> None:
    with SandboxServer() as server:
        definition = write_campaign(tmp_path, PEOPLE, server.url_for("synthflow"))
        campaign.load(definition, environment=ENVIRONMENT).run(limit=100)
        os.truncate(tmp_path / LEDGER, (tmp_path / LEDGER).stat().st_size // 2 + 100)
        end = run(definition)
        assert len(server.journal) == 100
    assert end.code == 1
    assert f"The ledger {tmp_path / LEDGER} cannot be read: " in end.said
    assert "Traceback" not in end.said


def test_a_ledger_that_may_only_be_read_is_refused() -> None:
    with tempfile.TemporaryDirectory() as name, SandboxServer() as server:
        folder = Path(name)
        folder.chmod(0o755)
        definition = write_campaign(folder, PEOPLE, server.url_for("synthflow"))
        loaded = campaign.load(definition, environment=ENVIRONMENT)
        loaded.run(limit=100)
        (folder / LEDGER).chmod(0o444)
        folder.chmod(0o555)
        try:
            with as_an_ordinary_user(), pytest.raises(LedgerError, match="cannot be") as refused:
                loaded.run()
        finally:
            folder.chmod(0o755)
        assert len(server.journal) == 100
    assert refused.value.exit_code == 1


def sent_to_some(folder: Path, server: SandboxServer) -> tuple[Path, subprocess.Popen[str]]:
    """Begin a campaign, and return in the middle of it."""
    server.set_faults({"latency": 0.05})
    definition = write_campaign(folder, PEOPLE, server.url_for("synthflow"))
    sender = started("run", definition)
    wait_for(server, 100, sender)
    return definition, sender


def all_that_left(server: SandboxServer) -> int:
    """Return how many requests the server has, with those that it read after their sender's end."""
    before = -1
    while before != (now := len(server.journal)):
        before = now
        time.sleep(0.3)
    return before


def an_older_copy(ledger: Path) -> None:
    """Put a backup that was just made in the ledger's place, as a restore would."""
    older = ledger.with_suffix(".backup")
    with closing(sqlite3.connect(ledger)) as db, closing(sqlite3.connect(older)) as copy:
        db.backup(copy)
    older.rename(ledger)


@pytest.mark.parametrize("lose", [Path.unlink, an_older_copy])
def test_a_ledger_that_is_gone_while_it_is_used_stops_the_run_and_is_kept(
    lose: Callable[[Path], None], tmp_path: Path
) -> None:
    ledger = tmp_path / LEDGER
    with SandboxServer() as server:
        definition, sender = sent_to_some(tmp_path, server)
        lose(ledger)
        stopped = ended(sender)
        sent = all_that_left(server)
        refused = run(definition)
        assert len(server.journal) == sent
        ledger.with_name(f"{LEDGER}.rescued").rename(ledger)
        went_on = command("run", definition, "--takeover")
        summary = finish_and_judge(definition, server, PEOPLE)
    assert stopped.code == 1, stopped.said
    assert "was deleted or replaced while it was in use" in stopped.said
    assert sent < PEOPLE
    assert refused.code == 2, refused.said
    assert went_on.code in (0, 3), went_on.said
    assert summary.counts.unknown <= CONCURRENCY


def test_a_ledger_that_is_cut_short_while_it_is_used_costs_nobody_a_second_message(
    tmp_path: Path,
) -> None:
    with SandboxServer() as server:
        definition, sender = sent_to_some(tmp_path, server)
        os.truncate(tmp_path / LEDGER, (tmp_path / LEDGER).stat().st_size // 2)
        first, second = ended(sender), run(definition)
        assert max(server.journal.addresses().values()) == 1
    # Either SQLite mends it from its log and everybody is sent to, or it is damaged and refused.
    assert {first.code, second.code} <= {0, 1}, first.said + second.said
    assert (second.code == 1) == ("cannot be" in second.said)
