"""Seconds from the command until the first request, where a million are done and some are left.

A run of 1,010,000 people of whom 1,000,000 are settled: how long the same command takes, from the
start of its process, until it sends to the next one. Everything before is in that time: Python, the
list's and the plan's checksums, taking the run over, and finding out who is left.
"""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import psycopg

import campaign
from campaign.sandbox import SandboxServer
from tests.postgres import PostgresForTests

PEOPLE = 1_010_000
SETTLED = 1_000_000
TIMES = 3
DEFINITION = """\
name: recovery
channel: sms
provider: {{name: synthflow, base_url: "{url}", agent_id: {agent}, api_key: "${{KEY}}"}}
sender: "+12025550100"
recipients: list.csv
message: "Hi {{{{ first_name }}}}"
rate: 10/s
{ledger}
"""
AGENT = "2a886b7d-d52d-4f8b-8ea0-19d3edc79214"
ENVIRONMENT = {"KEY": "key"}

_RECIPIENT = (
    "INSERT INTO recipient (run_id, number, key, state, provider_id, attempts, claimed_at,"
    " settled_at) VALUES (1, ?, ?, 'accepted', ?, 1, 1, 2)"
)
_ATTEMPT = (
    "INSERT INTO attempt (run_id, number, attempt, started_at, ended_at, outcome, http_status)"
    " VALUES (1, ?, 1, 1, 2, 'accepted', 200)"
)
_TALLY = f"UPDATE tally SET rows = {SETTLED} WHERE run_id = 1 AND state = 'accepted'"


def write_list(path: Path) -> None:
    """Write the list."""
    with path.open("w", encoding="utf-8") as file:
        file.write("phone,first_name\n")
        file.writelines(f"+1{2_022_000_000 + place},Ana\n" for place in range(PEOPLE))


def settled(keys: Iterable[str]) -> Iterator[tuple[int, str, str]]:
    """Yield number, key and the vendor's id of everybody who is settled, but for the first."""
    for number, key in enumerate(keys):
        if 0 < number < SETTLED:
            yield number, key, f"conversation-{number}"


def settle_in_file(path: Path, keys: list[str]) -> None:
    """Write the settled ones past the ledger, as it would have written them."""
    with closing(sqlite3.connect(path)) as db, db:
        db.executemany(_RECIPIENT, settled(keys))
        db.executemany(_ATTEMPT, ((number,) for number in range(1, SETTLED)))
        db.execute(_TALLY)


def settle_in_database(address: str, keys: list[str]) -> None:
    """Do the same in a database."""
    with psycopg.connect(address, options="-c search_path=campaign") as db, db.cursor() as cursor:
        with cursor.copy(
            "COPY recipient (number, key, provider_id, run_id, state, attempts,"
            " claimed_at, settled_at) FROM STDIN"
        ) as copy:
            for row in settled(keys):
                copy.write_row((*row, 1, "accepted", 1, 1, 2))
        with cursor.copy(
            "COPY attempt (number, run_id, attempt, started_at, ended_at, outcome,"
            " http_status) FROM STDIN"
        ) as copy:
            for number in range(1, SETTLED):
                copy.write_row((number, 1, 1, 1, 2, "accepted", 200))
        cursor.execute(_TALLY)


def first_request(definition: Path, server: SandboxServer) -> float:
    """Start the command, stop it at its first request, and return how long that took."""
    before = len(server.journal)
    started = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "-m", "campaign", "run", str(definition)],
        env=os.environ | ENVIRONMENT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    )
    while len(server.journal) == before:
        assert process.poll() is None, "it ended without a request"
        time.sleep(0.002)
    seconds = time.monotonic() - started
    process.send_signal(signal.SIGTERM)
    process.wait()
    return seconds


def measure(folder: Path, ledger: str, settle: Callable[[list[str]], None]) -> list[float]:
    """Make the ledger, check it against its own invariants, and measure a few times."""
    with SandboxServer() as server:
        text = DEFINITION.format(url=server.url_for("synthflow"), agent=AGENT, ledger=ledger)
        (folder / "campaign.yaml").write_text(text, encoding="utf-8")
        loaded = campaign.load(folder / "campaign.yaml", environment=ENVIRONMENT)
        loaded.run(limit=1)
        with loaded.view() as view:
            settle(view.plan.rows().select("key").collect()["key"].to_list())
        with closing(loaded.job.ledger(ENVIRONMENT).open()) as found:
            assert found.broken(1) == []
            assert found.counts(1).pending == PEOPLE - SETTLED
        return [first_request(folder / "campaign.yaml", server) for _ in range(TIMES)]


@contextmanager
def database() -> Iterator[str]:
    """Run a PostgreSQL server with an empty database; yield its address."""
    server = PostgresForTests()
    try:
        with server.database() as address:
            yield address
    finally:
        server.close()


def main() -> None:
    """Measure and print the table."""
    print("| ledger | seconds to the first request, each time |")
    print("|---|---:|")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_list(folder / "list.csv")
        times = measure(
            folder, "", lambda keys: settle_in_file(folder / "campaign-ledger.db", keys)
        )
        print(f"| SQLite | {', '.join(f'{each:.1f}' for each in times)} |", flush=True)
    with tempfile.TemporaryDirectory() as name, database() as address:
        folder = Path(name)
        write_list(folder / "list.csv")
        times = measure(
            folder, f"ledger: {address}", lambda keys: settle_in_database(address, keys)
        )
        print(f"| PostgreSQL | {', '.join(f'{each:.1f}' for each in times)} |", flush=True)


if __name__ == "__main__":
    main()
