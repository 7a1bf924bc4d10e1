"""``ledger verify``: every invariant of a ledger, checked against its tables and its plans."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass

import polars as pl

from campaign import trace
from campaign.errors import InvalidInput
from campaign.job import Job
from campaign.ledger.protocol import Ledger
from campaign.ledger.records import Run
from campaign.plan.beside import LEDGER, parts
from campaign.plan.frozen import SEND, Plan
from campaign.plan.of_run import has_traces
from campaign.status import run_named

_NAMED = 5


@dataclass(frozen=True, slots=True)
class Verified:
    """What was checked, and what is broken, by run.

    Under ``""`` is what belongs to no run: damage of the store itself, and test messages.
    """

    runs: list[str]
    recipients: int
    broken: Mapping[str, list[str]]

    @property
    def is_sound(self) -> bool:
        """Whether every invariant holds."""
        return not any(self.broken.values())


def verify(job: Job, environment: Mapping[str, str], run: str | None = None) -> Verified:
    """Check the runs of a campaign, or one of them. A run that is being sent may be checked too.

    Raises:
        LedgerError: there is no ledger, or it cannot be read.
        InvalidInput: there is no such run.
    """
    location = job.ledger(environment)
    with closing(location.open(create=False)) as ledger:
        campaign = job.loaded.definition.name
        names = [run] if run is not None else list(reversed(ledger.run_names(campaign)))
        broken = {"": ledger.damage() + ledger.broken_tests(campaign)}
        recipients = 0
        for name in names:
            found = run_named(job.loaded, ledger, name)
            counts = ledger.counts(found.id)
            recipients += counts.planned
            broken[name] = ledger.broken(found.id)
            try:
                trace.check(ledger, found, job.folder / name, location)
            except InvalidInput as error:
                broken[name].append(str(error))
            if found.plan_path is not None:
                try:
                    plan = Plan.of_run(found, job.plans_from(location))
                except InvalidInput as error:
                    broken[name].append(str(error))
                else:
                    broken[name] += _beside_the_plan(ledger, found, plan)
        if run is None:
            broken[""] += [
                f"{folder} holds a run that this ledger does not know."
                for folder in sorted(job.folder.glob("*/"))
                if has_traces(folder) and ledger.find_run(campaign, folder.name) is None
            ]
        return Verified(names, recipients, broken)


def _beside_the_plan(ledger: Ledger, run: Run, plan: Plan) -> Iterator[str]:
    """Yield what the ledger and the frozen plan say differently."""
    if plan.planned != run.planned:
        yield f"The plan has {plan.planned:,} rows, and the ledger says {run.planned:,}."
    if plan.sendable != run.sendable:
        yield f"{plan.sendable:,} rows may be sent to, and the ledger says {run.sendable:,}."
    found = 0
    for sentence in _wrong(ledger, run, plan):
        found += 1
        if found <= _NAMED:
            yield sentence
    if found > _NAMED:
        yield f"The same holds for {found - _NAMED:,} more."


def _wrong(ledger: Ledger, run: Run, plan: Plan) -> Iterator[str]:
    """Yield a sentence for everybody in the ledger who is not so in the plan, in their order."""
    theirs = pl.col(LEDGER + "key")
    for rows, known in parts(plan, ledger, run.id, ["key", "verdict"]):
        planned = rows.with_columns(pl.col("number").cast(pl.Int64), is_planned=True)
        odd = known.join(planned, on="number", how="left").filter(
            pl.col("is_planned").is_null()
            | theirs.ne_missing(pl.col("key"))
            | (pl.col("verdict") != SEND)
        )
        told = odd.sort("number").select("number", theirs, "key", "is_planned")
        for number, in_ledger, key, is_planned in told.iter_rows():
            if not is_planned:
                yield f"Number {number} of the ledger is not in the plan."
            elif key != in_ledger:
                yield f"{in_ledger} is {key} in the plan."
            else:
                yield f"{in_ledger} has a claim, and the plan refused the row."
