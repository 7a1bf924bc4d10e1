"""The plan of a run: made once, and the same one again at every resume.

Invariant: once anybody has an outcome under a plan, the run never gets another one. Until then
(the key was wrong, say, and nobody was sent to) a corrected definition simply makes a new plan.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from campaign.errors import InvalidInput
from campaign.ledger.protocol import Lease, Ledger, PlanRecord, Run
from campaign.plan import making
from campaign.plan.frozen import Plan
from campaign.reporting.results import write_rejects


@dataclass(frozen=True, slots=True)
class Place:
    """Where the files of a run are: its own folder, and the ledger's, which paths start from."""

    run_folder: Path
    ledger_folder: Path


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
    if run.plan_path is not None and run.plan_hash is not None:
        differs = _differences(run, question, list_hash)
        untouched = ledger.may_replan(run.id)
        if not differs:
            try:
                return Plan.open(place.ledger_folder / run.plan_path, run.plan_hash)
            except InvalidInput:
                # Nobody was sent to under the plan that is lost, or that a killed planning left
                # half replaced; a new one is as good.
                if not untouched:
                    raise
        elif not untouched:
            raise InvalidInput(_changed(ledger, run, differs))
    plan, list_hash = making.make(question, place.run_folder / "plan.parquet")
    write_rejects(plan, place.run_folder / "rejects.csv")
    ledger.set_plan(
        lease,
        PlanRecord(
            path=Path(os.path.relpath(plan.path, place.ledger_folder)).as_posix(),
            hash=plan.hash,
            definition_hash=question.loaded.fingerprint,
            definition=question.loaded.fingerprint_parts,
            list_hash=list_hash,
            planned=plan.planned,
            sendable=plan.sendable,
            refusals=plan.refusals,
        ),
    )
    return plan


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
        "with it, or give the changed campaign another `name` (or `run`) to start a new one."
    )
