"""A run that several workers send is the run that one process would have sent."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from pathlib import Path

import pytest

from campaign.channel import Channel
from campaign.errors import InvalidInput, LedgerError
from campaign.reporting.reporter import About, Silent
from campaign.sandbox import SandboxConfig, SandboxServer
from campaign.sending.ending import Ending
from tests.run.campaigns import ENVIRONMENT, Recipe
from tests.run.lists import number
from tests.run.sent_by_workers import Told, load, with_workers, write
from tests.run.truth import (
    FAULTS,
    assert_another_run_sends_nothing,
    assert_every_row_is_somewhere,
    assert_the_journal_agrees,
)


@pytest.fixture
def server() -> Iterator[SandboxServer]:
    with SandboxServer() as one:
        yield one


@pytest.fixture(params=["sqlite", "postgres"])
def ledger(request: pytest.FixtureRequest) -> Iterator[str]:
    if request.param == "sqlite":
        yield ""
    else:
        with request.getfixturevalue("postgres").database() as address:
            yield f"ledger: {address}\n"


@pytest.mark.parametrize("workers", [2, 3])
def test_everybody_gets_one_message_whatever_the_vendor_does(
    tmp_path: Path, server: SandboxServer, ledger: str, workers: int
) -> None:
    server.set_faults(FAULTS)
    definition = write(tmp_path, server.url_for("synthflow"), 300, ledger, workers=workers)
    summary = load(definition).run()
    assert_every_row_is_somewhere(summary, 300)
    assert_the_journal_agrees(server, summary)
    assert summary.counts.accepted > 200
    assert load(definition).verify().is_sound
    server.set_faults({})
    assert_another_run_sends_nothing(server, definition, summary)


def test_a_rehearsal_has_one_sandbox_for_all_workers(tmp_path: Path) -> None:
    summary = load(write(tmp_path, None, 60)).run()
    journal = summary.results.with_name("sandbox-journal.jsonl")
    sent = [json.loads(line)["to"] for line in journal.read_text(encoding="utf-8").splitlines()]
    assert summary.counts.accepted == 60
    assert Counter(sent) == {number(person): 1 for person in range(60)}


@pytest.mark.parametrize(("people", "limit", "workers"), [(12, 11, 3), (40, 7, 2), (30, 1, 2)])
def test_a_limit_holds_for_all_workers_together_to_the_last_one(
    tmp_path: Path, server: SandboxServer, people: int, limit: int, workers: int
) -> None:
    definition = write(tmp_path, server.url_for("synthflow"), people, workers=workers)
    summary = load(definition).run(limit=limit)
    assert (summary.ending, summary.counts.accepted) == (Ending.LIMIT, limit)
    assert len(server.journal) == limit
    assert load(definition).run(limit=people).ending is Ending.FINISHED
    assert server.journal.addresses() == {number(person): 1 for person in range(people)}


def test_a_tier_holds_for_all_workers_together(
    tmp_path: Path, server: SandboxServer, ledger: str
) -> None:
    rows = "".join(f"{number(person)},Ana,Plus,\n" for person in range(40))
    header = "Phone,First Name,Plan,Last inbound at\n"
    (tmp_path / "list.csv").write_text(header + rows, encoding="utf-8")
    rate = "rate: {limit: 100000/s, concurrency: 16, tier: 15}\n"
    recipe = Recipe(channel=Channel.WHATSAPP, rate=rate, more=f"workers: 2\n{ledger}")
    summary = load(recipe.write(tmp_path, "list.csv", server.url_for("synthflow"))).run()
    assert summary.ending is Ending.FULL
    assert len(server.journal) == summary.counts.accepted == 15


def test_no_more_become_unknown_than_stop_when_allows_all_workers(
    tmp_path: Path, server: SandboxServer
) -> None:
    server.set_faults({"error_after": 1.0, "latency": 0.05})
    more = "stop_when: {unknown: 6}\n"
    two = "{limit: 100000/s, concurrency: 2}"
    definition = write(tmp_path, server.url_for("synthflow"), 60, more, rate=two)
    summary = load(definition).run()
    assert summary.ending is Ending.STOPPED
    assert "`stop_when.unknown`" in (summary.why or "")
    assert 3 <= summary.counts.unknown <= 6


@contextmanager
def refusing_once() -> Iterator[str]:
    """A vendor that takes every message but the tenth, for which it refuses the campaign."""
    numbers = count(1)

    class Vendor(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            this = next(numbers)
            taken = b'{"status":"success","response":{"conversation_id":"%d"}}' % this
            body = b"{}" if this == 10 else taken
            self.send_response(401 if this == 10 else 200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Vendor) as vendor:
        thread = threading.Thread(target=vendor.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{vendor.server_address[1]}"
        finally:
            vendor.shutdown()
            thread.join()


def test_a_refusal_of_the_whole_campaign_to_one_worker_stops_all(tmp_path: Path) -> None:
    with refusing_once() as url:
        few = "{limit: 200/s, concurrency: 4}"
        summary = load(write(tmp_path, url, 3_000, rate=few)).run()
    assert summary.ending is Ending.STOPPED
    assert "refuses the whole campaign (key_refused)" in (summary.why or "")
    assert summary.counts.accepted + summary.counts.pending == 3_000
    assert summary.counts.pending > 2_000


def test_a_careful_beginning_is_one_process_and_then_all_workers_go_on(
    tmp_path: Path, server: SandboxServer
) -> None:
    class Watching(Told):
        def told(self, text: str) -> None:
            super().told(text)
            if "ramp" in text:
                sent.append(len(server.journal))

    sent: list[int] = []
    ramp = "ramp: {steps: [{send: 3, wait: 1s}, {send: 4, wait: 1s}]}\n"
    definition = write(tmp_path, server.url_for("synthflow"), 40, ramp)
    summary = load(definition).run(reporter=Watching())
    assert sent == [3, 7]
    assert summary.counts.accepted == 40
    assert server.journal.addresses() == {number(person): 1 for person in range(40)}


def test_who_is_opted_out_in_the_ledger_gets_nothing_from_any_worker(
    tmp_path: Path, server: SandboxServer
) -> None:
    class OptingOut(Silent):
        def started(self, about: About) -> None:
            load(definition).suppressions.add([number(5), number(6)])

    definition = write(tmp_path, server.url_for("synthflow"), 20)
    summary = load(definition).run(reporter=OptingOut())
    assert summary.reasons["skipped", "suppressed"] == 2
    assert not {number(5), number(6)} & server.journal.addresses().keys()


def test_a_definition_that_changes_while_its_run_begins_is_not_sent(
    tmp_path: Path, server: SandboxServer
) -> None:
    class Editing(Silent):
        def started(self, about: About) -> None:
            with_workers(definition, 3)

    definition = write(tmp_path, server.url_for("synthflow"), 20)
    with pytest.raises(InvalidInput, match="was changed since the run began"):
        load(definition).run(reporter=Editing())
    assert len(server.journal) == 0
    assert load(definition).run().counts.accepted == 20


def test_a_ledger_that_goes_away_stops_all_workers_with_its_own_error(
    tmp_path: Path, server: SandboxServer
) -> None:
    class Deleting(Silent):
        def started(self, about: About) -> None:
            threading.Timer(2.0, (tmp_path / "campaign-ledger.db").unlink).start()

    slow = "{limit: 20/s, concurrency: 16}"
    definition = write(tmp_path, server.url_for("synthflow"), 2_000, rate=slow)
    with pytest.raises(LedgerError, match="deleted"):
        load(definition).run(reporter=Deleting())
    assert len(server.journal) < 2_000


def test_secrets_reach_the_workers_and_nobody_who_lists_processes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commands: list[str] = []

    class Looking(Told):
        def told(self, text: str) -> None:
            commands.extend(
                place.read_bytes().decode(errors="replace")
                for place in Path("/proc").glob("[0-9]*/cmdline")
            )

    monkeypatch.delenv("KEY", raising=False)
    keys = {"synthflow": {"keys": [ENVIRONMENT["KEY"]]}}
    config = SandboxConfig.model_validate(keys | {"faults": {"throttle": 0.2}})
    with SandboxServer(config) as server:
        definition = write(tmp_path, server.url_for("synthflow"), 40)
        summary = load(definition).run(reporter=Looking())
    assert summary.counts.accepted == 40
    assert any("campaign.workers" in command for command in commands)
    assert not any(ENVIRONMENT["KEY"] in command for command in commands)
