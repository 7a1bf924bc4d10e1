"""What a run would do, without doing it: every row judged, every message rendered.

Only two files stay: the list of the refused rows, and the page for people.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from campaign.channel import Channel
from campaign.errors import NoLedger
from campaign.job import Job, local_now
from campaign.ledger.records import Counts, Run
from campaign.plan import making
from campaign.plan.frozen import Plan
from campaign.preflight.answer import Forecast
from campaign.preflight.cost import cost
from campaign.preflight.examples import examples
from campaign.preflight.lengths import lengths
from campaign.preflight.page import write_page
from campaign.preflight.rejected import Rejected
from campaign.preflight.samples import samples
from campaign.preflight.timing import timing
from campaign.preflight.waiting import waiting
from campaign.preflight.warnings import about_messages, changed, missing, single_braces, wrong_hour
from campaign.reporting.results import write_rejects
from campaign.rules.moment import MomentRule
from campaign.suppressing import all_suppressed


def forecast(job: Job, environment: Mapping[str, str], only: str | None = None) -> Forecast:
    """Plan without a run; only the rejects and the page stay.

    ``only`` picks the one recipient with this key or address as the sample.

    Raises:
        InvalidInput: the list, or something it needs, is not as the definition says; or nobody is
            known as ``only``.
        OutputError: the rejects or the page cannot be written.
    """
    now, suppressed = local_now(), all_suppressed(job, environment)
    rules = job.moment_rules(suppressed)
    with tempfile.TemporaryDirectory(prefix="campaign-") as folder:
        plan, fingerprint = making.make(job.question(suppressed), Path(folder) / "plan.parquet")
        found = _answer(job, environment, _Planned(plan, fingerprint, rules, now), only)
        write_rejects(plan, found.rejects)
    write_page(found)
    return found


@dataclass(frozen=True, slots=True)
class _Planned:
    """A plan that is thrown away, the list it was made of, and the moment it is judged for."""

    plan: Plan
    fingerprint: str
    rules: Sequence[MomentRule]
    now: datetime


def _answer(
    job: Job, environment: Mapping[str, str], planned: _Planned, only: str | None
) -> Forecast:
    definition, capabilities = job.loaded.definition, job.loaded.provider.capabilities
    plan, now = planned.plan, planned.now
    run = job.run_name(planned.fingerprint, now)
    begun = _begun(job, environment, run)
    length = timing(job, plan.sendable, now)
    return Forecast(
        at=now,
        name=definition.name,
        run=run,
        provider=capabilities.title,
        channel=definition.channel.value,
        sandbox=job.loaded.settings.sandbox,
        planned=plan.planned,
        sendable=plan.sendable,
        refusals=plan.refusals,
        examples=examples(plan),
        samples=samples(plan, only),
        waiting=waiting(plan, planned.rules, now.timestamp()),
        already=begun[1] if begun else None,
        timing=length,
        cost=cost(job, plan, now.date()),
        lengths=lengths(plan) if definition.channel is Channel.SMS else None,
        rejected=Rejected.among(plan, definition.max_rejects),
        # Not in the run's own folder: what a run refused is not what it would refuse now.
        rejects=job.folder / "check-rejects.csv",
        page=job.folder / "check.html",
        warnings=plan.warnings()
        + about_messages(job, plan)
        + single_braces(job, plan.headers)
        + missing(job, environment)
        + (changed(job, *begun, planned.fingerprint) if begun else [])
        + wrong_hour(job, now)
        + ([length.warning] if length.left else []),
    )


def _begun(job: Job, environment: Mapping[str, str], run: str) -> tuple[Run, Counts] | None:
    try:
        ledger = job.ledger(environment).open(create=False)
    except NoLedger:
        return None
    with closing(ledger):
        found = ledger.find_run(job.loaded.definition.name, run)
        return None if found is None or not found.planned else (found, ledger.counts(found.id))
