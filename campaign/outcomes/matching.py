"""Whose is it? From what a vendor says happened to the recipient of a run that it happened to.

Invariant: an event is tied to somebody by an id that the vendor gave for their message, and by an
address only where nothing else fits the event: a reply to the newest message in the thirty days
before it, what is said of a message to a claim in the two minutes before its making. Of several
such messages only the first is ours; the ledger sees to that, in whichever order they are told of.
Nothing is guessed; an event that fits nobody stays unmatched.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from campaign.ledger.delivery_records import Delivery, Observation, Place
from campaign.ledger.records import Entry
from campaign.ledger.returned import Returned
from campaign.outcomes.people import People
from campaign.providers.heard import Happening, Heard

REPLY = 30 * 24 * 3600 * 1000
"""Milliseconds after a message in which what a person writes is taken for the answer to it."""
MADE = 2 * 60 * 1000
"""Milliseconds after our claim in which a message is made that may be ours by its address."""
_CLOCKS = 5_000
"""Milliseconds by which an event may seem to be before the claim that it is of."""
_WRONG_CLOCK = 2 * 60 * 1000
"""The same for an event of an id that no earlier claim has."""
_WHOLE_SECONDS = 999
"""Milliseconds; some vendors write whole seconds, and cut off the rest."""

_OF_A_MESSAGE = frozenset(
    {Happening.SENT, Happening.DELIVERED, Happening.READ, Happening.UNDELIVERED}
)

_LEARN_EVERY = 1.0
"""Seconds; each time costs a look at what was claimed of late."""

Names = Callable[[Entry], Iterable[str]]
"""By which ids a vendor's events name the conversation or the message of a recipient."""


@dataclass(frozen=True, slots=True)
class Account:
    """Of whose account the events are, and how they are read. ``sandbox``: of rehearsals."""

    provider: str
    people: People
    names: Names
    sandbox: bool


class Matching:
    """Finds the recipients of one account's events, of all its runs in a ledger."""

    def __init__(self, ledger: Returned, account: Account) -> None:
        self._ledger = ledger
        self._account = account
        self._learnt_at = -math.inf

    def places(self, events: Sequence[Heard]) -> list[Place | None]:
        """Return whose each event is, ``None`` where it fits nobody yet.

        Raises:
            LedgerError: the ledger cannot be read or written.
        """
        found = self._by_ids(events)
        if None not in found:
            return found
        # Before any address is looked at: the newest message to somebody may be one that is not
        # indexed yet, and an older one would get what belongs to it.
        if time.monotonic() - self._learnt_at >= _LEARN_EVERY:
            self.learn()
        left = [number for number, place in enumerate(found) if place is None]
        for number, place in zip(left, self._by_ids([events[n] for n in left]), strict=True):
            found[number] = place
        left = [number for number in left if found[number] is None]
        for number, place in zip(left, self._by_people([events[n] for n in left]), strict=True):
            found[number] = place
        return found

    def learn(self) -> None:
        """Let the ledger index whoever came since the last time.

        Raises:
            LedgerError: the ledger cannot be read or written.
        """
        account = self._account
        self._ledger.learn(account.provider, account.names, sandbox=account.sandbox)
        self._learnt_at = time.monotonic()

    def _by_ids(self, events: Sequence[Heard]) -> list[Place | None]:
        wanted = {one for event in events for one in event.ids}
        if not wanted:
            return [None] * len(events)
        account = self._account
        known = self._ledger.places_of_ids(account.provider, wanted, sandbox=account.sandbox)
        places = [_of_its_ids(event, known) for event in events]
        self._note(
            (event, place)
            for event, place in zip(events, places, strict=True)
            if event.message is not None
            and place is not None
            and place not in known.get(event.message, ())
        )
        return places

    def _by_people(self, events: Sequence[Heard]) -> list[Place | None]:
        identities = self._account.people.of(events)
        wanted = {one for one in identities if one is not None}
        if not wanted:
            return [None] * len(events)
        account = self._account
        known = self._ledger.places_of_people(account.provider, wanted, sandbox=account.sandbox)
        places = [
            None if identity is None else _of_its_person(event, known.get(identity, ()))
            for event, identity in zip(events, identities, strict=True)
        ]
        self._note((e, place) for e, place in zip(events, places, strict=True) if place is not None)
        return places

    def _note(self, found: Iterable[tuple[Heard, Place]]) -> None:
        """Let the ledger know the ids of messages by which their next events are told."""
        self._ledger.add_ids(
            [
                (event.message, place)
                for event, place in found
                if event.message is not None and event.happening in _OF_A_MESSAGE
            ]
        )


def observation(event: Heard, place: Place) -> Observation:
    """Return what the ledger is told of an event."""
    said = event.happening is Happening.UNDELIVERED
    return Observation(
        place.run_id,
        place.number,
        Delivery(event.happening.value),
        milliseconds(event.at),
        event.code if said else None,
        event.detail if said else None,
        claimed_at=place.claimed_at,
        made=place.made,
    )


def milliseconds(moment: datetime) -> int:
    """Return a moment as the ledger writes it."""
    return round(moment.timestamp() * 1000)


def _of_its_ids(event: Heard, known: Mapping[str, Sequence[Place]]) -> Place | None:
    """Return whom the first of the event's ids names that can be meant.

    What happened long before our message is of an earlier one in the same conversation; of what is
    said of a message it counts when that was made.
    """
    made = event.began if event.happening in _OF_A_MESSAGE else None
    at = milliseconds(made or event.at)
    named = (_newest(known[one], at) for one in event.ids if one in known)
    place = next((one for one in named if one is not None), None)
    if place is None:
        return None
    # Any of its ids may be the one that the vendor's answer to us named.
    who = replace(place, made=0)
    same = (one for name in event.ids for one in known.get(name, ()) if replace(one, made=0) == who)
    return min(same, key=lambda one: one.made)


def _newest(places: Sequence[Place], at: int) -> Place | None:
    """Return the newest claim of an id that an event of this time can be of."""
    found = next((one for one in places if one.claimed_at - _CLOCKS <= at), None)
    if found is None and places[-1].claimed_at - _WRONG_CLOCK <= at:
        return places[-1]
    return found


def _of_its_person(event: Heard, places: Sequence[Place]) -> Place | None:
    """Return which of the messages to one person, the newest first, the event belongs to."""
    at = milliseconds(event.at)
    if event.happening is Happening.REPLIED:
        after = at + _WHOLE_SECONDS
        return next((one for one in places if 0 <= after - one.claimed_at <= REPLY), None)
    if event.began is None:
        return None
    began = milliseconds(event.began)
    soon = (one for one in places if -_CLOCKS <= began - one.claimed_at <= MADE)
    place = next(soon, None)
    # In whole seconds, as some of a vendor's interfaces tell it and others do not.
    return None if place is None else replace(place, made=max(1, began // 1000 * 1000))
