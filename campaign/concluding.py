"""The end of one execution: written into the ledger and the files, and told.

Invariant: who got it is told even where it cannot be written down, and a summary names no file that
was not written.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import anyio
import anyio.to_thread

from campaign.alone import Work
from campaign.errors import Interrupted
from campaign.interruption import Interruption
from campaign.job import Job
from campaign.ledger.location import Location
from campaign.ledger.records import Counts
from campaign.plan.rejects import refused_at_sending, write_rejects
from campaign.reporting.reporter import Reporter
from campaign.reporting.results import write_results
from campaign.reporting.summary import Summary
from campaign.sending.ending import Ending, Result
from campaign.sending.waited import Waited
from campaign.trace import Trace


@dataclass(frozen=True, slots=True)
class Sent:
    """How the sending ended, the counts when it ``began``, and how long it took."""

    result: Result
    began: Counts
    rate: float
    seconds: float
    waited: Waited


async def concluded(
    job: Job,
    location: Location,
    work: Work,
    sent: Sent,
    reporter: Reporter,
    interruption: Interruption,
) -> Summary:
    """Write down how it ended, and the results.

    Raises:
        LedgerError: the ledger cannot be read or written.
        OutputError: a file cannot be written; the summary was told all the same.
    """
    ledger, run, folder = work.ledger, work.run, work.folder
    ledger.note(work.lease, sent.result.ending.value, sent.result.why)
    counts = ledger.counts(run.id)
    results, rejects = folder / "results.csv", folder / "rejects.csv"
    summary = Summary(
        name=job.loaded.definition.name,
        run=run.run,
        counts=counts,
        held_until=ledger.next_due(run.id),
        reasons=ledger.reasons(run.id),
        ending=sent.result.ending,
        why=sent.result.why,
        rate=sent.rate,
        settled=counts.done - sent.began.done,
        sent=counts.sent - sent.began.sent,
        seconds=sent.seconds,
        waited=sent.waited,
        ledger=location,
        results=results,
        rejects=rejects if counts.skipped else None,
    )
    reporter.preparing("Writing the results")
    unwritten = replace(summary, results=None, rejects=None)
    try:
        await _written(work, results, rejects, interruption)
    except Interrupted:
        summary = replace(unwritten, ending=Ending.INTERRUPTED)
    except BaseException:
        summary = unwritten
        raise
    finally:
        reporter.finished(summary)
    return summary


async def _written(work: Work, results: Path, rejects: Path, interruption: Interruption) -> None:
    plan, ledger, run = work.plan, work.ledger, work.run
    if not run.sandbox:
        Trace.of(ledger, run).write(work.folder)
    write = partial(write_results, check=interruption.check)
    await anyio.to_thread.run_sync(write, plan, ledger, run.id, results)
    late = await anyio.to_thread.run_sync(refused_at_sending, ledger, run.id)
    if not late.is_empty():
        await anyio.to_thread.run_sync(write_rejects, plan, rejects, late)
