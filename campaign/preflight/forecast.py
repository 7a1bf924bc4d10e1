"""What a run would do, without doing it: every row judged, every message rendered.

Only two files stay: the list of the refused rows, and the page for people.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import polars as pl

from campaign.audience.headers import normalise_header
from campaign.channel import Channel
from campaign.errors import NoLedger
from campaign.files import removed
from campaign.job import Job, local_now
from campaign.ledger.protocol import Ledger
from campaign.plan import making
from campaign.plan.frozen import SEND, Plan
from campaign.plan.inbound import written_to_us
from campaign.plan.meant import meant
from campaign.plan.rejected import Rejected
from campaign.plan.rejects import write_rejects
from campaign.plan.variants import VARIANT
from campaign.plan.watching import Tell, unwatched
from campaign.preflight.agreed import unknown_words
from campaign.preflight.answer import Forecast
from campaign.preflight.cost import cost
from campaign.preflight.earlier import PAGE
from campaign.preflight.examples import examples, odd_rows
from campaign.preflight.left import Begun, begun, still_to_send
from campaign.preflight.lengths import lengths
from campaign.preflight.page import write_page
from campaign.preflight.samples import samples
from campaign.preflight.timing import timing
from campaign.preflight.waiting import Stopped, rules_now, stopped
from campaign.preflight.warnings import (
    about_messages,
    changed,
    missing,
    nobody,
    rehearsed,
    single_braces,
    wrong_hour,
)
from campaign.rules.moment import MomentRule
from campaign.suppressing import all_suppressed

_REJECTS = "check-rejects.csv"


def forecast(
    job: Job,
    environment: Mapping[str, str],
    only: str | None = None,
    tell: Tell = unwatched,
) -> Forecast:
    """Plan without a run; only the rejects and the page stay.

    ``only`` picks the one recipient with this key or address as the sample, ``tell`` is told how
    far the planning is. What an earlier check
    left is removed first, so that a page that is there is of the last one that came to an end.

    Raises:
        InvalidInput: the list, or something it needs, is not as the definition says; or nobody is
            known as ``only``.
        OutputError: the rejects or the page cannot be written, or an earlier one be removed.
    """
    for name in (_REJECTS, PAGE):
        if not job.lives_from(job.folder / name):
            removed(job.folder / name)
    now, suppressed = local_now(), all_suppressed(job, environment)
    with tempfile.TemporaryDirectory(prefix="campaign-") as folder, ExitStack() as stack:
        ledger = _opened(job, environment, stack)
        inbound = None if ledger is None else written_to_us(ledger, job.loaded)
        question = replace(job.question(suppressed).knowing(inbound), tell=tell)
        plan, fingerprint = making.make(question, Path(folder) / "plan.parquet")
        tell("Adding it up", 0)
        name = job.run_name(fingerprint, now)
        run = None if ledger is None else begun(ledger, job.loaded.definition.name, name)
        rules = rules_now(job, suppressed, ledger, 0 if run is None else run.run.id)
        planned = _Planned(plan, fingerprint, name, run, rules, now)
        found = _answer(job, environment, planned, only)
        write_rejects(plan, found.rejects)
    write_page(found)
    return found


@dataclass(frozen=True, slots=True)
class _Planned:
    """A plan that is thrown away, the list it was made of, and the moment it is judged for.

    ``name`` is the run's, ``run`` where it stands if it has begun.
    """

    plan: Plan
    fingerprint: str
    name: str
    run: Begun | None
    rules: Sequence[MomentRule]
    now: datetime


def _answer(
    job: Job, environment: Mapping[str, str], planned: _Planned, only: str | None
) -> Forecast:
    definition, capabilities = job.loaded.definition, job.loaded.provider.capabilities
    if only is not None:
        only = meant(planned.plan, job.loaded, [only])[only]
    plan, run, now = planned.plan, planned.run, planned.now
    left = still_to_send(plan, run)
    now_stopped = stopped(left, planned.rules, now.timestamp())
    rows = now_stopped.others(left)
    length = timing(job, rows, planned.rules, run, now)
    price = cost(job, plan, rows, now.date())
    recipients, address = definition.recipients, making.address_column(job.loaded)
    return Forecast(
        at=now,
        name=definition.name,
        run=planned.name,
        provider=capabilities.title,
        channel=definition.channel.value,
        sandbox=job.loaded.settings.sandbox,
        planned=plan.planned,
        sendable=plan.sendable,
        refusals=plan.refusals,
        examples=examples(plan),
        odd=odd_rows(plan, normalise_header(recipients.columns.get(address, address))),
        variants=_variants(job, plan, now_stopped),
        samples=samples(plan, only, now_stopped.left_out),
        left=length.people + now_stopped.left_out.len(),
        waiting=now_stopped.reasons,
        already=None if run is None else run.counts,
        timing=length,
        cost=price,
        lengths=lengths(plan, rows) if definition.channel is Channel.SMS else None,
        rejected=Rejected.among(plan, definition.max_rejects),
        # Not in the run's own folder: what a run refused is not what it would refuse now.
        rejects=job.folder / _REJECTS,
        page=job.folder / PAGE,
        warnings=nobody(plan)
        + unknown_words(job, plan)
        + rehearsed(job)
        + plan.unreadable()
        + about_messages(job, plan)
        + single_braces(job, plan.headers)
        + missing(job, environment)
        + ([] if run is None else changed(job, run.run, run.counts, planned.fingerprint))
        + ([] if length.awake is None else length.awake.warnings())
        + ([] if price is None else price.warnings())
        + wrong_hour(job, now)
        + ([length.warning] if length.left and now < (job.hours.deadline(now) or now) else []),
    )


def _variants(job: Job, plan: Plan, now_stopped: Stopped) -> Mapping[str, int]:
    """Return how many people get which message, in the order of the definition."""
    if not job.variants:
        return {}
    rows = now_stopped.others(plan.rows().filter(pl.col("verdict") == SEND))
    found = dict(rows.group_by(VARIANT).len().collect(engine="streaming").iter_rows())
    return {name: found.get(name, 0) for name in job.variants}


def _opened(job: Job, environment: Mapping[str, str], stack: ExitStack) -> Ledger | None:
    try:
        ledger = job.ledger(environment).open(create=False)
    except NoLedger:
        return None
    stack.callback(ledger.close)
    return ledger
