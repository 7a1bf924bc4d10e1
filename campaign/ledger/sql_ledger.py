"""A ledger in a SQL database: the same statements and the same order of them, whichever it is."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from campaign.ledger.aliases import Aliases
from campaign.ledger.contacts import Contacts
from campaign.ledger.exchanges import SqlExchanges
from campaign.ledger.hearing import Hearing
from campaign.ledger.invariants import broken, broken_tests
from campaign.ledger.left_over import LeftOver
from campaign.ledger.recipients import Recipients
from campaign.ledger.records import Attempt, Counts, Entry, State
from campaign.ledger.rows import attempt_of, entry_of
from campaign.ledger.suppressions import Suppressions
from campaign.ledger.team_sends import TeamSends

_COLUMNS = (
    *("number", "key", "state", "reason", "detail", "provider_id", "code", "attempts"),
    *("claimed_at", "settled_at"),
)
_PAGE = 20_000
"""So many recipients are asked for at once, of however many."""


class SqlLedger(
    Recipients, Suppressions, Contacts, TeamSends, SqlExchanges, Aliases, Hearing, LeftOver
):
    """A ledger in a :class:`~campaign.ledger.database.Database`.

    See :class:`~campaign.ledger.protocol.Ledger` for what its methods promise.
    """

    def counts(self, run_id: int) -> Counts:
        """Return how many rows stand where, as of one instant."""

        def work() -> tuple[int, Mapping[str, int], Counter[str]]:
            run = self._db.one("get_run", run_id=run_id)
            tally = {row["state"]: row["rows"] for row in self._db.all("tally", run_id=run_id)}
            refused = Counter[str]()
            for row in self._db.all("refusals", run_id=run_id):
                refused[row["state"]] += row["rows"]
            return (run["planned"] or 0) if run is not None else 0, tally, refused

        planned, tally, refused = self._db.at_one_instant(work)
        return Counts(
            planned=planned,
            accepted=tally.get(State.ACCEPTED, 0),
            scheduled=tally.get(State.SCHEDULED, 0),
            failed=tally.get(State.FAILED, 0),
            unknown=tally.get(State.UNKNOWN, 0),
            skipped=tally.get(State.SKIPPED, 0) + refused["skipped"],
            held=tally.get(State.HELD, 0) + refused["held"],
            sending=tally.get(State.SENDING, 0),
        )

    def reasons(self, run_id: int) -> Mapping[tuple[str, str], int]:
        """Return how many rows have each (state, reason)."""

        def work() -> Counter[tuple[str, str]]:
            found: Counter[tuple[str, str]] = Counter()
            for query in ("refusals", "reasons"):
                for row in self._db.all(query, run_id=run_id):
                    found[row["state"], row["reason"]] += row["rows"]
            return found

        return self._db.at_one_instant(work)

    def damage(self) -> list[str]:
        """Return what is wrong with the database itself."""
        return self._db.damage()

    def broken(self, run_id: int) -> list[str]:
        """Return which invariants the run breaks, as of one instant."""
        return self._db.at_one_instant(lambda: list(broken(self._db, run_id)))

    def broken_tests(self, name: str) -> list[str]:
        """Return which invariants the test messages of a campaign break."""
        return list(broken_tests(self._db, name))

    def refused(self, run_id: int, number: int, reason: str) -> int:
        """Return how many attempts at a recipient were refused for this reason."""
        row = self._db.one("refused", run_id=run_id, number=number, reason=reason)
        return 0 if row is None else int(row["times"])

    def decided(self, run_id: int, first: int, last: int) -> Sequence[int]:
        """Return which recipients from ``first`` to ``last`` are not to be sent to any more."""
        (row,) = self._db.all("decided", run_id=run_id, first=first, last=last)
        numbers: list[int] = json.loads(row["numbers"])
        return numbers

    def in_state(self, run_id: int, state: State) -> Iterator[Entry]:
        """Yield every recipient in a state that the ledger keeps; a page at a time is in memory."""
        if state is not State.PENDING and not self._in_tally(run_id, state):
            return
        after, found = -1, _PAGE
        while found == _PAGE:
            rows = self._db.all(
                "in_state", run_id=run_id, state=state.value, after=after, page=_PAGE
            )
            found = len(rows)
            for entry in map(entry_of, rows):
                after = entry.number
                yield entry

    def entries(self, run_id: int, first: int, last: int) -> Iterable[Entry]:
        """Return what the ledger says of the recipients from ``first`` to ``last``."""
        rows = self._db.all("recipients", run_id=run_id, first=first, last=last)
        return [entry_of(row) for row in rows]

    def columns(self, run_id: int, first: int, last: int) -> Mapping[str, Sequence[Any]]:
        """Return what the ledger says of the recipients from ``first`` to ``last``, by column."""

        def work() -> Mapping[str, Sequence[Any]]:
            (row,) = self._db.all("columns", run_id=run_id, first=first, last=last)
            found: dict[str, Sequence[Any]] = {name: json.loads(row[name]) for name in _COLUMNS}
            return {**found, **self._came_back(run_id, first, last, found["number"])}

        return self._db.at_one_instant(work)

    def attempts(self, run_id: int, number: int) -> list[Attempt]:
        """Return the attempts for one recipient."""
        rows = self._db.all("attempts", run_id=run_id, number=number)
        return [attempt_of(row) for row in rows]
