"""Several processes at one ledger: whoever is killed or comes second, nobody is sent to twice."""

from __future__ import annotations

import multiprocessing
import signal
import subprocess
import sys
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Any

from campaign.errors import LedgerError, RunHeld
from campaign.ledger.protocol import Lease, State
from campaign.ledger.sqlite import SqliteLedger
from tests.ledger.ledgers import Held, claim, ensure

SPAWN = multiprocessing.get_context("spawn")
PROCESSES = 3


def _claim_all(path: Path, lease: Lease, rows: int, start: Barrier, claimed: Queue[Any]) -> None:
    ledger = SqliteLedger(path)
    start.wait()
    mine = []
    for first in range(0, rows, 5):
        numbers = range(first, first + 5)
        written = ledger.write(lease, claims=[claim(number) for number in numbers])
        mine += [n for n, attempt in zip(numbers, written, strict=True) if attempt is not None]
    ledger.close()
    claimed.put(mine)


def _begin(path: Path, run_id: int, start: Barrier, told: Queue[Any]) -> None:
    start.wait()
    try:
        ledger = SqliteLedger(path)
        ensure(ledger)
        ledger.acquire(run_id)
    except (LedgerError, RunHeld) as error:
        told.put(type(error).__name__)
    else:
        told.put("holds it")
    start.wait()  # a process that has ended could be taken over


def _open(folder: Path, files: int, start: Barrier, told: Queue[Any]) -> None:
    errors = []
    for number in range(files):
        start.wait()
        try:
            ledger = SqliteLedger(folder / f"{number}.db")
            ensure(ledger)
            ledger.close()
        except LedgerError as error:
            errors.append(str(error))
    told.put(errors)


def _together(target: Any, *args: Any) -> list[Any]:
    start, answers = SPAWN.Barrier(PROCESSES), SPAWN.Queue()
    processes = [
        SPAWN.Process(target=target, args=(*args, start, answers)) for _ in range(PROCESSES)
    ]
    for process in processes:
        process.start()
    found = [answers.get(timeout=60) for _ in processes]
    for process in processes:
        process.join()
    return found


def test_processes_that_claim_the_same_people_get_each_exactly_once(tmp_path: Path) -> None:
    held = Held(tmp_path / "ledger.db", sendable=300)
    found = _together(_claim_all, held.path, held.lease, 300)
    assert sorted(number for mine in found for number in mine) == list(range(300))
    assert held.ledger.counts(held.run.id).sending == 300
    held.ledger.close()


def test_of_processes_that_start_at_once_on_a_new_file_exactly_one_sends(tmp_path: Path) -> None:
    found = _together(_begin, tmp_path / "ledger.db", 1)
    assert sorted(found) == ["RunHeld", "RunHeld", "holds it"]


def test_processes_that_open_the_same_new_file_at_once_all_get_a_ledger(tmp_path: Path) -> None:
    assert _together(_open, tmp_path, 40) == [[]] * PROCESSES


_CLAIMS_AND_WAITS = """
import sys
from pathlib import Path
from campaign.ledger.protocol import State
from tests.ledger.ledgers import Held
held = Held(Path(sys.argv[1]))
held.claim(0, 1, 2)
held.settle(1, 1, State.ACCEPTED)
print("claimed", flush=True)
sys.stdin.read()
"""


def test_what_a_killed_process_had_claimed_is_unknown_and_the_rest_goes_on(
    tmp_path: Path,
) -> None:
    path = tmp_path / "ledger.db"
    process = subprocess.Popen(
        [sys.executable, "-c", _CLAIMS_AND_WAITS, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parents[2],
    )
    with process:
        assert process.stdout is not None
        assert process.stdout.readline().strip() == b"claimed"
        process.send_signal(signal.SIGKILL)
        process.wait()
    ledger = SqliteLedger(path)
    run = ensure(ledger)
    lease = ledger.acquire(run.id)
    assert ledger.recover(lease) == 2
    states = {entry.number: entry.state for entry in ledger.entries(run.id, 0, 9)}
    assert states == {0: State.UNKNOWN, 1: State.ACCEPTED, 2: State.UNKNOWN}
    assert ledger.write(lease, claims=[claim(n) for n in range(4)]) == [None, None, None, 1]
    ledger.close()
