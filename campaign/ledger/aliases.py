"""By which names people and vendors know a recipient: learnt afterwards, never on the way out.

Invariant: whoever was claimed, and is not under way, is known by all names that the ledger has of
them when :meth:`Aliases.learn` returns. What was learnt before is found by comparing, so it may be
broken off anywhere, and several may learn at once.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from campaign.ledger.database import Row
from campaign.ledger.delivery_records import Place
from campaign.ledger.records import GIVEN_UP, Entry
from campaign.ledger.rows import entry_of, storable
from campaign.ledger.runs import Runs

PAGE = 5_000
"""Recipients that are noted in one transaction: short, for a run may wait for it to claim."""
_VISIBLE_AFTER = 60_000
"""Milliseconds in which a claim becomes visible: a transaction, and clocks that are not equal."""
_WAITED_FOR = 3_600_000
"""Milliseconds for which the outcome of an open claim is waited for."""
_LONGEST = 500
"""Characters of the longest id that is noted: PostgreSQL's index takes no more than 2,700 bytes."""


class Aliases(Runs):
    """The part of a SQL ledger that knows whose conversation a vendor speaks of."""

    def learn(
        self, provider: str, names: Callable[[Entry], Iterable[str]], *, sandbox: bool
    ) -> int:
        """Note by which ids the vendor knows the recipients that came since the last time.

        Return how many recipients were new, of all runs of the provider. Who was claimed since the
        moment before which everybody is known is compared one by one; that moment comes no nearer
        than a minute, nor behind a claim that is still open (unless it has been for an hour: its
        process was killed, and the recipient is known by the address alone).
        """
        of = {"provider": provider, "sandbox": int(sandbox)}
        known = self._db.one("learned", **of)
        at, decision = (0, 0) if known is None else (known["claimed_at"], known["decision"])
        now = self._db.clock()
        waited_for = now - _WAITED_FOR
        # Before anything is read: what becomes visible later is for the next time.
        surely = self._surely(of, at, now)
        settled = self._db.one("settled_decision", at=now - _VISIBLE_AFTER)
        decided = 0 if settled is None else settled["id"]

        def of_claims(last: Row | None) -> Sequence[Row]:
            return self._db.all(
                "to_learn",
                **of,
                at=at if last is None else last["claimed_at"],
                run_id=-1 if last is None else last["run_id"],
                number=-1 if last is None else last["number"],
                waited_for=waited_for,
                given_up=GIVEN_UP,
                rows=PAGE,
            )

        def of_decisions(last: Row | None) -> Sequence[Row]:
            after = decision if last is None else last["decision"]
            return self._db.all("to_learn_of_decisions", **of, decision=after, rows=PAGE)

        found = 0
        for rows, is_last in _pages(of_claims):
            until = surely if is_last else min(surely, rows[-1]["claimed_at"])
            found += self._note(rows, names, of, claimed_at=until, decision=decision)
        for rows, is_last in _pages(of_decisions):
            until = decided if is_last else min(decided, rows[-1]["decision"])
            if rows or until > decision:
                self._note(rows, names, of, claimed_at=surely, decision=until)
        return found

    def _surely(self, of: Mapping[str, object], since: int, now: int) -> int:
        """Return the moment before which nobody will have to be looked at again."""
        surely = now - _VISIBLE_AFTER
        if self._db.one("any_open_claim", **of) is None:
            return surely
        first = self._db.one("oldest_open_claim", **of, since=max(since, now - _WAITED_FOR))
        return surely if first is None else min(surely, first["at"])

    def _note(
        self,
        rows: Sequence[Row],
        names: Callable[[Entry], Iterable[str]],
        of: Mapping[str, object],
        *,
        claimed_at: int,
        decision: int,
    ) -> int:
        """Write a page and how far it leads; return how many people were new."""
        people = [_alias("person", row, row["person"]) for row in rows]
        ids = [
            _alias("id", row, name)
            for row in rows
            for name in {storable(name) for name in names(entry_of(row))}
            if name and len(name) <= _LONGEST
        ]
        # In one order, so that two who learn at once do not wait for each other in a circle, and
        # the pages of an index are read once.
        people.sort(key=_order)
        ids.sort(key=_order)

        def work() -> int:
            new = self._db.change_all("add_alias", people)
            self._db.change_all("add_alias", ids)
            self._db.change("set_learned", **of, claimed_at=claimed_at, decision=decision)
            return new

        return self._db.transact(work)

    def places_of_ids(
        self, provider: str, ids: Iterable[str], *, sandbox: bool
    ) -> Mapping[str, Place]:
        """Return whose conversations these are, of those that `learn` has seen.

        A conversation that several runs went on with belongs to the newest claim.
        """
        found = self._places("places_of_ids", provider, ids, sandbox=sandbox)
        return {name: places[0] for name, places in found.items()}

    def places_of_people(
        self, provider: str, identities: Iterable[str], *, sandbox: bool
    ) -> Mapping[str, Sequence[Place]]:
        """Return to whom of these people a run has written, the newest claim first.

        Who certainly got no message, by an answer or a decision, was not written to.
        """
        return self._places(
            "places_of_people", provider, identities, sandbox=sandbox, given_up=GIVEN_UP
        )

    def _places(
        self, query: str, provider: str, names: Iterable[str], *, sandbox: bool, **more: object
    ) -> dict[str, list[Place]]:
        asked = {storable(name): name for name in names}
        rows = self._db.all(
            query,
            names=json.dumps(sorted(filter(None, asked))),
            provider=provider,
            sandbox=int(sandbox),
            **more,
        )
        found: dict[str, list[Place]] = {}
        for row in rows:
            place = Place(row["run_id"], row["number"], row["claimed_at"])
            found.setdefault(asked[row["value"]], []).append(place)
        return found


def _pages(read: Callable[[Row | None], Sequence[Row]]) -> Iterator[tuple[Sequence[Row], bool]]:
    """Yield what there is to learn, some at a time, with whether it is the last, maybe empty."""
    last: Row | None = None
    while True:
        rows = read(last)
        is_last = len(rows) < PAGE
        yield rows, is_last
        if is_last:
            return
        last = rows[-1]


def _alias(kind: str, row: Row, value: str | None) -> dict[str, Any]:
    return {
        "kind": kind,
        "value": value,
        "run_id": row["run_id"],
        "number": row["number"],
        "claimed_at": row["claimed_at"],
    }


def _order(alias: Mapping[str, Any]) -> tuple[str, int, int]:
    return alias["value"], alias["run_id"], alias["number"]
