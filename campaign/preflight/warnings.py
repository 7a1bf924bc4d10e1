"""What a check warns of beside the list: what a run would stumble over, and what reads oddly."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from datetime import datetime

import polars as pl

from campaign.audience.headers import normalise_header
from campaign.definition.secrets import missing_secrets
from campaign.job import Job
from campaign.ledger.records import Counts, Run
from campaign.message.warnings import message_warnings
from campaign.plan.frozen import SEND, Plan
from campaign.plan.of_run import differences
from campaign.plan.variants import VARIANT

_SINGLE_BRACES = re.compile(r"(?<!\{)\{\s*([^{}%#]+?)\s*\}(?!\})")


def about_messages(job: Job, plan: Plan) -> list[str]:
    """Warn of what is odd in the messages that would leave, each variant by itself."""
    rows = plan.rows().filter(pl.col("verdict") == SEND)
    if not job.variants:
        return _about_message(job, rows)
    found = [
        warning
        for name, one in job.variants.items()
        for warning in _about_message(one, rows.filter(pl.col(VARIANT) == name))
    ]
    return list(dict.fromkeys(found))


def _about_message(job: Job, rows: pl.LazyFrame) -> list[str]:
    definition = job.loaded.definition
    template = definition.message.template if definition.message else None
    return message_warnings(
        rows,
        channel=definition.channel,
        category=template.category if template else None,
        footer=template.footer if template else None,
    )


def missing(job: Job, environment: Mapping[str, str]) -> list[str]:
    """Name the secrets that a run needs and that are not set."""
    if job.loaded.settings.sandbox:
        return []
    return [
        f"The environment variable {secret.name} is not set; a run needs it for {field}."
        for field, secret in missing_secrets(job.loaded.settings, environment)
    ]


def nobody(plan: Plan) -> list[str]:
    """Say that there is nobody to send to."""
    return [] if plan.sendable else ["Nobody on the list will get it: a run would send nothing."]


def rehearsed(job: Job) -> list[str]:
    """Say which keys of the definition a rehearsal leaves out, and so this forecast too."""
    if not job.loaded.settings.sandbox:
        return []
    definition = job.loaded.definition
    given = {
        "`ramp`": definition.ramp,
        "`quiet_hours`": definition.quiet_hours,
        "`schedule`": definition.schedule,
    }
    out = [name for name, value in given.items() if value is not None]
    limits = {"`frequency_cap`": definition.frequency_cap, "`rate.tier`": definition.rate.tier}
    among_them = [name for name, value in limits.items() if value]
    told = []
    if out:
        told.append(f"{', '.join(out)} {'does' if len(out) == 1 else 'do'} not count here")
    if among_them:
        verb = "counts" if len(among_them) == 1 else "count"
        told.append(f"{', '.join(among_them)} {verb} only what other rehearsals sent")
    if not told:
        return []
    sentence = (
        f"This is a rehearsal: {'; '.join(told)}. A real run keeps to all of it, so it may take "
        "longer and reach fewer people than said here."
    )
    return [sentence]


def wrong_hour(job: Job, now: datetime) -> list[str]:
    """Say that no run may begin at this hour, or that one would send to nobody."""
    hours = job.hours
    if (found := hours.refusal(now)) is not None:
        return [f"A run now would be refused: {found.why}. {found.hint}."]
    deadline = hours.deadline(now)
    if deadline is None or now < deadline:
        return []
    reopens = hours.day(now).reopens
    advice = (
        "Give `schedule.deadline` a new time"
        if reopens is None
        else f"Run it from {hours.told(reopens)} on, or move the deadline"
    )
    return [f"A run now would send nothing: {hours.too_late(deadline)}. {advice}."]


def changed(job: Job, run: Run, counts: Counts, list_hash: str) -> list[str]:
    """Say what a run that has begun would refuse: what is checked here is another plan."""
    differs = differences(run, job.loaded, list_hash)
    if not differs or not counts.done:
        return []
    sentence = (
        f"This run has begun with another {' and another '.join(differs)}: `campaign run` refuses, "
        "and with --replan sends to those alone who have no outcome yet."
    )
    return [sentence]


def single_braces(job: Job, columns: Collection[str]) -> list[str]:
    """Warn of ``{first_name}``, which other programs fill in and this one sends as it stands."""
    found = {
        name
        for one in job.each
        for _, text in one.composition.texts()
        for name in _SINGLE_BRACES.findall(text.source)
        if normalise_header(name) in columns
    }
    return [
        f"{{{name}}} is sent as it stands; write {{{{ {normalise_header(name)} }}}} to fill it in."
        for name in sorted(found)
    ]
