"""``reconcile``: the vendor is asked what became of whoever is unknown, and the ledger keeps it.

Invariant: nobody is sent to. A run is held meanwhile, so that no other process sends for it, and
what was found out is written lot by lot: a look-up that breaks off loses nothing of it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import polars as pl

from campaign.channel import Channel
from campaign.deciding import who
from campaign.errors import InvalidInput
from campaign.job import Job
from campaign.ledger.protocol import Ledger
from campaign.ledger.records import Decision, Entry, Lease, Run, State
from campaign.message.composition import TEXT
from campaign.message.form import Form
from campaign.outcomes.asker import Asker
from campaign.outcomes.weighing import StillUnknown, weighed
from campaign.plan.frozen import Plan
from campaign.providers import http
from campaign.providers.look_up import Known, LookUp, Sought
from campaign.sending.clients import Clients, is_local
from campaign.taking import taken

_KNOWN = 5
"""So many of those whom the run has reached are given along, to tell the right place by."""

_NEIGHBOURS = 500
_NEAR = timedelta(days=1)

Progress = Callable[[str, int, int], None]
"""Told whom is asked, about how many it was already, and about how many it will be."""


@dataclass(slots=True)
class Reconciled:
    """What the vendor said.

    ``asked`` recipients were unknown. ``sent``, ``failed`` and ``not_sent`` of them are settled
    now by this command; ``unknown`` counts the others by the explanation, and ``again_at`` is the
    earliest moment from which asking again can tell more. Whoever somebody else settled meanwhile
    is in none of them. ``ways`` names where was asked.
    """

    asked: int
    ways: list[str]
    sent: int = 0
    failed: int = 0
    not_sent: int = 0
    unknown: Counter[str] = field(default_factory=Counter)
    again_at: datetime | None = None

    @property
    def exit_code(self) -> int:
        """What the command exits with: 3 while somebody is unknown."""
        return 3 if self.unknown.total() else 0

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain data, for machines."""
        return {
            "asked": self.asked,
            "ways": self.ways,
            "sent": self.sent,
            "failed": self.failed,
            "not_sent": self.not_sent,
            "unknown": self.unknown.total(),
            "explanations": dict(self.unknown.most_common()),
            "again_at": self.again_at.isoformat() if self.again_at else None,
            "exit_code": self.exit_code,
        }


