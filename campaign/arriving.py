"""What became of those whom the vendor promised to send to later.

Invariant: nobody leaves ``scheduled`` but by what the vendor says of their message: that it went
out, or that it did not arrive. A message that the vendor does not show yet is left alone; it is a
promise that may still be kept. Decisions need the run, so while another process holds it they wait.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from campaign.deciding import who
from campaign.errors import RunHeld
from campaign.job import Job
from campaign.ledger.delivery_records import Delivery
from campaign.ledger.protocol import Ledger
from campaign.ledger.records import Decision, Run, State
from campaign.taking import taken

_PAGE = 1000


@dataclass(frozen=True, slots=True)
class Arrived:
    """How many left ``scheduled``, and how many the vendor shows no message of.

    ``held``: somebody could have been settled, but another process holds the run.
    """

    accepted: int = 0
    failed: int = 0
    missing: int = 0
    held: bool = False


def arrived(
    job: Job, environment: Mapping[str, str], ledger: Ledger, run: Run, now: datetime, why: str
) -> Arrived:
    """Settle whoever's message the vendor has shown since; ``why`` names who was asked.

    Raises:
        LedgerError: the ledger cannot be read or written.
    """
    times = [one.fixed().schedule_at for one in job.each]
    if not ledger.counts(run.id).scheduled or any(at is not None and at > now for at in times):
        return Arrived()
    missing, decisions = 0, list[Decision]()
    for columns in _scheduled(ledger, run.id):
        for row in columns:
            if row["delivery"] is None:
                missing += 1
            else:
                decisions.append(_decision(row, why))
    if not decisions:
        return Arrived(missing=missing)
    try:
        with taken(job, environment, run.run) as it:
            accepted = _decided(it.ledger, it.lease, decisions, State.ACCEPTED)
            failed = _decided(it.ledger, it.lease, decisions, State.FAILED)
            it.ledger.note(it.lease, "synced", f"{accepted} scheduled sent, {failed} failed")
    except RunHeld:
        return Arrived(missing=missing, held=True)
    return Arrived(accepted, failed, missing)


def _decided(ledger: Ledger, lease: Any, decisions: Sequence[Decision], becomes: State) -> int:
    some = [one for one in decisions if one.becomes is becomes]
    return ledger.decide(lease, some) if some else 0


def _scheduled(ledger: Ledger, run_id: int) -> Iterator[list[dict[str, Any]]]:
    """Yield those who are scheduled, with what came back of them."""
    left = iter(ledger.in_state(run_id, State.SCHEDULED))
    while page := [entry.number for entry in islice(left, _PAGE)]:
        wanted = set(page)
        found = ledger.columns(run_id, page[0], page[-1])
        names = ("number", "delivery", "delivery_code", "delivery_detail")
        rows = zip(*(found[name] for name in names), strict=True)
        yield [dict(zip(names, row, strict=True)) for row in rows if row[0] in wanted]


def _decision(row: Mapping[str, Any], why: str) -> Decision:
    failed = row["delivery"] == Delivery.UNDELIVERED.value
    return Decision(
        number=row["number"],
        was=State.SCHEDULED,
        becomes=State.FAILED if failed else State.ACCEPTED,
        reason="looked_up_failed" if failed else "looked_up_sent",
        who=who(),
        why=f"{why}: {row['delivery']}",
        code=row["delivery_code"],
        detail=row["delivery_detail"] or f"{why}: {row['delivery']}",
    )
