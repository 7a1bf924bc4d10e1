"""Runs, who holds them, and the plan of each."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from campaign.errors import InvalidInput, LeaseLost, LedgerError, RunHeld
from campaign.ledger import owner as owners
from campaign.ledger.database import Database, Home, Row
from campaign.ledger.records import Lease, PlanRecord, Run
from campaign.ledger.rows import run_of, storable

_OF_A_PLAN = (
    *("forget_attempts", "forget_recipients", "forget_tally"),
    *("forget_deliveries", "forget_readings"),
)


class Runs:
    """The part of a SQL ledger that knows runs; see :class:`~campaign.ledger.protocol.Ledger`."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._owner = owners.this_process()

    def close(self) -> None:
        """Close the store; a lease that is still held stays held."""
        self._db.close()

    def find_run(self, name: str, run: str) -> Run | None:
        """Return a run by its name."""
        row = self._db.one("find_run", name=name, run=run)
        return None if row is None else run_of(row)

    def latest_run(self, name: str, *, sandbox: bool) -> Run | None:
        """Return the newest run of a campaign."""
        row = self._db.one("latest_run", name=name, sandbox=int(sandbox))
        return None if row is None else run_of(row)

    def run_names(self, name: str, *, newest: int | None = None) -> list[str]:
        """Return the names of a campaign's runs, the newest first."""
        return [row["run"] for row in self._db.all("runs_of", name=name)][:newest]

    def ensure_run(self, name: str, run: str, *, provider: str, channel: str, sandbox: bool) -> Run:
        """Return the run, made now if there is none of that name."""

        def work() -> Row:
            self._db.change(
                "add_run",
                name=name,
                run=run,
                created_at=now_ms(),
                provider=provider,
                channel=channel,
                sandbox=int(sandbox),
            )
            return self._sole("find_run", name=name, run=run)

        return run_of(self._db.transact(work))

    # The lease

    def acquire(self, run_id: int, *, takeover: bool = False) -> Lease:
        """Take the run, unless another process holds it and gives signs of life."""

        def work() -> Lease:
            self._settle_down(takeover=takeover)
            row = self._sole("lock_run", run_id=run_id)
            now = self._db.clock()
            if _is_held(row, now):
                since = datetime.fromtimestamp(row["owned_since"] / 1000, UTC).astimezone()
                raise RunHeld(
                    f"The run {row['name']} {row['run']} is being sent by process "
                    f"{row['owner_pid']} on {row['owner_host'].split('/')[0]} since "
                    f"{since:%Y-%m-%d %H:%M:%S}. Wait for it, or stop it and run again."
                )
            self._db.change(
                "take_lease",
                run_id=run_id,
                owner=self._owner.token,
                host=self._owner.host,
                pid=self._owner.pid,
                now=now,
            )
            return Lease(run_id, row["epoch"] + 1, self._owner.token)

        return self._db.transact(work)

    def is_held(self, run_id: int) -> bool:
        """Return whether a process that gives signs of life holds the run now."""
        row = self._db.one("get_run", run_id=run_id)
        return row is not None and _is_held(row, self._db.clock())

    def _sole(self, query: str, **values: object) -> Row:
        """Return the row of a run that is there: runs are never deleted.

        Raises:
            LedgerError: it was, by something else.
        """
        row = self._db.one(query, **values)
        if row is None:
            raise LedgerError(f"A run is missing from {self._db.title}; somebody deleted it.")
        return row

    def _settle_down(self, *, takeover: bool) -> None:
        """Refuse a copy of a ledger, and write down which file this one is."""
        here = self._db.home()
        if here is None:
            return
        row = self._db.one("home")
        known = None if row is None else Home(**row)
        if known is not None and not takeover and not here.is_same(known):
            raise InvalidInput(
                f"{self._db.title[0].upper()}{self._db.title[1:]} is a copy: it was last sent from "
                f"as another file, on {known.machine}. Who was messaged from there since would be "
                "messaged again from here. Go on with the original; or, if nothing is sent from "
                "there any more, run it here with --takeover once."
            )
        if known != here:
            self._db.change(
                "set_home", machine=here.machine, file=here.file, file_system=here.file_system
            )

    def beat(self, lease: Lease) -> None:
        """Give a sign of life."""

        def work() -> None:
            self._check(lease)
            self._db.change("beat", **_of(lease), now=self._db.clock())

        self._db.transact(work)

    def release(self, lease: Lease) -> None:
        """Give the run back."""
        self._db.transact(lambda: self._db.change("release", **_of(lease)))

    def _check(self, lease: Lease) -> None:
        if self._db.one("fence", **_of(lease)) is None:
            raise LeaseLost(
                "Another process has taken this run over; this one has stopped and sends no more."
            )

    # The plan

    def may_replan(self, run_id: int) -> bool:
        """Return whether nobody has been sent to, or refused, under the run's plan."""
        return self._db.one("any_decided", run_id=run_id) is None

    def set_plan(self, lease: Lease, plan: PlanRecord) -> None:
        """Freeze the plan; only while nobody has been sent to under an earlier one."""

        def work() -> None:
            self._check(lease)
            if self._db.one("any_decided", run_id=lease.run_id) is not None:
                raise LedgerError("A plan under which somebody was sent to cannot be replaced.")
            # By the new plan a number is somebody else, whom no name may lead to.
            if self._db.one("any_claimed", run_id=lease.run_id) is not None:
                self._db.change("forget_aliases", run_id=lease.run_id)
            for name in _OF_A_PLAN:
                self._db.change(name, run_id=lease.run_id)
            self._write_plan(lease.run_id, plan)

        self._db.transact(work)

    def _write_plan(self, run_id: int, plan: PlanRecord) -> None:
        self._db.change("forget_refusals", run_id=run_id)
        self._db.change(
            "set_plan",
            run_id=run_id,
            plan_path=plan.path,
            plan_hash=plan.hash,
            definition_hash=plan.definition_hash,
            definition=json.dumps(dict(plan.definition)),
            list_hash=plan.list_hash,
            planned=plan.planned,
            sendable=plan.sendable,
        )
        self._db.change_each(
            "add_refusal",
            [
                {"run_id": run_id, "verdict": verdict, "reason": reason, "rows": rows}
                for (verdict, reason), rows in plan.refusals.items()
            ],
        )

    # What happened to the run as a whole

    def note(self, lease: Lease, what: str, detail: str | None = None) -> None:
        """Write down something that happened to the run as a whole."""

        def work() -> None:
            self._check(lease)
            self._db.change(
                "add_event",
                run_id=lease.run_id,
                epoch=lease.epoch,
                what=what,
                detail=storable(detail),
                now=now_ms(),
            )

        self._db.transact(work)

    def events(self, run_id: int) -> list[tuple[int, str, str | None]]:
        """Return what was noted."""
        rows: Sequence[Mapping[str, Any]] = self._db.all("events", run_id=run_id)
        return [(row["at"], row["what"], row["detail"]) for row in rows]


def now_ms() -> int:
    """Return the time in milliseconds since 1970 UTC, by this machine's clock."""
    return time.time_ns() // 1_000_000


def _is_held(run: Mapping[str, Any], now: int) -> bool:
    return run["owner"] is not None and not owners.is_abandoned(
        run["heartbeat_at"], now, run["owner_host"], run["owner_pid"]
    )


def _of(lease: Lease) -> dict[str, Any]:
    return {"run_id": lease.run_id, "epoch": lease.epoch, "owner": lease.owner}
