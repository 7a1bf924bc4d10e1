"""A database server that goes away in the middle of a run: the run waits, or stops and goes on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from campaign.ledger.records import State
from campaign.sandbox import SandboxServer
from tests.crash.campaign_of_crashes import finish_and_judge, write_campaign
from tests.crash.processes import ended, run, started, wait_for
from tests.ledger.ledgers import Held, ServerStore
from tests.postgres import PostgresForTests

PEOPLE = 1_000
IN_FLIGHT = 300
LATENCY = {"latency": {"uniform": [0.1, 0.4]}}


@pytest.fixture
def server_line(postgres: PostgresForTests) -> Iterator[str]:
    with postgres.database() as address:
        yield f"ledger: {address}\n"


def test_a_server_that_restarts_under_a_run_costs_nobody_anything(
    server_line: str, postgres: PostgresForTests, tmp_path: Path
) -> None:
    with SandboxServer() as server:
        server.set_faults(LATENCY)
        url = server.url_for("synthflow")
        definition = write_campaign(tmp_path, PEOPLE, url, server_line, IN_FLIGHT)
        sender = started("run", definition)
        wait_for(server, 2 * IN_FLIGHT, sender)
        postgres.restart()
        end = ended(sender)
        summary = finish_and_judge(definition, server, PEOPLE)
    assert end.code == 0, end.said
    assert summary.counts.accepted == PEOPLE


def test_a_server_that_stays_away_stops_the_run_and_the_same_command_finishes_it(
    server_line: str, postgres: PostgresForTests, tmp_path: Path
) -> None:
    with SandboxServer() as server:
        server.set_faults(LATENCY)
        url = server.url_for("synthflow")
        definition = write_campaign(tmp_path, PEOPLE, url, server_line, IN_FLIGHT)
        sender = started("run", definition, patience=1.0)
        wait_for(server, 2 * IN_FLIGHT, sender)
        postgres.stop()
        try:
            stopped = ended(sender)
            sent = len(server.journal)
            refused = run(definition, patience=1.0)
            assert len(server.journal) == sent
        finally:
            postgres.start()
        server.set_faults({})
        finished = run(definition)
        summary = finish_and_judge(definition, server, PEOPLE)
    assert stopped.code == refused.code == 1, stopped.said + refused.said
    assert "The ledger postgresql://" in stopped.said
    assert "Traceback" not in stopped.said + refused.said
    assert sent < PEOPLE
    assert finished.code in (0, 3), finished.said
    assert summary.counts.unknown <= IN_FLIGHT


@pytest.mark.parametrize("others_write", [False, True])
def test_a_claim_that_a_crash_of_the_server_undid_is_made_again(
    others_write: bool,
    postgres: PostgresForTests,
    server_line: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A server that crashes gives the ids of transactions that it lost to other ones."""
    held = Held(ServerStore(server_line.removeprefix("ledger: ").strip()))
    execute, crashes = psycopg.Connection.execute, []

    def crashing(self: Any, query: Any, *args: Any, **more: Any) -> Any:
        if query == "COMMIT" and not crashes:
            crashes.append("at the first commit")
            postgres.restart()
            for _ in range(50 * others_write):
                postgres.execute("SELECT pg_current_xact_id()")
        return execute(self, query, *args, **more)

    monkeypatch.setattr(psycopg.Connection, "execute", crashing)
    assert held.claim(0, 1) == [1, 1]
    monkeypatch.undo()
    assert crashes
    assert held.state(0) is State.SENDING
    assert held.ledger.counts(held.run.id).sending == 2
    held.ledger.close()
