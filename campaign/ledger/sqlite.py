"""The ledger in one SQLite file."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from campaign.errors import LeaseLost, LedgerError, RunHeld
from campaign.ledger import owner as owners
from campaign.ledger.protocol import (
    Attempt,
    Claim,
    Counts,
    Decided,
    Decision,
    Entry,
    Lease,
    PlanRecord,
    Run,
    Settlement,
    Skip,
    State,
)
from campaign.ledger.rows import attempt_of, entry_of, run_of, storable, values_of
from campaign.ledger.sqlite_file import SqliteFile


class SqliteLedger:
    """A ledger in the file ``path``; see :class:`~campaign.ledger.protocol.Ledger`."""

    def __init__(self, path: Path, *, create: bool = True) -> None:
        self._file = SqliteFile(path, create=create)
        self._db = self._file.db
        self._sql = self._file.sql
        self._owner = owners.this_process()

    def close(self) -> None:
        """Close the file; a lease that is still held stays held."""
        self._file.close()

    # Runs and leases

    def find_run(self, name: str, run: str) -> Run | None:
        """Return a run by its name."""
        row = self._file.one("find_run", name=name, run=run)
        return None if row is None else run_of(row)

    def latest_run(self, name: str, *, sandbox: bool) -> Run | None:
        """Return the newest run of a campaign."""
        row = self._file.one("latest_run", name=name, sandbox=sandbox)
        return None if row is None else run_of(row)

    def run_names(self, name: str) -> list[str]:
        """Return the names of a campaign's newest runs."""
        return [row["run"] for row in self._file.all("runs_of", name=name)]

    def ensure_run(self, name: str, run: str, *, provider: str, channel: str, sandbox: bool) -> Run:
        """Return the run, made now if there is none of that name."""
        with self._file.writing():
            self._db.execute(
                self._sql["add_run"],
                {
                    "name": name,
                    "run": run,
                    "created_at": now_ms(),
                    "provider": provider,
                    "channel": channel,
                    "sandbox": sandbox,
                },
            )
        found = self.find_run(name, run)
        assert found is not None  # noqa: S101 - inserted above, and runs are never deleted
        return found

    def acquire(self, run_id: int) -> Lease:
        """Take the run, unless another process holds it and gives signs of life."""
        with self._file.writing():
            row = self._db.execute(self._sql["get_run"], {"run_id": run_id}).fetchone()
            if row["owner"] is not None and not owners.is_abandoned(
                row["heartbeat_at"], row["owner_host"], row["owner_pid"]
            ):
                since = datetime.fromtimestamp(row["owned_since"] / 1000, UTC).astimezone()
                raise RunHeld(
                    f"The run {row['name']} {row['run']} is being sent by process "
                    f"{row['owner_pid']} on {row['owner_host'].split('/')[0]} since "
                    f"{since:%Y-%m-%d %H:%M:%S}. Wait for it, or stop it and run again."
                )
            self._db.execute(
                self._sql["take_lease"],
                {
                    "run_id": run_id,
                    "owner": self._owner.token,
                    "host": self._owner.host,
                    "pid": self._owner.pid,
                    "now": now_ms(),
                },
            )
            return Lease(run_id, row["epoch"] + 1, self._owner.token)

    def beat(self, lease: Lease) -> None:
        """Give a sign of life."""
        with self._file.writing():
            self._check(lease)
            self._db.execute(self._sql["beat"], _of(lease) | {"now": now_ms()})

    def release(self, lease: Lease) -> None:
        """Give the run back."""
        with self._file.writing():
            self._db.execute(self._sql["release"], _of(lease))

    def _check(self, lease: Lease) -> None:
        if self._db.execute(self._sql["fence"], _of(lease)).fetchone() is None:
            raise LeaseLost(
                "Another process has taken this run over; this one has stopped and sends no more."
            )

    # The plan

    def may_replan(self, run_id: int) -> bool:
        """Return whether nobody has been sent to, or refused, under the run's plan."""
        return self._file.one("any_decided", run_id=run_id) is None

    def set_plan(self, lease: Lease, plan: PlanRecord) -> None:
        """Freeze the plan; only while nobody has been sent to under an earlier one."""
        run = {"run_id": lease.run_id}
        with self._file.writing():
            self._check(lease)
            if self._db.execute(self._sql["any_decided"], run).fetchone() is not None:
                raise LedgerError("A plan under which somebody was sent to cannot be replaced.")
            for name in (
                "forget_attempts",
                "forget_recipients",
                "forget_refusals",
                "forget_tally",
            ):
                self._db.execute(self._sql[name], run)
            self._db.execute(
                self._sql["set_plan"],
                run
                | {
                    "plan_path": plan.path,
                    "plan_hash": plan.hash,
                    "definition_hash": plan.definition_hash,
                    "definition": json.dumps(dict(plan.definition)),
                    "list_hash": plan.list_hash,
                    "planned": plan.planned,
                    "sendable": plan.sendable,
                },
            )
            self._db.executemany(
                self._sql["add_refusal"],
                [
                    run | {"verdict": verdict, "reason": reason, "rows": rows}
                    for (verdict, reason), rows in plan.refusals.items()
                ],
            )

    # Claims and settlements

    def recover(self, lease: Lease) -> int:
        """Turn claims without an outcome into ``unknown``."""
        with self._file.writing():
            self._check(lease)
            values = {"run_id": lease.run_id, "now": now_ms()}
            self._db.execute(self._sql["add_open_attempts"], values)
            found = self._db.execute(self._sql["recover"], values).rowcount
            self._tally(lease.run_id, Counter({State.SENDING: -found, State.UNKNOWN: found}))
            return found

    def write(
        self,
        lease: Lease,
        *,
        claims: Sequence[Claim] = (),
        settlements: Sequence[Settlement] = (),
        skips: Sequence[Skip] = (),
    ) -> list[int | None]:
        """Write claims, settlements and skips in one durable transaction."""
        changes: Counter[State] = Counter()
        with self._file.writing():
            self._check(lease)
            now = now_ms()
            for settlement in settlements:
                self._settle(lease, settlement, now, changes)
            for skip in skips:
                values = {"number": skip.number, "key": skip.key, "reason": skip.reason}
                values |= {"run_id": lease.run_id, "now": now}
                if self._db.execute(self._sql["skip"], values).fetchone() is not None:
                    changes[State.SKIPPED] += 1
            attempts = [self._claim(lease, claim, now, changes) for claim in claims]
            self._tally(lease.run_id, changes)
        return attempts

    def _claim(self, lease: Lease, claim: Claim, now: int, changes: Counter[State]) -> int | None:
        row = self._db.execute(
            self._sql["claim"],
            {"run_id": lease.run_id, "number": claim.number, "key": claim.key, "now": now},
        ).fetchone()
        if row is None:
            return None
        changes[State.SENDING] += 1
        return int(row[0])

    def _settle(
        self, lease: Lease, settlement: Settlement, now: int, changes: Counter[State]
    ) -> None:
        values = values_of(settlement) | {"run_id": lease.run_id, "now": now}
        if self._db.execute(self._sql["settle"], values).rowcount != 1:
            raise LedgerError(
                f"Recipient {settlement.number} has no open claim for attempt "
                f"{settlement.attempt}, so its outcome cannot be written."
            )
        self._db.execute(self._sql["add_attempt"], values)
        changes[State.SENDING] -= 1
        if settlement.state is not State.PENDING:
            changes[settlement.state] += 1

    def _tally(self, run_id: int, changes: Mapping[State, int]) -> None:
        self._db.executemany(
            self._sql["add_to_tally"],
            [
                {"run_id": run_id, "state": state.value, "rows": rows}
                for state, rows in changes.items()
                if rows
            ],
        )

    def decide(self, lease: Lease, decisions: Sequence[Decision]) -> int:
        """Carry out decisions of a person."""
        changes: Counter[State] = Counter()
        done = 0
        with self._file.writing():
            self._check(lease)
            now = now_ms()
            for decision in decisions:
                values = {
                    "run_id": lease.run_id,
                    "number": decision.number,
                    "was": decision.was.value,
                    "becomes": decision.becomes.value,
                    "reason": decision.reason,
                    "who": decision.who,
                    "why": decision.why,
                    "now": now,
                }
                if self._db.execute(self._sql["decide"], values).rowcount == 1:
                    self._db.execute(self._sql["add_decision"], values)
                    changes[decision.was] -= 1
                    if decision.becomes is not State.PENDING:
                        changes[decision.becomes] += 1
                    done += 1
            self._tally(lease.run_id, changes)
        return done

    def decisions(self, run_id: int, number: int) -> list[Decided]:
        """Return what was decided about one recipient."""
        rows = self._file.all("decisions", run_id=run_id, number=number)
        return [Decided(**dict(row), evidence={}) for row in rows]

    def in_state(self, run_id: int, state: State) -> Iterable[Entry]:
        """Return every recipient in a state that the ledger keeps."""
        rows = self._file.all("in_state", run_id=run_id, state=state.value)
        return [entry_of(row) for row in rows]

    def note(self, lease: Lease, what: str, detail: str | None = None) -> None:
        """Write down something that happened to the run as a whole."""
        values = {"run_id": lease.run_id, "epoch": lease.epoch, "what": what}
        with self._file.writing():
            self._check(lease)
            self._db.execute(
                self._sql["add_event"], values | {"now": now_ms(), "detail": storable(detail)}
            )

    # Reading

    def events(self, run_id: int) -> list[tuple[int, str, str | None]]:
        """Return what was noted."""
        return [
            (row["at"], row["what"], row["detail"])
            for row in self._file.all("events", run_id=run_id)
        ]

    def counts(self, run_id: int) -> Counts:
        """Return how many rows stand where, as of one instant."""
        with self._file.at_one_instant():
            run = self._file.one("get_run", run_id=run_id)
            tally = {row["state"]: row["rows"] for row in self._file.all("tally", run_id=run_id)}
            refused = Counter[str]()
            for row in self._file.all("refusals", run_id=run_id):
                refused[row["verdict"]] += row["rows"]
        return Counts(
            planned=(run["planned"] or 0) if run is not None else 0,
            accepted=tally.get(State.ACCEPTED, 0),
            scheduled=tally.get(State.SCHEDULED, 0),
            failed=tally.get(State.FAILED, 0),
            unknown=tally.get(State.UNKNOWN, 0),
            skipped=tally.get(State.SKIPPED, 0) + refused["skipped"],
            held=refused["held"],
            sending=tally.get(State.SENDING, 0),
        )

    def reasons(self, run_id: int) -> Mapping[tuple[str, str], int]:
        """Return how many rows have each (state, reason)."""
        found: Counter[tuple[str, str]] = Counter()
        with self._file.at_one_instant():
            for row in self._file.all("refusals", run_id=run_id):
                found[row["verdict"], row["reason"]] += row["rows"]
            for row in self._file.all("reasons", run_id=run_id):
                found[row["state"], row["reason"]] += row["rows"]
        return found

    def skips(self, run_id: int) -> Mapping[int, str]:
        """Return who was refused at the moment of sending, with the reason code."""
        return {row["number"]: row["reason"] for row in self._file.all("skips", run_id=run_id)}

    def decided(self, run_id: int, first: int, last: int) -> set[int]:
        """Return which recipients from ``first`` to ``last`` are not to be sent to any more."""
        return {row[0] for row in self._file.all("decided", run_id=run_id, first=first, last=last)}

    def entries(self, run_id: int, first: int, last: int) -> Iterable[Entry]:
        """Return what the ledger says of the recipients from ``first`` to ``last``."""
        rows = self._file.all("recipients", run_id=run_id, first=first, last=last)
        return [entry_of(row) for row in rows]

    def attempts(self, run_id: int, number: int) -> list[Attempt]:
        """Return the attempts for one recipient."""
        rows = self._file.all("attempts", run_id=run_id, number=number)
        return [attempt_of(row) for row in rows]


def now_ms() -> int:
    """Return the time in milliseconds since 1970 UTC."""
    return time.time_ns() // 1_000_000


def _of(lease: Lease) -> dict[str, Any]:
    return {"run_id": lease.run_id, "epoch": lease.epoch, "owner": lease.owner}
