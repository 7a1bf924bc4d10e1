"""Who of a run's holdout wrote by themselves: what the answers to its messages are compared with.

Invariant: a message counts for a run only if it came in that run's own time, from its start for 30
days, which is how long an answer to it is one. The ledger keeps when somebody last wrote, so that
of whoever wrote later still it cannot be told whether they wrote in that time too; they are left
out of the comparison, and counted. Whoever another run wrote to before answers that one, and did
not write by themselves.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

import polars as pl

from campaign.ledger.protocol import Ledger
from campaign.ledger.records import Run

DAYS = 30
"""So long after its start somebody who writes is compared with who answers the run's message."""

_PERIOD = round(timedelta(days=DAYS).total_seconds() * 1000)


@dataclass(frozen=True, slots=True)
class Wrote:
    """The identities of those who last wrote in a run's time, and of those who last wrote later."""

    within: pl.Series
    later: pl.Series


def _answer_another_run(run: Run, messages: pl.DataFrame, ledger: Ledger) -> set[str]:
    """Return to whom another run wrote in the 30 days before they wrote."""
    if messages.is_empty():
        return set()
    wrote_at = dict(messages.iter_rows())
    return {
        one.identity
        for one in ledger.contacts(run.created_at - _PERIOD, run.id, sandbox=run.sandbox, own=False)
        if one.counts and 0 <= wrote_at.get(one.identity, 0) - one.at <= _PERIOD
    }


def last_messages(found: Iterable[tuple[str, int]]) -> pl.DataFrame:
    """Return who last wrote when, in milliseconds UTC, from what the ledger yields."""
    schema = {"identity": pl.String, "at": pl.Int64}
    return pl.DataFrame(list(found), schema=schema, orient="row")


def wrote(run: Run, messages: pl.DataFrame, ledger: Ledger) -> Wrote:
    """Return who of all these wrote in a run's time, as far as can be told."""
    end = run.created_at + _PERIOD
    since = messages.filter(pl.col("at") >= run.created_at)
    if answered := _answer_another_run(run, since, ledger):
        since = since.filter(~pl.col("identity").is_in(answered))
    return Wrote(
        within=since.filter(pl.col("at") <= end)["identity"],
        later=since.filter(pl.col("at") > end)["identity"],
    )