async def reconcile(
    job: Job,
    environment: Mapping[str, str],
    run: str | None = None,
    progress: Progress = lambda *_: None,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> Reconciled:
    """Ask the vendor about every unknown recipient of a run.

    Raises:
        InvalidInput: the run is a rehearsal, or there is no such run; a secret is missing; or the
            vendor offers no way to ask.
        RunHeld: the run is being sent.
        LedgerError: the ledger cannot be read or written.
    """
    settings = job.loaded.settings
    if settings.sandbox:
        raise InvalidInput(
            "A rehearsal messages nobody, so there is nobody to ask about. `campaign resolve` "
            "settles its unknown recipients."
        )
    provider = job.provider(environment, None)
    ways = provider.look_ups()
    if not ways:
        raise InvalidInput(
            f"{job.loaded.provider.capabilities.title} offers no way to ask what became of a "
            "message with these settings; its page in the documentation says what there is. "
            "Look the recipients up by hand, then: campaign resolve."
        )
    with taken(job, environment, run) as it:
        unknown = list(it.ledger.in_state(it.run.id, State.UNKNOWN))
        result = Reconciled(len(unknown), [way.title for way in ways])
        if unknown:
            plan = Plan.of_run(it.run, it.plans_from)
            people = list(_with_known(plan, it.run, it.ledger, _sought(plan, it.run, unknown)))
            asking = _Asking(job, environment, it.ledger, it.lease, progress, now, result)
            await asking.about(people, ways)
            it.ledger.note(it.lease, "reconciled", _told(result))
        return result


@dataclass(frozen=True, slots=True)
class _Asking:
    job: Job
    environment: Mapping[str, str]
    ledger: Ledger
    lease: Lease
    progress: Progress
    now: Callable[[], datetime]
    result: Reconciled

    async def about(self, people: Sequence[Sought], ways: Sequence[LookUp]) -> None:
        """Ask one way after the other about those who are still unknown."""
        settings = self.job.loaded.settings
        why: dict[int, StillUnknown] = {}
        left = people
        async with Clients(
            settings.timeout.total_seconds(), proxies=not is_local(settings.base_url)
        ) as clients:
            for way in ways:
                answers = await self._ask(way, left, clients)
                left = [one for one in left if one.recipient in answers]
                # The most certain way comes first; only "ask again later" says more than its word.
                why = {
                    number: answer if answer.again_at else why.get(number, answer)
                    for number, answer in answers.items()
                }
                if not left:
                    break
        self.result.unknown.update(answer.detail for answer in why.values())
        again = [answer.again_at for answer in why.values() if answer.again_at is not None]
        self.result.again_at = min(again, default=None)

    async def _ask(
        self, way: LookUp, people: Sequence[Sought], clients: Clients
    ) -> dict[int, StillUnknown]:
        """Write down what one way tells; return whom it leaves unknown, and why."""
        retry = self.job.loaded.definition.retry
        asker = Asker(
            clients,
            way,
            attempts=retry.attempts,
            first_wait=retry.first_wait.total_seconds(),
            longest_wait=retry.longest_wait.total_seconds(),
            clean=partial(http.without, tuple(self.job.secrets(self.environment).values())),
        )
        by_number = {one.recipient: one for one in people}
        unknown: dict[int, StillUnknown] = {}
        done = 0
        self.progress(way.title, done, len(people))
        asked_at = self.now()
        async for findings in asker.findings(people):
            decisions = []
            for finding in findings:
                sought = by_number[finding.recipient]
                answer = weighed(way, finding, sought, asked_at, who())
                if isinstance(answer, StillUnknown):
                    unknown[finding.recipient] = answer
                else:
                    decisions.append(answer)
            self._settle(decisions)
            done += len(findings)
            self.progress(way.title, done, len(people))
            asked_at = self.now()
        return unknown

    def _settle(self, decisions: Sequence[Decision]) -> None:
        self.result.sent += self._decide(decisions, State.ACCEPTED)
        self.result.failed += self._decide(decisions, State.FAILED)
        self.result.not_sent += self._decide(decisions, State.PENDING)

    def _decide(self, decisions: Sequence[Decision], becomes: State) -> int:
        """Carry out those that lead to one state; return how many were, for the ledger decides."""
        some = [decision for decision in decisions if decision.becomes is becomes]
        return self.ledger.decide(self.lease, some) if some else 0


def _sought(plan: Plan, run: Run, unknown: Sequence[Entry]) -> list[Sought]:
    """Return what is known of them: where they were written to, when, and with which text."""
    claimed = {entry.number: entry.claimed_at or run.created_at for entry in unknown}
    rows = (
        plan.rows()
        .filter(pl.col("number").is_in(list(claimed)))
        .select("number", "address", "sender", "form", TEXT)
        .collect()
    )
    channel = Channel(run.channel)
    return [
        Sought(
            recipient=number,
            address=address,
            channel=channel,
            sender=sender,
            # Between planning and sending a window may close; then it was the template.
            text=text if form == Form.TEXT.value else None,
            attempted_at=_moment(claimed[number]),
        )
        for number, address, sender, form, text in rows.iter_rows()
    ]


def _with_known(plan: Plan, run: Run, ledger: Ledger, people: Sequence[Sought]) -> Iterator[Sought]:
    """Give each along whom the run has reached from the same sender, near in time.

    Those of one sender and one hour get the same few, so that a vendor is asked about them once.
    """
    chosen: dict[tuple[str | None, datetime], tuple[Known, ...]] = {}
    for one in people:
        group = (one.sender, one.attempted_at.replace(minute=0, second=0, microsecond=0))
        if group not in chosen:
            chosen[group] = _known(plan, run, ledger, one)
        yield replace(one, known=chosen[group])


def _known(plan: Plan, run: Run, ledger: Ledger, one: Sought) -> tuple[Known, ...]:
    """Look among ever more neighbours in the plan, for who is near there is mostly near in time."""
    reach = _NEIGHBOURS
    while True:
        first, last = one.recipient - reach, one.recipient + reach
        sent_at = {
            entry.number: _moment(entry.claimed_at)
            for entry in ledger.entries(run.id, first, last)
            # What a person says to have been sent need not be anywhere.
            if entry.state is State.ACCEPTED
            and entry.reason != "resolved_sent"
            and entry.claimed_at is not None
        }
        rows = (
            plan.rows()
            .filter(pl.col("number").is_in(list(sent_at)), pl.col("sender").eq_missing(one.sender))
            .select("number", "address")
            .collect()
        )
        known = [
            Known(address, one.sender, one.channel, sent_at[number])
            for number, address in rows.iter_rows()
        ]
        known.sort(key=lambda person: abs(person.sent_at - one.attempted_at))
        near = [person for person in known if abs(person.sent_at - one.attempted_at) <= _NEAR]
        if near or (first <= 0 and last >= run.planned):
            return tuple(near[:_KNOWN])
        reach *= 10


def _moment(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


def _told(result: Reconciled) -> str:
    return (
        f"{result.asked} asked about: {result.sent} sent, {result.failed} failed, "
        f"{result.not_sent} not sent, {result.unknown.total()} still unknown, by {who()}"
    )
