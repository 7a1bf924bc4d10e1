"""Taking in what was heard: who wants no more messages, who wrote, and whose message came how far.

Invariants: whoever asks to be left alone is on the suppression list before anything else is done
with the events that came along; all that is written may be written again without a change, so a
failure in the middle is mended by taking the same events in once more; and no text of a person is
kept. A rehearsal's people are made up: it puts nobody on the list and opens no real window.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from campaign.audience.addresses import AddressKind
from campaign.audience.variants import forms_of
from campaign.ledger.delivery_records import Inbound, Place
from campaign.ledger.protocol import Ledger
from campaign.ledger.wishes import why_of_wish
from campaign.message.opt_out import wish
from campaign.outcomes.matching import Account, Matching, milliseconds, observation
from campaign.outcomes.once import new_among, taken_in
from campaign.outcomes.unmatched import kept, read, same
from campaign.providers.heard import Happening, Heard
from campaign.rules.suppression import entries_of

_KEPT_FOR = 30 * 24 * 3600 * 1000
_PAGE = 1000
_AT_A_TIME = 5_000
"""Events that fitted nobody and are tried again by one look; the next one goes on behind them."""
_CLOCKS_DIFFER = 2 * 60 * 1000
"""Milliseconds; who wrote so shortly before they were taken off may have written afterwards."""


def _now() -> int:
    return time.time_ns() // 1_000_000


@dataclass(frozen=True, slots=True)
class Taken:
    """How many events were taken in, and what they came to.

    ``changed`` recipients are known further than before, ``unmatched`` events fit nobody yet,
    ``opted_out`` people are new on the suppression list (of a rehearsal: would be).
    """

    events: int = 0
    changed: int = 0
    unmatched: int = 0
    opted_out: int = 0

    def __add__(self, other: Taken) -> Taken:
        return Taken(
            self.events + other.events,
            self.changed + other.changed,
            self.unmatched + other.unmatched,
            self.opted_out + other.opted_out,
        )


@dataclass(frozen=True, slots=True)
class TriedAgain:
    """Events that fitted nobody and were tried again.

    ``tried`` is how many were, up to the id ``last``; ``matched`` of them fit somebody now.
    ``dropped`` were too old to keep, ``left`` remain. All up to ``settled`` have been kept for a
    while: an answer that is still missing will not come soon.
    """

    matched: int = 0
    changed: int = 0
    dropped: int = 0
    left: int = 0
    settled: int = 0
    opted_out: int = 0
    tried: int = 0
    last: int = 0


@dataclass(frozen=True, slots=True)
class _Writer:
    """Somebody who wrote to us, in one event."""

    event: Heard
    identity: str
    sender: str


class Intake:
    """Takes in the events of one account.

    ``who`` is named on the suppression list; ``now`` returns milliseconds since 1970 UTC. Whoever
    was taken off the list is not put back by what they wrote before that, however late it is heard.
    """

    def __init__(
        self,
        ledger: Ledger,
        account: Account,
        who: str,
        now: Callable[[], int] = _now,
    ) -> None:
        self._ledger = ledger
        self._account = account
        self._matching = Matching(ledger, account)
        self._who = who
        self._now = now

    def take(self, events: Sequence[Heard]) -> Taken:
        """Write down what events say, durably.

        Raises:
            LedgerError: the ledger cannot be read or written; to be taken in again.
        """
        events = new_among(self._ledger, self._account, events)
        if not events:
            return Taken()
        writers = self._writers(events)
        opted_out = self._leave_alone(writers)
        self._keep_inbound(writers)
        places = self._matching.places(events)
        nameless = self._without_address(events, places)
        opted_out += self._leave_alone(nameless)
        self._keep_inbound(nameless)
        pairs = list(zip(events, places, strict=True))
        found = [observation(event, place) for event, place in pairs if place is not None]
        changed = self._ledger.hear(found) if found else 0
        oldest = self._now() - _KEPT_FOR
        left = [e for e, place in pairs if place is None and milliseconds(e.at) >= oldest]
        if left:
            self._ledger.keep_unmatched(
                self._account.provider,
                [kept(event) for event in left],
                sandbox=self._account.sandbox,
                same=[same(event) for event in left],
            )
        taken_in(self._ledger, self._account, events)
        return Taken(len(events), changed, len(left), opted_out)

    def try_again(self) -> TriedAgain:
        """Try some of what fitted nobody once more, and forget what is too old.

        However many there are, a look costs no more than a certain number of them: it goes on where
        the last one stopped, and so all have their turn.

        Raises:
            LedgerError: the ledger cannot be read or written.
        """
        provider, sandbox = self._account.provider, self._account.sandbox
        before = self._ledger.looked_at(provider, sandbox=sandbox)
        found = self.look_again(before, most=_AT_A_TIME)
        if before and found.tried < _AT_A_TIME:
            rest = self.look_again(0, most=_AT_A_TIME - found.tried, until=before)
            found = replace(
                found,
                matched=found.matched + rest.matched,
                changed=found.changed + rest.changed,
                opted_out=found.opted_out + rest.opted_out,
                tried=found.tried + rest.tried,
                last=rest.last,
            )
        if found.last != before:
            self._ledger.set_looked_at(provider, found.last, sandbox=sandbox)
        dropped = self.forget_old()
        left = self._ledger.count_unmatched(provider, sandbox=sandbox)
        return replace(found, dropped=dropped, left=left)

    def forget_old(self) -> int:
        """Forget what has fitted nobody for thirty days; return how many events.

        Raises:
            LedgerError: the ledger cannot be written.
        """
        provider, sandbox = self._account.provider, self._account.sandbox
        return self._ledger.forget_unmatched(provider, self._now() - _KEPT_FOR, sandbox=sandbox)

    def look_again(
        self, after: int, *, most: int, until: int | None = None, settled_before: int = 0
    ) -> TriedAgain:
        """Try what fitted nobody once more, from behind an id of the ledger on, up to another.

        ``settled_before`` is the time (milliseconds) before which what was kept counts as settled,
        ``most`` how many are tried.

        Raises:
            LedgerError: the ledger cannot be read or written.
        """
        account, total = self._account, TriedAgain(last=after)
        self._matching.learn()
        while total.tried < most:
            page = self._ledger.unmatched(
                account.provider,
                sandbox=account.sandbox,
                after=total.last,
                limit=min(_PAGE, most - total.tried),
            )
            page = [one for one in page if until is None or one.id <= until]
            if not page:
                break
            events = [read(one.event) for one in page]
            pairs = list(zip(page, events, self._matching.places(events), strict=True))
            nameless = self._without_address(events, [place for *_, place in pairs])
            opted_out = self._leave_alone(nameless)
            self._keep_inbound(nameless)
            found = [observation(event, place) for _, event, place in pairs if place is not None]
            changed = self._ledger.hear(found) if found else 0
            matched = [one.id for one, _, place in pairs if place is not None]
            if matched:
                self._ledger.drop_unmatched(matched)
            settled = [one.id for one in page if one.kept_at < settled_before]
            total = TriedAgain(
                matched=total.matched + len(matched),
                changed=total.changed + changed,
                left=total.left + len(page) - len(matched),
                settled=max([total.settled, *settled]),
                opted_out=total.opted_out + opted_out,
                tried=total.tried + len(page),
                last=page[-1].id,
            )
        return total

    def _writers(self, events: Iterable[Heard]) -> list[_Writer]:
        people = self._account.people
        wrote = [event for event in events if event.happening is Happening.REPLIED]
        found = zip(wrote, people.of(wrote), people.senders(wrote), strict=True)
        return [_Writer(event, one, sender) for event, one, sender in found if one is not None]

    def _without_address(
        self, events: Sequence[Heard], places: Sequence[Place | None]
    ) -> list[_Writer]:
        """Return who wrote without a readable address, known by whose conversation it is."""
        people = self._account.people
        wrote = [
            (event, place)
            for event, place in zip(events, places, strict=True)
            if event.happening is Happening.REPLIED and place is not None
        ]
        said = [event for event, _ in wrote]
        return [
            _Writer(event, place.identity, sender)
            for (event, place), one, sender in zip(
                wrote, people.of(said), people.senders(said), strict=True
            )
            if one is None and place.identity is not None
        ]

    def _leave_alone(self, writers: Sequence[_Writer]) -> int:
        """Put those who wrote nothing but an opt-out word on the suppression list."""
        wishes: dict[tuple[AddressKind, str], set[str]] = {}
        for kind, word, writer in self._wishes(writers):
            why = why_of_wish(word, writer.event.at)
            wishes.setdefault((kind, why), set()).add(writer.identity)
        new = 0
        for (kind, why), people in wishes.items():
            entries = {one: entries_of(one, one) for one in people}
            there = self._ledger.suppressed_among(kind, set().union(*entries.values()))
            left = [one for one, forms in entries.items() if forms.isdisjoint(there)]
            if left and not self._account.sandbox:
                self._ledger.suppress(kind, left, who=self._who, why=why)
            new += len(left)
        return new

    def _wishes(self, writers: Sequence[_Writer]) -> Iterator[tuple[AddressKind, str, _Writer]]:
        """Yield who wishes to be left alone, but for what was written before a removal."""
        found: dict[AddressKind, list[tuple[str, _Writer]]] = {}
        for writer in writers:
            if (word := wish(writer.event.text)) is not None:
                kind = self._account.people.kind(writer.event)
                found.setdefault(kind, []).append((word, writer))
        for kind, wishes in found.items():
            entries = {one.identity: _entries(one.identity) for _, one in wishes}
            removed = self._ledger.taken_off(kind, set().union(*entries.values()))
            for word, writer in wishes:
                last = max((removed.get(one, 0) for one in entries[writer.identity]), default=0)
                if milliseconds(writer.event.at) > last - _CLOCKS_DIFFER:
                    yield kind, word, writer

    def _keep_inbound(self, writers: Sequence[_Writer]) -> None:
        if self._account.sandbox:
            return
        people = self._account.people
        found = [
            Inbound(
                kind=people.kind(one.event),
                identity=one.identity,
                channel=people.channel(one.event).value,
                sender=one.sender,
                at=milliseconds(one.event.at),
                provider=self._account.provider,
            )
            for one in writers
        ]
        if found:
            self._ledger.heard_from(found)


def _entries(identity: str) -> set[str]:
    """Return every entry that may have stood for a person, in whichever form of their number."""
    return set[str]().union(*(entries_of(one, one) for one in forms_of(identity)))
