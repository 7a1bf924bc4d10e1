"""Several processes at one ledger: whoever is killed or comes second, nobody is sent to twice."""

from __future__ import annotations

import multiprocessing
import signal
import subprocess
import sys
from contextlib import ExitStack
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Any

from campaign.errors import LedgerError, RunHeld
from campaign.ledger.records import Lease, State
from tests.ledger.ledgers import FileStore, Held, ServerStore, Store, claim, ensure
from tests.postgres import PostgresForTests

SPAWN = multiprocessing.get_context("spawn")
PROCESSES = 3


def _claim_all(store: Store, lease: Lease, rows: int, start: Barrier, claimed: Queue[Any]) -> None:
    ledger = store.open()
    start.wait()
    mine = []
    for first in range(0, rows, 5):
        numbers = range(first, first + 5)
        written = ledger.write(lease, claims=[claim(number) for number in numbers])
        mine += [n for n, attempt in zip(numbers, written, strict=True) if attempt is not None]
    ledger.close()
    claimed.put(mine)


def _begin(store: Store, run_id: int, start: Barrier, told: Queue[Any]) -> None:
    start.wait()
    try:
        ledger = store.open()
        ensure(ledger)
        ledger.acquire(run_id)
    except (LedgerError, RunHeld) as error:
        told.put(type(error).__name__)
    else:
        told.put("holds it")
    start.wait()  # a process that has ended could be taken over


def _open(stores: list[Store], start: Barrier, told: Queue[Any]) -> None:
    errors = []
    for store in stores:
        start.wait()
        try:
            ledger = store.open()
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


def test_processes_that_claim_the_same_people_get_each_exactly_once(store: Store) -> None:
    held = Held(store, sendable=300)
    found = _together(_claim_all, store, held.lease, 300)
    assert sorted(number for mine in found for number in mine) == list(range(300))
    assert held.ledger.counts(held.run.id).sending == 300
    held.ledger.close()


def test_of_processes_that_start_at_once_on_a_new_ledger_exactly_one_sends(store: Store) -> None:
    found = _together(_begin, store, 1)
    assert sorted(found) == ["RunHeld", "RunHeld", "holds it"]


def test_processes_that_open_the_same_new_file_at_once_all_get_a_ledger(tmp_path: Path) -> None:
    stores = [FileStore(tmp_path / f"{number}.db") for number in range(40)]
    assert _together(_open, stores) == [[]] * PROCESSES


def test_processes_that_open_the_same_new_database_at_once_all_get_a_ledger(
    postgres: PostgresForTests,
) -> None:
    with ExitStack() as stack:
        addresses = [stack.enter_context(postgres.database()) for _ in range(10)]
        assert _together(_open, [ServerStore(each) for each in addresses]) == [[]] * PROCESSES


_CLAIMS_AND_WAITS = """
import sys
from pathlib import Path
from campaign.ledger.records import State
from tests.ledger.ledgers import FileStore, Held, ServerStore
kind, where = sys.argv[1:]
held = Held(FileStore(Path(where)) if kind == "FileStore" else ServerStore(where))
held.claim(0, 1, 2)
held.settle(1, 1, State.ACCEPTED)
print("claimed", flush=True)
sys.stdin.read()
"""


def test_what_a_killed_process_had_claimed_is_unknown_and_the_rest_goes_on(store: Store) -> None:
    where = store.path if isinstance(store, FileStore) else vars(store)["address"]
    process = subprocess.Popen(
        [sys.executable, "-c", _CLAIMS_AND_WAITS, type(store).__name__, str(where)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parents[2],
    )
    with process:
        assert process.stdout is not None
        assert process.stdout.readline().strip() == b"claimed"
        process.send_signal(signal.SIGKILL)
        process.wait()
    ledger = store.open()
    run = ensure(ledger)
    lease = ledger.acquire(run.id)
    assert ledger.recover(lease) == 2
    states = {entry.number: entry.state for entry in ledger.entries(run.id, 0, 9)}
    assert states == {0: State.UNKNOWN, 1: State.ACCEPTED, 2: State.UNKNOWN}
    assert ledger.write(lease, claims=[claim(n) for n in range(4)]) == [None, None, None, 1]
    ledger.close()
