"""What is known of messages to the people of a list: how many, when, and whom they reached first.

Invariant: who may have got a message counts until it is known that they did not. Identities are
kept as eight bytes (this process's own hash of them) beside the time (`campaign.rules.settled`): a
million contacts take 16 megabytes. What came lately, and may still change, is kept apart: at most
that of six minutes, where it is much. Two threads may ask and tell at once.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable
from threading import Lock
from typing import NamedTuple

import polars as pl

from campaign.rules.settled import COLUMNS, Settled

MINUTE = 60_000
"""Milliseconds, as all times here are since 1970 UTC."""

_MOST_LATELY = 200_000
_LAST = 2**63 - 1


class Known(NamedTuple):
    """One message that somebody may have got.

    ``claim`` names it: the run and the number in it. ``own``: it is of the run that asks, in which
    nobody comes twice, so it counts only where people are counted. ``chat`` says that it went over
    WhatsApp, ``initiated`` that it was sent there lately while no window was known to be open.
    ``is_open``: it is under way, so what is known of it may change.
    """

    claim: tuple[int, int]
    identity: str
    at: int
    own: bool = False
    chat: bool = False
    initiated: bool = False
    counts: bool = True
    is_open: bool = False


class History:
    """Messages by person. ``people_for`` is how long, in milliseconds, a person is counted."""

    def __init__(self, people_for: int = 24 * 60 * MINUTE) -> None:
        self._people_for = people_for
        self._lock = Lock()
        self._settled = Settled()
        self._settled_until = 0
        self._looked_over = 0
        self._early_people: dict[int, int] = {}
        self._lately: dict[int, dict[tuple[int, int], Known]] = {}
        self._hopes: dict[tuple[int, int], Known] = {}
        # When each person was messaged first of all, the latest time of each.
        self._people: dict[int, int] = {}
        self._line: list[tuple[int, int]] = []
        self._open: dict[tuple[int, int], int] = {}
        self._newest = 0

    def begin(self, known: Iterable[Known]) -> None:
        """Take in what was settled long ago, once."""
        with self._lock:
            self._settle((hash(one.identity), one) for one in known if one.counts)

    def learn(self, known: Iterable[Known], *, hoped: bool = False) -> None:
        """Take in what came lately, or has changed; ``hoped`` is forgotten by :meth:`despair`."""
        with self._lock:
            for one in known:
                self._learn(one)
                if hoped:
                    self._hopes[one.claim] = one
                else:
                    self._hopes.pop(one.claim, None)
                    self._newest = max(self._newest, one.at)
            # Most of it is too new to be set aside, so it is looked over only once a minute.
            if len(self._lately) > _MOST_LATELY and self._newest >= self._looked_over + MINUTE:
                self._looked_over = self._newest
                self._set_aside()

    def despair(self) -> None:
        """Forget what was only hoped for: claims that were perhaps never written."""
        with self._lock:
            for one in self._hopes.values():
                self._learn(one._replace(counts=False))
            self._hopes.clear()

    def oldest_open(self, since: int) -> int | None:
        """Return when the first message that is under way was claimed, if there is one.

        What was claimed before ``since`` stays as it is known.
        """
        with self._lock:
            for claim in [claim for claim, at in self._open.items() if at < since]:
                del self._open[claim]
            return min(self._open.values(), default=None)

    def messages(self, identity: str, since: int) -> int:
        """Return how many messages a person may have got after ``since``."""
        who = hash(identity)
        with self._lock:
            lately = self._lately.get(who, {}).values()
            return self._settled.after(who, since) + sum(
                one.at > since and not one.own for one in lately
            )

    def latest_chat(self, identity: str) -> int | None:
        """Return when a person last got a chat message, if that is not long ago."""
        with self._lock:
            found = self._lately.get(hash(identity), {}).values()
            return max((one.at for one in found if one.chat and not one.own), default=None)

    def is_counted(self, identity: str, now: int) -> bool:
        """Return whether a person is one of those who were messaged first lately."""
        with self._lock:
            at = self._people.get(hash(identity))
        return at is not None and at > now - self._people_for

    def people(self, now: int) -> int:
        """Return how many people were messaged first lately."""
        with self._lock:
            return len(self._line) - bisect_right(self._line, (now - self._people_for, _LAST))

    def room_at(self, most: int, now: int) -> int:
        """Return when there are fewer than ``most`` such people; ``now`` where there are."""
        with self._lock:
            gone = bisect_right(self._line, (now - self._people_for, _LAST))
            last_in = len(self._line) - most
            return now if last_in < gone else self._line[last_in][0] + self._people_for

    def frame(self) -> pl.DataFrame:
        """Return every message of other runs as a row: the person's hash ``who``, and ``at``."""
        with self._lock:
            lately = [
                (who, one.at)
                for who, found in self._lately.items()
                for one in found.values()
                if not one.own
            ]
            early = self._settled.frame()
            return pl.concat([early, pl.DataFrame(lately, schema=COLUMNS, orient="row")])

    def counted(self, now: int) -> pl.Series:
        """Return the hashes of those who were messaged first lately."""
        with self._lock:
            found = [who for who, at in self._people.items() if at > now - self._people_for]
        return pl.Series("who", found, dtype=pl.Int64)

    def _learn(self, one: Known) -> None:
        who = hash(one.identity)
        if self._is_settled(who, one.at):
            return
        found = self._lately.setdefault(who, {})
        if one.counts:
            found[one.claim] = one
        else:
            found.pop(one.claim, None)
        if one.counts and one.is_open:
            self._open[one.claim] = one.at
        else:
            self._open.pop(one.claim, None)
        times = [at.at for at in found.values() if at.initiated]
        if who in self._early_people:
            times.append(self._early_people[who])
        self._count(who, max(times, default=None))
        if not found:
            del self._lately[who]

    def _is_settled(self, who: int, at: int) -> bool:
        """Return whether this message was set aside: a look may reach back behind it."""
        return at <= self._settled_until and self._settled.has(who, at)

    def _count(self, who: int, at: int | None) -> None:
        """Let a person's place in the line be at this time, or nowhere."""
        was = self._people.get(who)
        if was == at:
            return
        if was is not None:
            del self._line[bisect_left(self._line, (was, who))]
            del self._people[who]
        if at is not None:
            insort(self._line, (at, who))
            self._people[who] = at

    def _settle(self, found: Iterable[tuple[int, Known]]) -> None:
        """Set aside what will not change any more."""
        hashes, times = array("q"), array("q")
        for who, one in found:
            if not one.own:
                hashes.append(who)
                times.append(one.at)
                self._settled_until = max(self._settled_until, one.at)
            if one.initiated:
                latest = max(one.at, self._early_people.get(who, one.at))
                self._early_people[who] = latest
                self._count(who, max(latest, self._people.get(who, latest)))
        self._settled.add(pl.DataFrame({"who": hashes, "at": times}, schema=COLUMNS))

    def _set_aside(self) -> None:
        """Set aside what is settled, and long enough ago not to be told again."""
        old = [
            (who, one)
            for who, found in self._lately.items()
            for one in found.values()
            if not one.is_open and one.at < self._newest - 5 * MINUTE
        ]
        self._settle(old)
        for who, one in old:
            del self._lately[who][one.claim]
            if not self._lately[who]:
                del self._lately[who]


def hashes(identity: pl.Expr) -> pl.Expr:
    """Return the hashes by which a history knows people."""
    return identity.map_batches(
        lambda found: pl.Series(
            [None if one is None else hash(one) for one in found], dtype=pl.Int64
        ),
        return_dtype=pl.Int64,
    )
