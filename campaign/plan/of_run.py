"""The plan of a run: made once, and the same one again at every resume.

Invariant: once anybody has an outcome under a plan, the run never gets another one. Until then
(the key was wrong, say, and nobody was sent to) a corrected definition simply makes a new plan. A
plan's file is named after the lease under which it was made, so that a process whose run was taken
over while it planned cannot overwrite the plan of the new owner.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from campaign.errors import InvalidInput
from campaign.ledger.protocol import Lease, Ledger, PlanRecord, Run
from campaign.plan import making
from campaign.plan.frozen import AGAIN, Plan, for_ledger
from campaign.reporting.results import write_rejects


@dataclass(frozen=True, slots=True)
class Place:
    """The folder of a run's files, and the one from which the ledger's paths start."""

    run_folder: Path
    base: Path


def plan_of_run(
    ledger: Ledger,
    run: Run,
    lease: Lease,
    question: making.Question,
    list_hash: str | None,
    place: Place,
) -> Plan:
    """Return the run's frozen plan, made now if it has none.

    ``list_hash`` is the fingerprint of the list as it is now, or ``None`` when it is no longer
    there: a run that has a plan does not need its list any more.

    Raises:
        InvalidInput: the definition or the list changed after somebody was sent to; or the list,
            or something it needs, is not as the definition says.
        OutputError: the plan cannot be written.
    """
    rejects = place.run_folder / "rejects.csv"
    if run.plan_path is not None and run.plan_hash is not None:
        differs = _differences(run, question, list_hash)
        untouched = ledger.may_replan(run.id)
        if not differs:
            try:
                plan = Plan.of_run(run, place.base)
            except InvalidInput:
                # Nobody was sent to under the plan that is lost; a new one is as good.
                if not untouched:
                    raise
            else:
                if not rejects.exists():  # killed right after the plan was made
                    write_rejects(plan, rejects)
                return plan
        elif not untouched:
            raise InvalidInput(_changed(ledger, run, differs))
    plan, list_hash = making.make(question, place.run_folder / f"plan-{lease.epoch}.parquet")
    try:
        ledger.set_plan(
            lease,
            PlanRecord(
                path=for_ledger(place.base, plan.path),
                hash=plan.hash,
                definition_hash=question.loaded.fingerprint,
                definition=question.loaded.fingerprint_parts,
                list_hash=list_hash,
                planned=plan.planned,
                sendable=plan.sendable,
                refusals=plan.refusals,
            ),
        )
    except BaseException:
        plan.path.unlink(missing_ok=True)
        raise
    if run.plan_path is not None:
        _forget(place.base / run.plan_path, plan)
    write_rejects(plan, rejects)
    return plan


def has_traces(run_folder: Path) -> bool:
    """Return whether a run was planned or sent in this folder."""
    return any(run_folder.glob("plan*.parquet")) or (run_folder / "results.csv").exists()


def _forget(earlier: Path, plan: Plan) -> None:
    """Delete the plan that was replaced; one that stays is in nobody's way."""
    if earlier.resolve() != plan.path.resolve():
        with suppress(OSError):
            earlier.unlink()


def _differences(run: Run, question: making.Question, list_hash: str | None) -> list[str]:
    parts = question.loaded.fingerprint_parts
    differs = [
        f"`{part}`"
        for part in sorted(parts.keys() | run.definition.keys())
        if parts.get(part) != run.definition.get(part)
    ]
    if list_hash is not None and list_hash != run.list_hash:
        differs.append("recipient list")
    return differs


def _changed(ledger: Ledger, run: Run, differs: list[str]) -> str:
    done = ledger.counts(run.id).done
    return (
        f"The run {run.run} was planned with another {' and another '.join(differs)}, and "
        f"{done:,} recipients have an outcome under that plan. Put back what was changed to go on "
        "with it, or give the changed campaign another `name` (or `run`) to start a new one. "
        f"{AGAIN} `campaign results` writes that file as of now, before the name is changed."
    )
