"""By which names people and vendors know a recipient: learnt afterwards, never on the way out.

Invariant: whoever was claimed, and is not under way, is known by all names that the ledger has of
them when :meth:`Aliases.learn` returns. What was learnt before is found by comparing, so it may be
broken off anywhere, and several may learn at once.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from campaign.ledger.database import Row
from campaign.ledger.delivery_records import Place
from campaign.ledger.records import GIVEN_UP, Entry, State
from campaign.ledger.rows import entry_of, storable
from campaign.ledger.runs import Runs

PAGE = 5_000
"""Recipients that are noted in one transaction: short, for a run may wait for it to claim."""
_NEVER = 2**62
"""Behind every time."""
_VISIBLE_AFTER = 60_000
"""Milliseconds in which a claim becomes visible: a transaction, and clocks that are not equal."""
_WAITED_FOR = 3_600_000
"""Milliseconds for which the outcome of an open claim is waited for."""
_LONGEST = 500
"""Characters of the longest id that is noted: PostgreSQL's index takes no more than 2,700 bytes."""

Names = Callable[[Entry], Iterable[str]]
"""By which ids the vendor knows a recipient."""


class Aliases(Runs):
    """The part of a SQL ledger that knows whose conversation a vendor speaks of."""

    def learn(self, provider: str, names: Names, *, sandbox: bool) -> int:
        """Note by which ids the vendor knows the recipients that came since the last time.

        Return how many recipients were new, of all runs of the provider. Who was claimed since the
        moment before which everybody is known is compared one by one; that moment comes no nearer
        than a minute. A claim before it that is still open is noted and waited for, an hour at
        most: its process was killed, and the recipient is known by the address alone.
        """
        of = {"provider": provider, "sandbox": int(sandbox)}
        known = self._db.one("learned", **of)
        at, decision = (0, 0) if known is None else (known["claimed_at"], known["decision"])
        now = self._db.clock()
        # Before anything is read: what becomes visible later is for the next time.
        surely, waited_for = now - _VISIBLE_AFTER, now - _WAITED_FOR
        settled = self._db.one("settled_decision", at=now - _VISIBLE_AFTER)
        decided = 0 if settled is None else settled["id"]
        found = self._awaited(names, of, waited_for, claimed_at=at, decision=decision)
        for rows, until in self._claims(of, at):
            if rows or until is None:
                reached = surely if until is None else min(surely, until)
                is_open = [_is_open(row, waited_for) for row in rows]
                learnable = [row for row, still in zip(rows, is_open, strict=True) if not still]
                waiting = [
                    {name: row[name] for name in ("run_id", "number", "claimed_at")} | of
                    for row, still in zip(rows, is_open, strict=True)
                    if still and row["claimed_at"] <= reached
                ]
                found += self._note(
                    learnable, names, of, claimed_at=reached, decision=decision, waiting=waiting
                )
        for rows, until in self._decisions(of, decision):
            self._note(rows, names, of, claimed_at=surely, decision=min(decided, until))
        return found

    def _claims(
        self, of: Mapping[str, object], at: int
    ) -> Iterator[tuple[Sequence[Row], int | None]]:
        """Yield whom to learn of each page of claims, with its last time, ``None`` at the end."""
        after = {"at": at, "run_id": -1, "number": -1}
        while True:
            # Asked for first: a page that ends nowhere may be looked for behind all claims.
            end = self._db.one("end_of_page", **after, others=PAGE - 1)
            rows = self._db.all(
                "to_learn",
                **of,
                **after,
                until=_NEVER if end is None else end["claimed_at"],
                last_run=0 if end is None else end["run_id"],
                last_number=0 if end is None else end["number"],
                given_up=GIVEN_UP,
            )
            yield rows, None if end is None else end["claimed_at"]
            if end is None:
                return
            after = {"at": end["claimed_at"], "run_id": end["run_id"], "number": end["number"]}

    def _decisions(
        self, of: Mapping[str, object], after: int
    ) -> Iterator[tuple[Sequence[Row], int]]:
        """Yield who was decided about, page by page, with the last decision of each."""
        newest = self._db.one("newest_decision")
        last = 0 if newest is None else newest["id"]
        for first in range(after, last, PAGE):
            until = min(first + PAGE, last)
            rows = self._db.all("to_learn_of_decisions", **of, after=first, until=until)
            yield rows, until

    def _awaited(
        self,
        names: Names,
        of: Mapping[str, object],
        waited_for: int,
        *,
        claimed_at: int,
        decision: int,
    ) -> int:
        """Learn of the earlier claims that had no outcome; return how many people were new."""
        rows = self._db.all("came_of_awaited", **of, waited_for=waited_for, given_up=GIVEN_UP)
        found = 0
        for first in range(0, len(rows), PAGE):
            page = rows[first : first + PAGE]
            known = [row for row in page if row["person"] is not None]
            done = [
                {
                    "run_id": row["of_run"],
                    "number": row["of_number"],
                    "claimed_at": row["since"],
                    **of,
                }
                for row in page
            ]
            found += self._note(
                known, names, of, claimed_at=claimed_at, decision=decision, done=done
            )
        return found

    def _note(
        self,
        rows: Sequence[Row],
        names: Names,
        of: Mapping[str, object],
        *,
        claimed_at: int,
        decision: int,
        waiting: Sequence[Mapping[str, object]] = (),
        done: Sequence[Mapping[str, object]] = (),
    ) -> int:
        """Write a page and how far it leads; return how many people were new."""
        people, ids = {}, {}
        for row in rows:
            people[_alias(row, row["person"])] = row["claimed_at"]
            for name in map(storable, names(entry_of(row))):
                if name and len(name) <= _LONGEST:
                    ids[_alias(row, name)] = row["claimed_at"]

        def work() -> int:
            new = self._db.change("add_aliases", kind="person", aliases=_array(people))
            self._db.change("add_aliases", kind="id", aliases=_array(ids))
            self._db.change_all("wait_for", sorted(waiting, key=_claim))
            self._db.change_all("wait_no_more", done)
            self._db.change("set_learned", **of, claimed_at=claimed_at, decision=decision)
            return new

        return self._db.transact(work)

    def add_ids(self, ids: Iterable[tuple[str, Place]]) -> None:
        """Note by which further ids messages are known, which only an event of theirs has told.

        What was said before of the same message, by its address, is said of this one.
        """
        found: dict[tuple[str, int, int, int], int] = {}
        for name, place in ids:
            value = storable(name)
            if value and len(value) <= _LONGEST:
                alias = value, place.run_id, place.number, place.claimed_at
                found[alias] = min(found.get(alias, place.made), place.made)
        names = ("value", "run_id", "number", "claimed_at", "made")
        rows = [(*alias, made) for alias, made in sorted(found.items())]

        def work() -> None:
            self._db.change_all("same_message", [dict(zip(names, r, strict=True)) for r in rows])
            self._db.change("add_aliases", kind="id", aliases=json.dumps(rows))

        if rows:
            self._db.transact(work)

    def places_of_ids(
        self, provider: str, ids: Iterable[str], *, sandbox: bool
    ) -> Mapping[str, Sequence[Place]]:
        """Return whose conversations these are, the newest claim first.

        Of those that `learn` has seen; a conversation may be one that several runs went on with.
        """
        return self._places("places_of_ids", provider, ids, sandbox=sandbox)

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
            names_of_it = ("run_id", "number", "claimed_at", "identity", "made")
            place = Place(*(row[name] for name in names_of_it))
            found.setdefault(asked[row["value"]], []).append(place)
        return found


def _claim(row: Row) -> tuple[int, int, int]:
    return row["run_id"], row["number"], row["claimed_at"]


def _is_open(row: Row, waited_for: int) -> bool:
    return bool(row["state"] == State.SENDING.value and row["claimed_at"] >= waited_for)


def _alias(row: Row, value: str) -> tuple[str, int, int]:
    return value, row["run_id"], row["number"]


def _array(aliases: Mapping[tuple[str, int, int], int]) -> str:
    """Return them as a JSON array in one order.

    So two who learn at once do not wait for each other in a circle, and an index is read in order.
    """
    return json.dumps([[*alias, claimed_at, 0] for alias, claimed_at in sorted(aliases.items())])
