"""The truth after a run: the sandbox's journal against the ledger's results, row by row."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path

import campaign
from campaign.reporting.summary import Summary
from campaign.sandbox import SandboxServer
from tests.run.campaigns import ENVIRONMENT

FAULTS = {
    "throttle": 0.01,
    "retry_after": 0.05,
    "error_before": 0.01,
    "error_after": 0.01,
    "drop_before": 0.005,
    "drop_after": 0.01,
    "drop_midway": 0.005,
    "unreadable": 0.005,
    "invalid_share": 0.02,
    "missing_share": 0.01,
    "latency": {"uniform": [0.0, 0.01]},
}
"""What goes wrong at the vendor in a run that is to prove something."""


def results_of(summary: Summary) -> list[dict[str, str]]:
    with summary.results.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def assert_every_row_is_somewhere(summary: Summary, rows: int) -> None:
    buckets = summary.counts.as_dict()
    assert buckets.pop("planned") == rows
    assert sum(buckets.values()) == rows
    assert buckets["sending"] == buckets["pending"] == 0
    lines = results_of(summary)
    assert [int(line["row"]) for line in lines] == list(range(2, rows + 2))
    assert Counter(line["state"] for line in lines) == Counter(
        {state: count for state, count in buckets.items() if count}
    )
    assert all(line["detail"] for line in lines if line["state"] != "accepted")


def assert_the_journal_agrees(server: SandboxServer, summary: Summary) -> None:
    sent = server.journal.addresses()
    assert max(sent.values()) == 1, "somebody was messaged twice"
    states: dict[str, set[str]] = {}
    for line in results_of(summary):
        if line["address"]:
            states.setdefault(line["address"], set()).add(line["state"])
    for address in sent:
        assert states[address] & {"accepted", "unknown"}, f"{address} was forgotten"
    for address, found in states.items():
        if "accepted" in found:
            assert address in sent, f"{address} was never messaged"
        elif "unknown" not in found:
            assert address not in sent, f"{address} was messaged, but the ledger says {found}"


def assert_another_run_sends_nothing(
    server: SandboxServer, definition: Path, first: Summary
) -> None:
    """The same command again: nobody is messaged, and nothing is said differently."""
    before, journal = results_of(first), len(server.journal)
    second = campaign.load(definition, environment=ENVIRONMENT).run()
    assert len(server.journal) == journal, "the second run messaged somebody"
    assert second.sent == 0
    assert second.counts == first.counts
    assert results_of(second) == before
