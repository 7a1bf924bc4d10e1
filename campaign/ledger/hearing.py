"""What was heard of the messages and from the people, merged so that order never matters.

Invariant: of each thing that happened the earliest time is kept, and of each person's messages to
us the latest. Both are the same whichever is heard first, and however often. What was heard is
taken back only where it was of an earlier claim, or of a message that was made after ours.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from campaign.ledger.delivery_records import Deliveries, Delivery, Inbound, Observation
from campaign.ledger.rows import storable
from campaign.ledger.runs import Runs

COLUMNS = (
    *("delivery", "sent_at", "delivered_at", "read_at", "replied_at", "closed_at"),
    *("undelivered_at", "delivery_code", "delivery_detail"),
)
"""What came back of a recipient's message, as columns; ``delivery`` is how far it came."""

PAGE = 20_000
"""People that are read at a time."""
_TIMES = {what: f"{what.value}_at" for what in Delivery if what is not Delivery.UNDELIVERED}
_OF_THE_CONVERSATION = frozenset({Delivery.REPLIED, Delivery.CLOSED})
_NO_MESSAGE = 2**63 - 1
"""When a message was made of which nothing was said."""
_Said: TypeAlias = tuple[int, int, int | None, int]
"""Of which recipient, claim and message something was said."""
_COUNTED = ("accepted", "scheduled", "failed", "unknown")


class Hearing(Runs):
    """The part of a SQL ledger that keeps what came back of whom."""

    def hear(self, observations: Sequence[Observation]) -> int:
        """Merge what happened, durably, all or nothing; return how many recipients it changed.

        Of whoever was never claimed nothing can be heard, and nothing is kept; nor is anything of
        an earlier claim than the newest, or of a message that was made after the one that is known.
        """
        times: dict[_Said, dict[str, int | None]] = {}
        undelivered: dict[_Said, Observation] = {}
        for one in observations:
            who = _said(one)
            if one.what is Delivery.UNDELIVERED:
                undelivered[who] = min(undelivered.get(who, one), one, key=_first)
                continue
            known = times.setdefault(who, dict.fromkeys(_TIMES.values()))
            earliest = known[_TIMES[one.what]]
            known[_TIMES[one.what]] = one.at if earliest is None else min(earliest, one.at)
        heard = [_values(who) | times[who] for who in sorted(times, key=_order)]
        lost = [_values(who) | _lost(undelivered[who]) for who in sorted(undelivered, key=_order)]

        def work() -> int:
            rows = [
                *self._db.change_each("hear", heard),
                *self._db.change_each("hear_undelivered", lost),
            ]
            return len({(row["run_id"], row["number"]) for row in rows if row is not None})

        return self._db.transact(work)

    def deliveries(self, run_id: int) -> Deliveries:
        """Return how many recipients of a run stand where, as of one instant.

        Together they are all who were accepted, are scheduled or unknown, or failed; whoever is
        being sent to at this moment is among none of them yet.
        """

        def work() -> Deliveries:
            rows = self._db.all("deliveries", run_id=run_id)
            tally = {row["state"]: row["rows"] for row in self._db.all("tally", run_id=run_id)}
            by_status = Counter({Delivery(row["status"]): int(row["rows"]) for row in rows})
            return Deliveries(
                by_status=by_status,
                replied=sum(int(row["replied"]) for row in rows),
                silent=sum(tally.get(state, 0) for state in _COUNTED) - by_status.total(),
            )

        return self._db.at_one_instant(work)

    def heard_from(self, inbound: Sequence[Inbound]) -> None:
        """Keep when people last wrote to us; an earlier time changes nothing."""
        values = [
            {
                "kind": one.kind,
                "channel": one.channel,
                "identity": storable(one.identity),
                "provider": one.provider,
                "sender": storable(one.sender),
                "at": one.at,
            }
            for one in sorted(inbound, key=lambda one: (one.identity, one.provider, one.sender))
        ]
        self._db.transact(lambda: self._db.change_all("heard_from", values))

    def last_inbound(
        self,
        kind: str,
        channel: str,
        senders: Sequence[str] | None = None,
        *,
        provider: str | None = None,
        since: int = 0,
    ) -> Iterator[tuple[str, int]]:
        """Yield each person's identity with when they last wrote to one of these senders.

        Messages of which the provider's vendor did not say whom they were for count only if it has
        never said so of any. ``senders`` of ``None`` are all of the provider's, a ``provider`` of
        ``None`` is every one; then messages to nobody knows which number count, too.
        """
        of = {"kind": kind, "channel": channel, "provider": provider or ""}
        nameless = int(self._db.one("names_senders", **of) is None)
        after = ""
        while True:
            rows = self._db.all(
                "last_inbound",
                **of,
                nameless=nameless,
                any_sender=int(senders is None),
                senders=json.dumps(list(senders or ())),
                since=since,
                after=after,
                rows=PAGE,
            )
            for row in rows:
                yield row["identity"], row["at"]
            if len(rows) < PAGE:
                return
            after = rows[-1]["identity"]

    def _came_back(
        self, run_id: int, first: int, last: int, numbers: Sequence[int]
    ) -> Mapping[str, Sequence[Any]]:
        """Return what came back of these recipients, by column; of most nothing did at first."""
        columns: dict[str, list[Any]] = {name: [None] * len(numbers) for name in COLUMNS}
        if self._db.one("any_delivery", run_id=run_id, first=first, last=last) is None:
            return columns
        (row,) = self._db.all("delivery_columns", run_id=run_id, first=first, last=last)
        heard: list[int] = json.loads(row["number"])
        places = {number: place for place, number in enumerate(numbers)}
        here = [places.get(number) for number in heard]
        for name, column in columns.items():
            for place, value in zip(here, json.loads(row[name]), strict=True):
                if place is not None:  # else something is broken, which `verify` names
                    column[place] = value
        return columns


def _said(one: Observation) -> _Said:
    made = _NO_MESSAGE if one.what in _OF_THE_CONVERSATION else one.made
    return one.run_id, one.number, one.claimed_at, made


def _order(who: _Said) -> tuple[int, int, int, int]:
    run_id, number, claimed_at, made = who
    return run_id, number, -1 if claimed_at is None else claimed_at, made


def _values(who: _Said) -> dict[str, int | None]:
    return dict(zip(("run_id", "number", "claimed_at", "made"), who, strict=True))


def _lost(one: Observation) -> dict[str, Any]:
    return {
        "at": one.at,
        "code": storable(one.code),
        "detail": storable(one.detail),
    }


def _first(one: Observation) -> tuple[int, bool, str, bool, str]:
    """Return what decides whose reason is kept, as the statement ``hear_undelivered`` has it."""
    code, detail = storable(one.code), storable(one.detail)
    return one.at, code is None, code or "", detail is None, detail or ""
