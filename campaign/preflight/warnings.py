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


def wrong_hour(job: Job, now: datetime) -> list[str]:
    """Say that no run may begin at this hour."""
    found = job.hours.refusal(now)
    return [] if found is None else [f"A run now would be refused: {found.why}. {found.hint}."]


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
