"""The plan of a run: made once, and the same one again at every resume.

Invariant: once anybody has an outcome under a plan, the run gets another one only if a person asks
for it, and then whoever has an outcome keeps it (:mod:`campaign.plan.replanning`). Until then (the
key was wrong, say, and nobody was sent to) a corrected definition simply makes a new plan. A plan's
file is named after the lease under which it was made, so that a process whose run was taken over
while it planned cannot overwrite the plan of the new owner.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from campaign.definition.load import Loaded
from campaign.errors import InvalidInput
from campaign.ledger.protocol import Ledger
from campaign.ledger.records import Lease, PlanRecord, Run, State
from campaign.plan import making, replanning
from campaign.plan.frozen import AGAIN, EARLIER, Plan, for_ledger
from campaign.plan.rejects import write_rejects


@dataclass(frozen=True, slots=True)
class Place:
    """The folder of a run's files, and the one from which the ledger's paths start."""

    run_folder: Path
    base: Path


@dataclass(frozen=True, slots=True)
class Renewal:
    """Whether a person asked for a new plan, and who is told what it changes."""

    asked: bool
    tell: Callable[[str], None]


def plan_of_run(
    ledger: Ledger,
    run: Run,
    lease: Lease,
    question: making.Question,
    list_hash: str | None,
    place: Place,
    renewal: Renewal,
) -> Plan:
    """Return the run's frozen plan, made now if it has none or is to have another.

    ``list_hash`` is the fingerprint of the list as it is now, or ``None`` when it is no longer
    there: a run that has a plan does not need its list any more.

    Raises:
        InvalidInput: the definition or the list changed after somebody was sent to, and no new plan
            was asked for or can be made; or the list, or something it needs, is not as the
            definition says.
        OutputError: the plan cannot be written.
    """
    rejects = place.run_folder / "rejects.csv"
    if run.plan_path is not None and run.plan_hash is not None:
        differs = differences(run, question.loaded, list_hash)
        untouched = ledger.may_replan(run.id)
        if differs and not untouched and not (renewal.asked and _fits(differs)):
            raise InvalidInput(_changed(ledger, run, differs))
        if not (differs and untouched):
            try:
                plan = Plan.of_run(run, place.base)
            except InvalidInput:
                # Nobody was sent to under the plan that is lost; a new one is as good.
                if not untouched:
                    raise
            else:
                if renewal.asked or _somebody_is_back(ledger, run, plan):
                    plan = _replaced(ledger, run, lease, plan, question, place, renewal)
                if not rejects.exists():  # killed right after the plan was made
                    write_rejects(plan, rejects)
                return plan
    plan, list_hash = making.make(question, _file(place, lease))
    try:
        ledger.set_plan(lease, _record(plan, question, list_hash, place))
    except BaseException:
        plan.path.unlink(missing_ok=True)
        raise
    if run.plan_path is not None:
        _forget(place.base / run.plan_path, plan)
    write_rejects(plan, rejects)
    return plan


def _replaced(
    ledger: Ledger,
    run: Run,
    lease: Lease,
    old: Plan,
    question: making.Question,
    place: Place,
    renewal: Renewal,
) -> Plan:
    """Return the plan that takes the place of ``old``, or ``old`` where it says nothing else."""
    back = _somebody_is_back(ledger, run, old)
    kept = replanning.kept_of(old, ledger, run.id)
    new = replanning.remake(old, question, _file(place, lease), kept)
    if not (new.changes or back or differences(run, question.loaded, new.list_hash)):
        new.plan.path.unlink()
        renewal.tell("Nothing differs from the plan of this run, so it stays as it is.")
        return old
    # The file stays even when this fails: a server that was lost may have done it all the same.
    ledger.replace_plan(lease, _record(new.plan, question, new.list_hash, place), new.skips)
    ledger.note(lease, "replanned", str(new.changes))
    renewal.tell(str(new.changes))
    _forget(old.path, new.plan)
    write_rejects(new.plan, place.run_folder / "rejects.csv")
    return new.plan


def _somebody_is_back(ledger: Ledger, run: Run, plan: Plan) -> bool:
    """Return whether somebody whom a new plan left as they were is pending again.

    They had an outcome then, and a person has decided otherwise since. What they are to get now is
    not in the plan.
    """
    return EARLIER in plan.columns and plan.has_earlier(
        [one.number for one in ledger.in_state(run.id, State.PENDING)]
    )


def _file(place: Place, lease: Lease) -> Path:
    return place.run_folder / f"plan-{lease.epoch}.parquet"


def _record(plan: Plan, question: making.Question, list_hash: str, place: Place) -> PlanRecord:
    return PlanRecord(
        path=for_ledger(place.base, plan.path),
        hash=plan.hash,
        definition_hash=question.loaded.fingerprint,
        definition=question.loaded.fingerprint_parts,
        list_hash=list_hash,
        planned=plan.planned,
        sendable=plan.sendable,
        refusals=plan.refusals,
    )


def has_traces(run_folder: Path) -> bool:
    """Return whether a run was planned or sent in this folder."""
    return any(run_folder.glob("plan*.parquet")) or (run_folder / "results.csv").exists()


def _forget(earlier: Path, plan: Plan) -> None:
    """Delete the plan that was replaced; one that stays is in nobody's way."""
    if earlier.resolve() != plan.path.resolve():
        with suppress(OSError):
            earlier.unlink()


def differences(run: Run, loaded: Loaded, list_hash: str | None) -> list[str]:
    """Return which parts of the definition, or that the list, differ from those of the plan."""
    parts = loaded.fingerprint_parts
    differs = [
        f"`{part}`"
        for part in sorted(parts.keys() | run.definition.keys())
        if parts.get(part) != run.definition.get(part)
    ]
    if list_hash is not None and list_hash != run.list_hash:
        differs.append("recipient list")
    return differs


def _fits(differs: list[str]) -> bool:
    """Return whether a new plan can still tell who was sent to.

    Addresses of another channel say nothing of who got the message over the first one, and another
    vendor or agent cannot be asked what became of the unknown.
    """
    return not {"`channel`", "`provider`"} & set(differs)


def _changed(ledger: Ledger, run: Run, differs: list[str]) -> str:
    done = ledger.counts(run.id).done
    others = (
        "say --replan to add and correct recipients (whoever has an outcome keeps it and is not "
        "sent to again), "
        if _fits(differs)
        else ""
    )
    return (
        f"The run {run.run} was planned with another {' and another '.join(differs)}, and "
        f"{done:,} recipients have an outcome under that plan. Put back what was changed to go on "
        f"with it, {others}or give the changed campaign another `name` (or `run`) to start a new "
        f"one. {AGAIN} `campaign results` writes that file as of now, before the name is changed."
    )
