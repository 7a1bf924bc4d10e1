"""Claims, outcomes and decisions: the only way to a send, and the only ways out of one."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Unpack

from campaign.errors import LedgerError
from campaign.ledger.gate import TURNED_AWAY, Gate
from campaign.ledger.groups import Begun, Group
from campaign.ledger.records import (
    Claim,
    Decided,
    Decision,
    Lease,
    PlanRecord,
    Settlement,
    Skip,
    State,
)
from campaign.ledger.rows import decided_of, settled_values, storable, stored_evidence
from campaign.ledger.runs import Runs, now_ms


class Recipients(Runs):
    """The part of a SQL ledger that moves recipients from state to state.

    Rows are written in the order of their numbers and tallies in the order of their states, so that
    two processes that write at once rarely wait for each other in a circle; where they do, the
    database breaks one of them off, and its work is done again.
    """

    def recover(self, lease: Lease) -> int:
        """Turn claims without an outcome into ``unknown``."""

        def work() -> int:
            self._check(lease)
            values = [
                {"run_id": lease.run_id, "number": number, "now": now_ms()}
                for number in self._open_claims(lease.run_id)
            ]
            self._db.change_each("add_open_attempt", values)
            self._db.change_each("recover", values)
            self._tally(lease.run_id, {State.SENDING: -len(values), State.UNKNOWN: len(values)})
            return len(values)

        return self._db.transact(work)

    def _open_claims(self, run_id: int) -> list[int]:
        """Return the numbers of the claims without an outcome, without reading all the others."""
        if not (how_many := self._in_tally(run_id, State.SENDING)):
            return []
        rows = self._db.all("open_claims", run_id=run_id, open=how_many)
        return sorted(row["number"] for row in rows)

    def _in_tally(self, run_id: int, state: State) -> int:
        """Return how many are in a state; where nobody is, nobody has to be looked for."""
        row = self._db.one("in_tally", run_id=run_id, state=state.value)
        return 0 if row is None else int(row["rows"])

    def release_due(self, lease: Lease, now: int | None = None, *, ours: bool = False) -> int:
        """Make those pending whose time has come; return how many."""
        at = now_ms() if now is None else now

        def work() -> int:
            self._check(lease)
            if not self._in_tally(lease.run_id, State.HELD):
                return 0
            found = self._db.change("release_due", run_id=lease.run_id, now=at, ours=int(ours))
            self._tally(lease.run_id, {State.HELD: -found})
            return found

        return self._db.transact(work)

    def next_due(self, run_id: int) -> int | None:
        """Return when the next one's time comes, in milliseconds UTC."""
        if not self._in_tally(run_id, State.HELD):
            return None
        row = self._db.one("next_due", run_id=run_id)
        return None if row is None else row["due"]

    def write(self, lease: Lease, **group: Unpack[Group]) -> list[int | None]:
        """Write claims, settlements and skips in one durable transaction."""
        return self._db.transact(lambda: self._group(lease, group))

    def begin(self, lease: Lease, **group: Unpack[Group]) -> Begun[list[int | None]] | None:
        """Write claims, settlements and skips in a transaction that is left open."""
        gate = _asked(group)
        if gate is not None and (gate.serial or not gate.brief):
            return None
        return self._db.begin(lambda: self._group(lease, group))

    def _group(self, lease: Lease, group: Group) -> list[int | None]:
        claims, gate = group.get("claims", ()), _asked(group)
        self._check(lease)
        changes: Counter[State] = Counter()
        now = self._turn() if gate is not None and gate.serial else now_ms()
        self._settle(lease, group.get("settlements", ()), now, changes)
        self._skip(lease, group.get("skips", ()), now, changes)
        admitted = [True] * len(claims) if gate is None else gate.admits(claims, now)
        let_in = [claim for claim, may in zip(claims, admitted, strict=True) if may]
        attempts = iter(self._claim(lease, let_in, now, changes))
        self._tally(lease.run_id, changes)
        return [next(attempts) if may else TURNED_AWAY for may in admitted]

    def _turn(self) -> int:
        """Wait for claims that others are writing; return the time by the clock they share."""
        self._db.one("one_claims")
        return self._db.clock()

    def _claim(
        self, lease: Lease, claims: Sequence[Claim], now: int, changes: Counter[State]
    ) -> list[int | None]:
        if not claims:
            return []
        values = {
            claim.number: {
                "run_id": lease.run_id,
                "number": claim.number,
                "key": claim.key,
                "identity": claim.identity,
                "initiated": _flag(claim.initiated),
                "now": now,
            }
            for claim in sorted(claims, key=_number)
        }
        again = self._known(lease, list(values))
        fresh = [values[number] for number in values.keys() - again]
        attempts: dict[int, int] = dict.fromkeys(values.keys() - again, 1)
        self._db.change_all("claim_new", fresh)
        rows = self._db.change_each("claim", [values[number] for number in sorted(again)])
        for number, row in zip(sorted(again), rows, strict=True):
            if row is not None:
                attempts[number] = row["attempts"]
        changes[State.SENDING] += len(attempts)
        # Who is asked for twice at once is claimed once.
        return [attempts.pop(claim.number, None) for claim in claims]

    def _known(self, lease: Lease, numbers: list[int]) -> set[int]:
        """Return those who may have a row, and are to be claimed one by one."""
        if not self._db.writers_wait:
            return set(numbers)
        found = self._db.all("known_among", run_id=lease.run_id, numbers=json.dumps(numbers))
        return {row["number"] for row in found}

    def _settle(
        self,
        lease: Lease,
        settlements: Sequence[Settlement],
        now: int,
        changes: Counter[State],
    ) -> None:
        values = [
            settled_values(settlement, lease.run_id, now)
            for settlement in sorted(settlements, key=_number)
        ]
        if self._db.change_all("settle", values) != len(values):
            whose = ", ".join(str(value["number"]) for value in values)
            raise LedgerError(
                f"Recipient {whose} has no open claim for this attempt, so its outcome cannot be "
                "written."
                if len(values) == 1
                else f"One of the recipients {whose} has no open claim for its attempt, so no "
                "outcome can be written."
            )
        for settlement in settlements:
            changes[State.SENDING] -= 1
            changes[settlement.state] += 1
        self._db.change_all("add_attempt", values)

    def _skip(self, lease: Lease, skips: Sequence[Skip], now: int, changes: Counter[State]) -> None:
        ordered = sorted(skips, key=lambda skip: skip.number)
        values = [
            {
                "run_id": lease.run_id,
                "number": skip.number,
                "key": skip.key,
                "state": _state(skip).value,
                "reason": skip.reason,
                "not_before": skip.not_before,
                "now": now,
            }
            for skip in ordered
        ]
        rows = self._db.change_each("skip", values)
        for skip, row in zip(ordered, rows, strict=True):
            if row is not None:
                changes[_state(skip)] += 1

    def _tally(self, run_id: int, changes: Mapping[State, int]) -> None:
        """Keep the counts; pending is what remains, and is not kept."""
        self._db.change_all(
            "add_to_tally",
            [
                {"run_id": run_id, "state": state.value, "rows": rows}
                for state, rows in sorted(changes.items())
                if rows and state is not State.PENDING
            ],
        )

    def replace_plan(self, lease: Lease, plan: PlanRecord, skips: Sequence[Skip]) -> None:
        """Give the run another plan, in which whoever has a row here keeps its number."""

        def work() -> None:
            self._check(lease)
            self._write_plan(lease.run_id, plan)
            changes: Counter[State] = Counter()
            self._skip(lease, skips, now_ms(), changes)
            self._tally(lease.run_id, changes)

        self._db.transact(work)

    def decide(self, lease: Lease, decisions: Sequence[Decision]) -> int:
        """Carry out decisions."""

        def work() -> int:
            self._check(lease)
            now = now_ms()
            ordered = sorted(decisions, key=lambda decision: decision.number)
            values = [
                {
                    "run_id": lease.run_id,
                    "number": decision.number,
                    "was": decision.was.value,
                    "becomes": decision.becomes.value,
                    "reason": decision.reason,
                    "who": decision.who,
                    "why": storable(decision.why),
                    "code": storable(decision.code),
                    "detail": storable(decision.detail),
                    "provider_id": storable(decision.provider_id),
                    "evidence": stored_evidence(decision.evidence),
                    "resend": _flag(decision.resend),
                    "now": now,
                }
                for decision in ordered
            ]
            rows = self._db.change_each("decide", values)
            done = [place for place, row in enumerate(rows) if row is not None]
            self._db.change_each("add_decision", [values[place] for place in done])
            changes: Counter[State] = Counter()
            for place in done:
                changes[ordered[place].was] -= 1
                changes[ordered[place].becomes] += 1
            self._tally(lease.run_id, changes)
            return len(done)

        return self._db.transact(work)

    def decisions(self, run_id: int, number: int) -> list[Decided]:
        """Return what was decided about one recipient."""
        rows: Iterable[Mapping[str, object]] = self._db.all(
            "decisions", run_id=run_id, number=number
        )
        return [decided_of(row) for row in rows]


def _asked(group: Group) -> Gate | None:
    return group.get("gate") if group.get("claims") else None


def _state(skip: Skip) -> State:
    return State.SKIPPED if skip.not_before is None else State.HELD


def _number(one: Claim | Settlement) -> int:
    return one.number


def _flag(value: bool | None) -> int | None:
    return None if value is None else int(value)
