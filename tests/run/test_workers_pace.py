"""How fast several workers send together, and what their run says of it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from campaign.sandbox import SandboxConfig, SandboxServer
from tests.run.sent_by_workers import Told, load, with_workers, write


@pytest.fixture
def server() -> Iterator[SandboxServer]:
    with SandboxServer() as one:
        yield one


def test_the_rate_is_that_of_all_workers_together(tmp_path: Path, server: SandboxServer) -> None:
    rate = 18
    asked = f"{{limit: {rate}/s, concurrency: 16}}"
    summary = load(write(tmp_path, server.url_for("synthflow"), 54, rate=asked)).run()
    arrived = sorted(datetime.fromisoformat(entry.time) for entry in server.journal.entries())
    seconds = (arrived[-1] - arrived[0]).total_seconds()
    assert summary.counts.accepted == 54
    assert len(arrived) <= seconds * rate * 1.01 + 2 + 1


def test_the_rate_of_each_sender_is_that_of_all_workers_together(
    tmp_path: Path, server: SandboxServer
) -> None:
    asked = "{limit: 1000/s, per_sender: 10/s, concurrency: 16}"
    summary = load(write(tmp_path, server.url_for("synthflow"), 60, rate=asked)).run()
    arrived = sorted(datetime.fromisoformat(entry.time) for entry in server.journal.entries())
    seconds = (arrived[-1] - arrived[0]).total_seconds()
    assert summary.counts.accepted == 60
    # Two senders; each worker may have one of each in its first second on top.
    assert len(arrived) <= seconds * 2 * 10 * 1.01 + 2 * 2 + 1


def test_a_run_with_a_cap_is_sent_by_one_process_and_says_so(
    tmp_path: Path, server: SandboxServer
) -> None:
    told = Told()
    asked = "{limit: 1000/s, concurrency: 16, at_most: [1000/h]}"
    definition = write(tmp_path, server.url_for("synthflow"), 30, rate=asked)
    summary = load(definition).run(reporter=told)
    assert summary.counts.accepted == len(server.journal) == 30
    said = "One process sends, whatever `workers` says: it counts for `rate.at_most`."
    assert told.sentences.count(said) == 1
    with_workers(definition, 1)
    quiet = Told()
    load(definition).run(reporter=quiet)
    assert said not in quiet.sentences


def test_what_all_workers_waited_for_is_what_the_summary_says(tmp_path: Path) -> None:
    faults = {"latency": 0.05}
    with SandboxServer(SandboxConfig.model_validate({"faults": faults})) as slow:
        two = "{limit: 100000/s, concurrency: 2}"
        summary = load(write(tmp_path, slow.url_for("synthflow"), 40, rate=two)).run()
    assert summary.counts.accepted == 40
    # Whoever the parts fall to, all but the first of each worker waited for the answer before.
    assert summary.waited.in_flight >= (40 - 2) / 2 * 0.05 * 0.9
    assert summary.waited.in_flight < summary.seconds
    assert summary.waited.slowed_to is None


def test_a_vendor_that_throttles_the_workers_slows_the_run_which_says_so(tmp_path: Path) -> None:
    faults = {"limit": {"requests": 5, "seconds": 0.2}}
    with SandboxServer(SandboxConfig.model_validate({"faults": faults})) as busy:
        asked = "{limit: 500/s, concurrency: 16}"
        summary = load(write(tmp_path, busy.url_for("synthflow"), 60, rate=asked)).run()
        assert summary.counts.accepted == len(busy.journal) == 60
    assert summary.waited.paused > 0
    assert summary.waited.slowed_to is not None
    assert 0 < summary.waited.slowed_to < 500
