"""Whom earlier runs of a campaign have left behind: each night is a run of its own."""

from __future__ import annotations

from datetime import datetime

from campaign.job import Job
from campaign.ledger.protocol import Ledger


def left_behind(job: Job, ledger: Ledger, current: str, now: datetime) -> list[str]:
    """Return sentences about the newest other runs in which somebody is unknown or to be sent to.

    The latter are pending, or were held until a time that has come; today's run reaches none of
    them.
    """
    definition = job.loaded.definition
    if definition.run is None or job.loaded.settings.sandbox:
        return []
    found = []
    for name in ledger.run_names(definition.name, newest=20):
        run = ledger.find_run(definition.name, name)
        if run is None or run.sandbox or name == current:
            continue
        counts = ledger.counts(run.id)
        if counts.unknown:
            rows = f"{counts.unknown:,} unknown recipient{'s' if counts.unknown > 1 else ''}"
            found.append(
                f"The run {name} has {rows}: campaign reconcile {job.loaded.path} --run {name}"
            )
        pending, due = counts.pending, ledger.next_due(run.id)
        is_due = due is not None and due <= now.timestamp() * 1000
        if pending or is_due:
            who = f"{pending:,} pending" if pending else "some whose time to wait is over"
            found.append(
                f"The run {name} has recipients left to send to ({who}): "
                f"campaign run {job.loaded.path} --run {name}"
            )
    return found
