"""What a run must know of other runs: learnt when it begins, and once more within every claim.

Invariant: a claim is made only where the ledger's own suppression list, the caps and the tier allow
it at that very instant. The gate reads, within the claim's transaction, what came since it looked
last; whoever may not be sent to any more is turned away, and judged again by the same rules, which
know by then what the gate has learnt.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

import polars as pl

from campaign.audience.variants import canonical
from campaign.channel import Channel
from campaign.job import Job
from campaign.ledger.protocol import Ledger
from campaign.ledger.records import Claim, Contact, State
from campaign.plan.making import address_kind
from campaign.rules import tier
from campaign.rules.history import MINUTE, History, Known
from campaign.rules.moment import MomentRule
from campaign.rules.suppression import NotSuppressed

_CHANGING = 2 * MINUTE
"""How long before a look something may have been claimed whose outcome is asked once more."""
_OVERLAP = 5_000
"""Milliseconds that a look reaches behind the last one: clocks of other machines, and writes that
were not committed then."""
_PAGE = 20_000
"""Contacts that are taken in at a time."""


@dataclass(frozen=True, slots=True)
class _Claimant:
    """Somebody who is about to be claimed, as the rules see them."""

    identity: str
    address: str
    initiated: bool | None
    last_inbound: int | None = None
    region: str | None = None
    zones: str | None = None


class OtherRuns:
    """A :class:`~campaign.ledger.protocol.Gate`; ``rules`` are what it asks, for others too.

    ``run_id`` is the run that asks, 0 for one that has not begun.
    """

    def __init__(self, job: Job, ledger: Ledger, run_id: int) -> None:
        definition = job.loaded.definition
        self._ledger, self._run_id = ledger, run_id
        self._sandbox = job.loaded.settings.sandbox
        self._kind = address_kind(job.loaded)
        self._listed = NotSuppressed((), "suppressed_in_ledger")
        self._newest_entry = 0
        self._looked_at = 0
        self._tier = definition.rate.tier
        self._history = History(tier.WINDOW * 1000)
        windows = [cap.window.total_seconds() for cap in definition.frequency_cap]
        if self._tier is not None:
            windows.append(tier.WINDOW)
        self.rules: Sequence[MomentRule] = job.rules_of_other_runs(self._history, self._listed)
        self._counts = len(self.rules) > 1
        self.serial = bool(windows)
        self.brief = not self._counts
        self._begin(max(windows, default=0.0))

    @property
    def suppressed(self) -> pl.Series:
        """The entries of the ledger's own suppression list, as far as they are known."""
        return self._listed.entries

    def admits(self, claims: Sequence[Claim], now: int) -> list[bool]:
        """Return, for each claim, whether the rules allow it at ``now`` (milliseconds UTC)."""
        self._look_for_entries()
        if self._counts:
            self._history.despair()
            self._look(now)
        return [self._admits(claim, now) for claim in claims]

    def _admits(self, claim: Claim, now: int) -> bool:
        identity = claim.identity or claim.key
        who = _Claimant(identity, claim.address or identity, claim.initiated)
        if any(rule.objection(who, now / 1000) is not None for rule in self.rules):
            return False
        if self._counts:
            # The next ones of this group have to know; the ledger tells it at the next look.
            found = (self._run_id, claim.number)
            first = self._tier is not None and bool(claim.initiated)
            hope = Known(found, who.identity, now, own=True, initiated=first)
            self._history.learn([hope], hoped=True)
        return True

    def _begin(self, seconds: float) -> None:
        self._look_for_entries()
        if self._counts:
            now = time.time_ns() // 1_000_000
            self._looked_at = settled = now - _CHANGING
            if seconds:
                found = self._contacts(now - round(seconds * 1000))
                self._history.begin(self._known(one for one in found if one.at < settled))
            self._look(now)

    def _look(self, now: int) -> None:
        """Learn what came since the last look, and what became of what was under way then."""
        # However long this run has waited, nothing since then may be passed over; a clock that was
        # set back makes it earlier still.
        last = min(self._looked_at, now)
        since = last - _OVERLAP
        if (oldest := self._history.oldest_open(last - _CHANGING)) is not None:
            since = min(since, oldest)
        # Nobody comes twice in a run, so only the tier has to count its own people.
        found = self._contacts(since, own=self._tier is not None)
        self._history.learn(self._known(found))
        self._looked_at = now

    def _contacts(self, since: int, *, own: bool = True) -> Iterator[Contact]:
        return self._ledger.contacts(since, self._run_id, sandbox=self._sandbox, own=own)

    def _known(self, contacts: Iterable[Contact]) -> Iterator[Known]:
        day_ago = time.time_ns() // 1_000_000 - tier.WINDOW * 1000
        for one, identity in self._by_person(contacts):
            own, chat = one.run_id == self._run_id, one.channel == Channel.WHATSAPP
            first = self._tier is not None and chat and one.initiated and one.at > day_ago
            is_open = one.state is State.SENDING
            claim = (one.run_id, one.number)
            yield Known(claim, identity, one.at, own, chat, first, one.counts, is_open)

    def _by_person(self, contacts: Iterable[Contact]) -> Iterator[tuple[Contact, str]]:
        """Yield each contact with the identity that the person has today."""
        left = iter(contacts)
        while page := list(islice(left, _PAGE)):
            identities = pl.Series([one.identity for one in page], dtype=pl.String)
            if self._kind == "number":
                # An earlier version kept the address only, in whichever form the list had it.
                identities = canonical(identities)
            yield from zip(page, identities.to_list(), strict=True)

    def _look_for_entries(self) -> None:
        entries = self._ledger.suppressions(self._kind, self._newest_entry)
        self._listed.add(entry.identity for entry in entries)
        if entries:
            self._newest_entry = entries[-1].added_at
