"""A run whose list and definition change: planned, brought into any state, and planned anew."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from campaign.audience.fingerprint import fingerprint
from campaign.job import Job
from campaign.ledger.records import Claim, Decision, Entry, Lease, Settlement, Skip, State
from campaign.ledger.sqlite import SqliteLedger
from campaign.plan import making
from campaign.plan.frozen import Plan
from campaign.plan.of_run import Place, Renewal, plan_of_run
from campaign.plan.remaining import left_of_one
from campaign.sending.todo import Todo
from tests.plan.planned import SMS, write

KEYED = SMS + "recipients: {files: list.csv, key: ID}\n"
HEADER = ("ID", "Phone", "First Name")
HELD_UNTIL = 4_000_000_000_000


class Story:
    """One run in a folder; each :meth:`plan` is the next execution's."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.place = Place(folder / "run", folder)
        self.ledger = SqliteLedger(folder / "ledger.db")
        self.run_id = self.ledger.ensure_run(
            "spring", "once", provider="synthflow", channel="sms", sandbox=False
        ).id
        self.told: list[str] = []
        self.lease: Lease

    def plan(
        self,
        *rows: Sequence[str],
        definition: str = KEYED,
        header: Sequence[str] = HEADER,
        replan: bool = False,
        **files: str,
    ) -> Plan:
        """Return the plan of an execution that finds this list and this definition."""
        path = write(self.folder, definition, header, *rows, **files)
        return self.again(path, replan=replan)

    def again(self, path: Path | None = None, *, replan: bool = False) -> Plan:
        """Return the plan of the next execution, with the files as they are."""
        job = Job.load(path or self.folder / "campaign.yaml")
        self.lease = self.ledger.acquire(self.run_id)
        self.ledger.recover(self.lease)
        run = self.ledger.find_run("spring", "once")
        assert run is not None
        try:
            return plan_of_run(
                self.ledger,
                run,
                self.lease,
                job.question(job.suppressed()),
                fingerprint(making.list_files(job.loaded)),
                self.place,
                Renewal(replan, self.told.append),
            )
        finally:
            self.ledger.release(self.lease)

    def bring(self, plan: Plan, states: Mapping[str, State]) -> None:
        """Bring those with these keys, who are pending, into these states."""
        lease = self.ledger.acquire(self.run_id)
        for todo in todos(plan):
            if todo.key in states:
                self._bring(lease, todo, states[todo.key])
        self.ledger.release(lease)

    def _bring(self, lease: Lease, todo: Todo, state: State) -> None:
        if state is State.SKIPPED:
            self.ledger.write(lease, skips=[Skip(todo.number, todo.key, "suppressed")])
            return
        (attempt,) = self.ledger.write(lease, claims=[Claim(todo.number, todo.key)])
        assert attempt is not None
        if state is State.SENDING:
            return
        outcomes = {State.PENDING: "throttled", State.FAILED: "rejected", State.HELD: "rejected"}
        settled = Settlement(
            number=todo.number,
            attempt=attempt,
            state=state,
            outcome=outcomes.get(state, state.value),
            started_at=1,
            reason="capped_for_now" if state is State.HELD else None,
            not_before=HELD_UNTIL if state is State.HELD else None,
        )
        self.ledger.write(lease, settlements=[settled])

    def decide(self, key: str, was: State, becomes: State, reason: str = "retried") -> None:
        """Decide about somebody as a person does."""
        lease = self.ledger.acquire(self.run_id)
        (entry,) = (one for one in self.ledger.in_state(self.run_id, was) if one.key == key)
        decision = Decision(entry.number, was, becomes, reason, "somebody")
        assert self.ledger.decide(lease, [decision]) == 1
        self.ledger.release(lease)

    def left(self, plan: Plan) -> list[Todo]:
        """Return who would be sent to now."""
        batches = plan.todo(None, lambda first, last: self.ledger.decided(self.run_id, first, last))
        return [todo for batch in batches for todo in batch]

    def is_left(self, plan: Plan, only: str) -> bool:
        """Return whether the recipient with this key or address would be sent to now."""
        return bool(left_of_one(plan, self.ledger, self.run_id, only))

    def entries(self) -> dict[str, Entry]:
        """Return what the ledger says of everybody, by key."""
        return {one.key: one for one in self.ledger.entries(self.run_id, 0, 1_000_000)}

    def reasons(self) -> dict[tuple[str, str], int]:
        """Return how many rows have each state and reason."""
        return dict(self.ledger.reasons(self.run_id))


def todos(plan: Plan) -> list[Todo]:
    """Return everybody whom the rules let through."""
    return [todo for batch in plan.todo() for todo in batch]


def rows_by_key(plan: Plan) -> dict[str, dict[str, Any]]:
    """Return the rows of a plan whose keys occur once in it, by key."""
    rows = plan.rows().filter(pl.col("key").is_unique()).collect().to_dicts()
    return {row["key"]: row for row in rows}
