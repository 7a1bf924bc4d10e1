"""Several processes hear and learn while another claims, and some are killed: nothing is lost."""

from __future__ import annotations

import multiprocessing
import random
import signal
import subprocess
import sys
import time
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Barrier, Event
from pathlib import Path
from typing import Any

import pytest

from campaign.ledger.delivery_records import Delivery, Observation
from campaign.ledger.records import Entry, Lease, State
from tests.ledger.ledgers import FileStore, Held, Store, claim, outcome

SPAWN = multiprocessing.get_context("spawn")
ROWS, GROUP = 400, 20
IDS = {f"id-{number}" for number in range(ROWS)}


def names(entry: Entry) -> list[str]:
    return [entry.provider_id] if entry.provider_id is not None else []


def send_all(store: Store, lease: Lease, start: Barrier, over: Event) -> None:
    ledger = store.open()
    start.wait()
    for first in range(0, ROWS, GROUP):
        group = range(first, first + GROUP)
        ledger.write(lease, claims=[claim(number) for number in group])
        accepted = [
            outcome(number, 1, State.ACCEPTED, provider_id=f"id-{number}") for number in group
        ]
        ledger.write(lease, settlements=accepted)
    ledger.close()
    over.set()


def learn_all(store: Store, start: Barrier, over: Event, told: Queue[Any]) -> None:
    ledger = store.open()
    start.wait()
    found, is_last = 0, False
    while not is_last:
        is_last = over.is_set()
        found += ledger.learn("sendbird", names, sandbox=False)
    ledger.close()
    told.put(("learnt", found))


def hear_all(store: Store, start: Barrier, told: Queue[Any]) -> None:
    ledger = store.open()
    start.wait()
    changed, left = 0, set(IDS)
    while left:
        places = ledger.places_of_ids("sendbird", left, sandbox=False)
        left -= places.keys()
        changed += ledger.hear(
            [
                Observation(place.run_id, place.number, what, place.number)
                for (place,) in places.values()
                for what in (Delivery.READ, Delivery.UNDELIVERED)
            ]
        )
    ledger.close()
    told.put(("heard", changed))


def test_processes_that_hear_and_learn_while_another_claims_lose_nothing(store: Store) -> None:
    held = Held(store, sendable=ROWS)
    start, over, told = SPAWN.Barrier(5), SPAWN.Event(), SPAWN.Queue()
    processes = [
        SPAWN.Process(target=send_all, args=(store, held.lease, start, over)),
        *(SPAWN.Process(target=learn_all, args=(store, start, over, told)) for _ in range(2)),
        *(SPAWN.Process(target=hear_all, args=(store, start, told)) for _ in range(2)),
    ]
    for process in processes:
        process.start()
    found = [told.get(timeout=120) for _ in range(4)]
    for process in processes:
        process.join()
        assert process.exitcode == 0
    ledger = held.ledger
    for what in ("learnt", "heard"):
        assert sum(how_many for name, how_many in found if name == what) == ROWS
    assert ledger.places_of_ids("sendbird", IDS, sandbox=False).keys() == IDS
    columns = ledger.columns(held.run.id, 0, ROWS)
    assert columns["read_at"] == columns["undelivered_at"] == columns["number"]
    assert ledger.deliveries(held.run.id).by_status == {Delivery.UNDELIVERED: ROWS}
    assert ledger.counts(held.run.id).accepted == ROWS
    assert ledger.broken(held.run.id) == []
    ledger.close()


_BEGIN = """
import sys
from pathlib import Path
from tests.ledger.ledgers import FileStore, ServerStore
kind, where = sys.argv[1:3]
ledger = (FileStore(Path(where)) if kind == "FileStore" else ServerStore(where)).open()
"""

_HEARS_FOR_EVER = (
    _BEGIN
    + """
from campaign.ledger.delivery_records import Delivery, Observation
for at in range(10**9, 0, -1):
    group = [Observation(1, n, what, at) for n in range(40) for what in Delivery]
    assert ledger.hear(group) == 40
    print(at, flush=True)
"""
)

_LEARNS_FOR_EVER = (
    _BEGIN
    + """
from campaign.ledger import aliases
from tests.ledger.test_returned_processes import names
aliases.PAGE = 7
note = ledger._note
def noted(*words, **more):
    found = note(*words, **more)
    print(found, flush=True)
    return found
ledger._note = noted
ledger.learn("sendbird", names, sandbox=False)
"""
)


def killed(program: str, store: Store, after: int) -> list[int]:
    """Run a program, kill it after so many lines and a moment; return the numbers it printed."""
    where = store.path if isinstance(store, FileStore) else vars(store)["address"]
    process = subprocess.Popen(
        [sys.executable, "-c", program, type(store).__name__, str(where)],
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parents[2],
    )
    with process:
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(after)]
        time.sleep(random.uniform(0.0, 0.01))  # anywhere in a write
        process.send_signal(signal.SIGKILL)
        lines += process.stdout.readlines()
    return [int(line) for line in lines if line.strip()]


@pytest.mark.parametrize("after", [1, 2, 5])
def test_a_kill_while_hearing_leaves_all_of_a_group_or_nothing(store: Store, after: int) -> None:
    held = Held(store, sendable=40)
    held.claim(*range(40))
    told = killed(_HEARS_FOR_EVER, store, after)
    columns = held.ledger.columns(held.run.id, 0, 40)
    kept = {at for what in Delivery for at in columns[f"{what.value}_at"]}
    assert len(kept) == 1
    assert kept <= {told[-1], told[-1] - 1}  # the last one was written, and nobody heard of it
    held.ledger.close()


@pytest.mark.parametrize("after", [1, 3, 6])
def test_a_kill_while_learning_leaves_whole_pages_and_the_rest_is_learnt_next(
    store: Store, after: int
) -> None:
    held = Held(store, sendable=200)
    held.claim(*range(200))
    accepted = [
        outcome(number, 1, State.ACCEPTED, provider_id=f"id-{number}") for number in range(200)
    ]
    held.ledger.write(held.lease, settlements=accepted)
    told = killed(_LEARNS_FOR_EVER, store, after)
    by_id = held.ledger.places_of_ids("sendbird", IDS, sandbox=False)
    keys = [f"key-{number}" for number in range(200)]
    by_person = held.ledger.places_of_people("sendbird", keys, sandbox=False)
    known = {place.number for (place,) in by_id.values()}
    assert known == {place.number for (place,) in by_person.values()}
    assert len(known) in {sum(told), min(sum(told) + 7, 200)}
    assert held.ledger.learn("sendbird", names, sandbox=False) == 200 - len(known)
    assert len(held.ledger.places_of_ids("sendbird", IDS, sandbox=False)) == 200
    held.ledger.close()
