"""What became of those whom the vendor promised to send to later.

Invariant: nobody leaves ``scheduled`` but by what the vendor says of their message: that it went
out, or that it did not arrive, and not before their own time has come. A message that the vendor
does not show yet is left alone; it is a promise that may still be kept. Decisions need the run, so
while another process holds it they wait.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from campaign.deciding import who
from campaign.errors import RunHeld
from campaign.job import Job
from campaign.ledger.protocol import Ledger
from campaign.ledger.records import Decision, Entry, Run, State
from campaign.providers.asking import moment
from campaign.taking import Taken, taken

_PAGE = 1000
_OF_THE_MESSAGE = ("sent_at", "delivered_at", "read_at")
_OF_THE_PERSON = ("replied_at", "closed_at")
_COLUMNS = (
    *("number", "delivery", "delivery_code", "delivery_detail", "undelivered_at"),
    *_OF_THE_MESSAGE,
    *_OF_THE_PERSON,
)


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
    if not ledger.counts(run.id).scheduled:
        return Arrived()
    found = Arrived()
    with ExitStack() as stack:
        it: Taken | None = None
        for decisions, missing in _shown(ledger, run.id, now, why):
            found = replace(found, missing=found.missing + missing)
            if not decisions or found.held:
                continue
            try:
                it = it or stack.enter_context(taken(job, environment, run.run))
            except RunHeld:
                found = replace(found, held=True)
                continue
            accepted = _decided(it, decisions, State.ACCEPTED)
            failed = _decided(it, decisions, State.FAILED)
            found = replace(found, accepted=found.accepted + accepted, failed=found.failed + failed)
        if it is not None:
            said = f"{found.accepted} scheduled sent, {found.failed} failed"
            it.ledger.note(it.lease, "synced", said)
    return found


def _decided(it: Taken, decisions: Sequence[Decision], becomes: State) -> int:
    some = [one for one in decisions if one.becomes is becomes]
    return it.ledger.decide(it.lease, some) if some else 0


def _shown(
    ledger: Ledger, run_id: int, now: datetime, why: str
) -> Iterator[tuple[list[Decision], int]]:
    """Yield whom the vendor shows, some at a time, and of how many whose time has come it does not.

    Those of a part lie close together: what came back of others is not read for them.
    """
    for part in _parts(ledger.in_state(run_id, State.SCHEDULED)):
        wanted = {entry.number: entry for entry in part}
        found = ledger.columns(run_id, part[0].number, part[-1].number)
        rows = zip(*(found[name] for name in _COLUMNS), strict=True)
        decisions, missing = list[Decision](), 0
        for row in (dict(zip(_COLUMNS, values, strict=True)) for values in rows):
            entry = wanted.get(row["number"])
            due = None if entry is None else moment(entry.evidence.get("schedule_at"))
            if entry is None or (due is not None and due > now):
                continue
            if (became := _became(row, due)) is None:
                missing += 1
            else:
                decisions.append(_decision(row, became, why))
        yield decisions, missing


def _parts(entries: Iterable[Entry]) -> Iterator[list[Entry]]:
    part: list[Entry] = []
    for entry in entries:
        if part and entry.number - part[0].number >= _PAGE:
            yield part
            part = []
        part.append(entry)
    if part:
        yield part


def _became(row: Mapping[str, Any], due: datetime | None) -> State | None:
    """Return what the vendor's words make of somebody; what they wrote before their time, nothing.

    They may write for reasons of their own, while their message never begins.
    """
    if row["undelivered_at"] is not None:
        return State.FAILED
    if any(row[name] is not None for name in _OF_THE_MESSAGE):
        return State.ACCEPTED
    earliest = None if due is None else due.timestamp() * 1000
    answered = [row[name] for name in _OF_THE_PERSON if row[name] is not None]
    in_time = [at for at in answered if earliest is None or at >= earliest]
    return State.ACCEPTED if in_time else None


def _decision(row: Mapping[str, Any], becomes: State, why: str) -> Decision:
    failed = becomes is State.FAILED
    return Decision(
        number=row["number"],
        was=State.SCHEDULED,
        becomes=becomes,
        reason="looked_up_failed" if failed else "looked_up_sent",
        who=who(),
        why=f"{why}: {row['delivery']}",
        code=row["delivery_code"],
        detail=row["delivery_detail"] or f"{why}: {row['delivery']}",
    )
