"""The ledger's contract: what may be written, by whom, and in which order.

Invariants, at every instant and through any failure:

1. A recipient is sent to only by who just claimed it: :meth:`Ledger.write` returns, for each
   claim, the number of the attempt it opened, or ``None`` when it may not be sent.
2. :meth:`Ledger.write` is durable when it returns, and all or nothing; what :meth:`Ledger.begin`
   did is so when its ``commit`` returns.
3. A claim without an outcome becomes ``unknown`` (:meth:`Ledger.recover`), never ``pending``.
4. Only the owner of the current lease may claim, settle or plan; an earlier owner gets
   :class:`~campaign.errors.LeaseLost`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol

from campaign.ledger.exchanges import Exchanges
from campaign.ledger.groups import Groups
from campaign.ledger.records import (
    Attempt,
    Contact,
    Counts,
    Decided,
    Decision,
    Entry,
    Lease,
    PlanRecord,
    Run,
    Skip,
    State,
    Suppression,
)
from campaign.ledger.returned import Returned
from campaign.ledger.team_records import TeamClaim, TeamSend
from campaign.ledger.traffic import Traffic


class Ledger(Groups, Traffic, Exchanges, Returned, Protocol):
    """A store of claims, attempts and settled states, and of what came back."""

    def close(self) -> None:
        """Close the store; a lease that is still held stays held."""
        ...

    def find_run(self, name: str, run: str) -> Run | None:
        """Return a run by its name."""
        ...

    def latest_run(self, name: str, *, sandbox: bool) -> Run | None:
        """Return the newest run of a campaign."""
        ...

    def run_names(self, name: str, *, newest: int | None = None) -> list[str]:
        """Return the names of a campaign's runs, the newest first; only so many, if asked."""
        ...

    def ensure_run(self, name: str, run: str, *, provider: str, channel: str, sandbox: bool) -> Run:
        """Return the run, made now if there is none of that name."""
        ...

    def acquire(self, run_id: int, *, takeover: bool = False) -> Lease:
        """Take the run; ``takeover`` makes a copied ledger the original from now on.

        Raises:
            RunHeld: another process holds it and gives signs of life.
            InvalidInput: the ledger is a copy, and ``takeover`` was not said.
        """
        ...

    def is_held(self, run_id: int) -> bool:
        """Return whether a process that gives signs of life holds the run now."""
        ...

    def beat(self, lease: Lease) -> None:
        """Give a sign of life.

        Raises:
            LeaseLost: the run was taken over.
        """
        ...

    def release(self, lease: Lease) -> None:
        """Give the run back; nothing happens when it was taken over meanwhile."""
        ...

    def set_plan(self, lease: Lease, plan: PlanRecord) -> None:
        """Freeze the plan.

        Raises:
            LedgerError: somebody may already have been sent to under the earlier plan.
        """
        ...

    def replace_plan(self, lease: Lease, plan: PlanRecord, skips: Sequence[Skip]) -> None:
        """Give the run another plan although somebody was sent to.

        Whoever has a row in the ledger has the same number and key in the new plan. ``skips`` are
        those of them who were pending and are not to be sent to any more.
        """
        ...

    def may_replan(self, run_id: int) -> bool:
        """Return whether nobody has been sent to, or refused, under the run's plan."""
        ...

    def recover(self, lease: Lease) -> int:
        """Turn claims without an outcome into ``unknown``; return how many there were."""
        ...

    def release_due(self, lease: Lease, now: int | None = None, *, ours: bool = False) -> int:
        """Make those pending who were held until a time that has come; return how many.

        ``now`` is milliseconds UTC, by default the clock's. ``ours``: everybody too whom a rule
        held before any attempt, for the rules to judge anew.
        """
        ...

    def next_due(self, run_id: int) -> int | None:
        """Return when the first of the held ones may be sent to, in milliseconds UTC."""
        ...

    def decide(self, lease: Lease, decisions: Sequence[Decision]) -> int:
        """Carry out decisions, all or nothing; return how many found their recipient.

        Raises:
            LeaseLost: the run was taken over.
            LedgerError: the ledger cannot be written.
        """
        ...

    def decisions(self, run_id: int, number: int) -> list[Decided]:
        """Return what was decided about one recipient, in order."""
        ...

    def in_state(self, run_id: int, state: State) -> Iterable[Entry]:
        """Return every recipient in a state that the ledger keeps, in the order of the plan.

        They are read while they are gone through: whoever is decided about meanwhile may be missed.
        """
        ...

    def note(self, lease: Lease, what: str, detail: str | None = None) -> None:
        """Write down something that happened to the run as a whole."""
        ...

    def events(self, run_id: int) -> list[tuple[int, str, str | None]]:
        """Return what was noted: time in milliseconds UTC, what, detail."""
        ...

    def counts(self, run_id: int) -> Counts:
        """Return how many rows stand where."""
        ...

    def reasons(self, run_id: int) -> Mapping[tuple[str, str], int]:
        """Return how many rows have each (state, reason), from the plan and from sending."""
        ...

    def damage(self) -> list[str]:
        """Return what is wrong with the store itself, in sentences."""
        ...

    def broken(self, run_id: int) -> list[str]:
        """Return which invariants the run breaks, in sentences, as of one instant."""
        ...

    def broken_tests(self, name: str) -> list[str]:
        """Return which invariants the test messages of a campaign break, in sentences."""
        ...

    def refused(self, run_id: int, number: int, reason: str) -> int:
        """Return how many attempts at a recipient were refused for this reason."""
        ...

    def decided(self, run_id: int, first: int, last: int) -> Sequence[int]:
        """Return which recipients from ``first`` to ``last`` are not to be sent to any more."""
        ...

    def entries(self, run_id: int, first: int, last: int) -> Iterable[Entry]:
        """Return what the ledger says of the recipients from ``first`` to ``last``, in order."""
        ...

    def columns(self, run_id: int, first: int, last: int) -> Mapping[str, Sequence[Any]]:
        """Return what the ledger says of the recipients from ``first`` to ``last``, by column.

        They are fields of ``Entry``, and :data:`~campaign.ledger.hearing.COLUMNS`, in one order.
        """
        ...

    def attempts(self, run_id: int, number: int) -> list[Attempt]:
        """Return the attempts for one recipient, in order."""
        ...

    def claim_test(self, claim: TeamClaim) -> int:
        """Write down, durably, that a test message is about to leave; return its number.

        It belongs to no run, and no count of a run includes it.
        """
        ...

    def settle_test(
        self,
        number: int,
        state: State,
        *,
        reason: str | None = None,
        code: str | None = None,
        detail: str | None = None,
        provider_id: str | None = None,
    ) -> None:
        """Write down what became of a test message.

        Raises:
            LedgerError: it was settled before, or there is none of this number.
        """
        ...

    def last_test(self, name: str, address: str, *, sandbox: bool) -> TeamSend | None:
        """Return the newest test message of a campaign to an address."""
        ...

    def contacts(
        self, since: int, run_id: int, *, sandbox: bool, own: bool = True
    ) -> Iterator[Contact]:
        """Yield who was claimed at or after ``since`` (milliseconds UTC), the earliest first.

        ``run_id`` is the run that asks, 0 for one that has not begun: a real run sees all real
        runs, a rehearsal (``sandbox``) only itself. Without ``own`` its own claims are left out.
        """
        ...

    def contacts_of_one(
        self, identity: str, run_id: int, *, since: int, until: int, sandbox: bool
    ) -> list[Contact]:
        """Return the claims of one person between two moments that :meth:`contacts` tells a run.

        Its own are left out; the earliest comes first.
        """
        ...

    def suppress(
        self, kind: str, identities: Iterable[str], *, who: str, why: str | None = None
    ) -> set[str]:
        """Add identities to the ledger's own suppression list; return those that are new.

        ``kind`` is what the identities are: ``number``, ``email`` or ``user_id``. All or nothing.
        """
        ...

    def unsuppress(self, kind: str, identities: Iterable[str]) -> set[str]:
        """Take identities off that list; return those that were on it. All or nothing."""
        ...

    def suppressed_among(self, kind: str, identities: Iterable[str]) -> set[str]:
        """Return those of the identities that are on that list, without reading the others."""
        ...

    def suppressions(self, kind: str, after: int = 0) -> list[Suppression]:
        """Return the entries that became visible after a time, in that order."""
        ...
