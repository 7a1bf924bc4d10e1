"""The same campaign over a ledger that keeps its recipients in memory: what durability costs.

``python -m benchmarks.memory_ledger run campaign.yaml`` is ``campaign run``, but that claims,
outcomes and counts are dicts and numbers in this process, and nothing is asked of a database for
them. The run, its lease, its plan and its events, a handful of writes, stay in the SQLite file, so
that everything else is as it is. It forgets everybody when the process ends, so it measures and is
good for nothing else.
"""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Unpack

from typing_extensions import override

from campaign.ledger.gate import TURNED_AWAY
from campaign.ledger.groups import Begun, Group
from campaign.ledger.hearing import COLUMNS
from campaign.ledger.location import FileLocation
from campaign.ledger.protocol import Ledger
from campaign.ledger.records import Claim, Counts, Entry, Lease, Settlement, Skip, State
from campaign.ledger.sqlite import SqliteLedger

_BUSY = (State.PENDING, State.HELD)
"""From where a claim may be made."""


@dataclass(slots=True)
class _Row:
    key: str
    state: State
    attempts: int
    claimed_at: int | None = None
    settled_at: int | None = None
    last: Settlement | Skip | None = None


class MemoryLedger(SqliteLedger):
    """A ledger of one run in one process; what a run does is in ``_rows``, by number."""

    @override
    def write(self, lease: Lease, **group: Unpack[Group]) -> list[int | None]:
        """Note claims, outcomes and skips; return each claim's attempt number, or ``None``."""
        now = time.time_ns() // 1_000_000
        claims, gate = group.get("claims", ()), group.get("gate")
        with _lock:
            for settlement in group.get("settlements", ()):
                row = _rows[settlement.number]
                assert row.state is State.SENDING
                assert row.attempts == settlement.attempt
                row.settled_at, row.last = now, settlement
                _move(row, settlement.state)
            for skip in group.get("skips", ()):
                row = _rows.setdefault(skip.number, _Row(skip.key, State.PENDING, 0))
                row.last = skip
                _move(row, State.SKIPPED if skip.not_before is None else State.HELD)
            admitted = gate.admits(claims, now) if gate and claims else [True] * len(claims)
            return [
                _claimed(claim, now) if may else TURNED_AWAY
                for claim, may in zip(claims, admitted, strict=True)
            ]

    @override
    def begin(self, lease: Lease, **group: Unpack[Group]) -> Begun[list[int | None]]:
        """Do what :meth:`write` does; there is nothing to commit."""
        return Begun(self.write(lease, **group), lambda: None, lambda: None)

    @override
    def counts(self, run_id: int) -> Counts:
        """Return how many rows stand where."""
        with _lock:
            found = {state.value: _tally[state] for state in State if state is not State.PENDING}
        planned = super().counts(run_id)
        skipped = planned.skipped + found.pop("skipped")
        return replace(planned, **found, skipped=skipped)

    @override
    def decided(self, run_id: int, first: int, last: int) -> Sequence[int]:
        """Return who is not to be sent to any more."""
        with _lock:
            numbers = (number for number in range(first, last + 1) if number in _rows)
            return [number for number in numbers if _rows[number].state is not State.PENDING]

    @override
    def columns(self, run_id: int, first: int, last: int) -> Mapping[str, Sequence[Any]]:
        """Return what is known of the recipients from ``first`` to ``last``; nothing came back."""
        entries = self.entries(run_id, first, last)
        return {
            name: [None if name in COLUMNS else _plain(getattr(entry, name)) for entry in entries]
            for name in super().columns(run_id, 0, -1)
        }

    @override
    def refused(self, run_id: int, number: int, reason: str) -> int:
        """Return 0: the vendor that is measured against refuses nobody."""
        return 0

    @override
    def entries(self, run_id: int, first: int, last: int) -> Iterable[Entry]:
        """Return what is known of the recipients from ``first`` to ``last``."""
        with _lock:
            numbers = sorted(number for number in _rows if first <= number <= last)
            return [_entry(number, _rows[number]) for number in numbers]


_lock = threading.Lock()
_rows: dict[int, _Row] = {}
_tally: Counter[State] = Counter()


def _claimed(claim: Claim, now: int) -> int | None:
    row = _rows.get(claim.number)
    if row is None:
        row = _rows[claim.number] = _Row(claim.key, State.PENDING, 0)
    if row.state not in _BUSY:
        return None
    row.attempts += 1
    row.claimed_at = now
    _move(row, State.SENDING)
    return row.attempts


def _move(row: _Row, state: State) -> None:
    _tally[row.state] -= 1
    _tally[state] += 1
    row.state = state


def _entry(number: int, row: _Row) -> Entry:
    last = row.last
    outcome = last if isinstance(last, Settlement) else None
    return Entry(
        number=number,
        key=row.key,
        state=row.state,
        reason=None if last is None else last.reason,
        code=outcome.code if outcome else None,
        detail=outcome.detail if outcome else None,
        provider_id=outcome.provider_id if outcome else None,
        evidence=outcome.evidence if outcome else {},
        attempts=row.attempts,
        claimed_at=row.claimed_at,
        settled_at=row.settled_at,
        resend=outcome.resend if outcome else None,
        not_before=last.not_before if last else None,
    )


def _plain(value: Any) -> Any:
    """Return a value as a database keeps it."""
    if isinstance(value, Mapping):
        return json.dumps(dict(value)) if value else None
    return value.value if isinstance(value, State) else value


def _open(location: FileLocation, *, create: bool = True) -> Ledger:
    return MemoryLedger(location.path, create=create)


if __name__ == "__main__":
    from campaign.cli import main

    # The one place from which a ledger is opened.
    FileLocation.open = _open  # type: ignore[assignment, method-assign] # another kind is measured
    main()
