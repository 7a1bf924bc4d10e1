"""The long proof of the main job: ``python -m tests.run.proof [--rows 20000]``.

A mixed list for each of the four providers on each of its channels, sent to the sandbox with
faults on; then the journal is compared with the results, row by row, and the run started again.
Prints a Markdown table; fails at the first thing that is not as it should be.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

import campaign
from campaign.channel import Channel
from campaign.reporting.summary import Summary
from campaign.sandbox import SandboxConfig, SandboxServer
from tests.run.campaigns import ENVIRONMENT, EVERY_WAY, KINDS, Recipe
from tests.run.lists import write_mixed
from tests.run.truth import (
    FAULTS,
    assert_another_run_sends_nothing,
    assert_every_row_is_somewhere,
    assert_the_journal_agrees,
)

COLUMNS = ("accepted", "scheduled", "failed", "unknown", "skipped", "held", "pending")


def prove(provider: str, channel: Channel, rows: int) -> tuple[Summary, int, float]:
    """Send one list and check everything; return the summary, the journal's length, seconds."""
    config = SandboxConfig.model_validate({"faults": FAULTS})
    with tempfile.TemporaryDirectory() as name, SandboxServer(config) as server:
        folder = Path(name)
        write_mixed(folder / "list.csv", channel, KINDS.get(channel, "number"), rows)
        definition = Recipe(provider, channel).write(folder, "list.csv", server.url_for(provider))
        started = time.monotonic()
        summary = campaign.load(definition, environment=ENVIRONMENT).run()
        seconds = time.monotonic() - started
        assert summary.exit_code == 3, summary.why
        assert_every_row_is_somewhere(summary, rows)
        assert_the_journal_agrees(server, summary)
        assert_another_run_sends_nothing(server, definition, summary)
        return summary, len(server.journal), seconds


def main() -> None:
    """Prove every way and print the table."""
    parser = argparse.ArgumentParser(description="The long proof of the main job.")
    parser.add_argument("--rows", type=int, default=20_000, help="rows in each list")
    rows = parser.parse_args().rows
    print(f"| provider | channel | planned | {' | '.join(COLUMNS)} | in the journal | seconds |")
    print("|---|---|" + "---:|" * (len(COLUMNS) + 3))
    for provider, channel in EVERY_WAY:
        summary, journal, seconds = prove(provider, channel, rows)
        counts = summary.counts.as_dict()
        figures = [rows, *(counts[name] for name in COLUMNS), journal]
        cells = " | ".join(f"{figure:,}" for figure in figures)
        print(f"| {provider} | {channel.value} | {cells} | {seconds:.0f} |", flush=True)
    print("\nNobody twice, nobody forgotten, and a second run sent nothing.")


if __name__ == "__main__":
    main()
