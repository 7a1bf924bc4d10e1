"""The ledger's contract: what may be written, by whom, and in which order.

Invariants, at every instant and through any failure:

1. A recipient is sent to only by who just claimed it: :meth:`Ledger.write` returns, for each
   claim, the number of the attempt it opened, or ``None`` when it may not be sent.
2. :meth:`Ledger.write` is durable when it returns, and all or nothing.
3. A claim without an outcome becomes ``unknown`` (:meth:`Ledger.recover`), never ``pending``.
4. Only the owner of the current lease may claim, settle or plan; an earlier owner gets
   :class:`~campaign.errors.LeaseLost`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol


class State(StrEnum):
    """Where a recipient stands. ``held`` and most of ``skipped`` come from the plan."""

    PENDING = "pending"
    SENDING = "sending"
    ACCEPTED = "accepted"
    SCHEDULED = "scheduled"
    FAILED = "failed"
    UNKNOWN = "unknown"
    SKIPPED = "skipped"
    HELD = "held"


@dataclass(frozen=True, slots=True)
class Run:
    """One execution of a definition, as the ledger knows it. Times are milliseconds UTC."""

    id: int
    name: str
    run: str
    created_at: int
    provider: str
    channel: str
    sandbox: bool
    plan_path: str | None
    plan_hash: str | None
    definition_hash: str | None
    definition: Mapping[str, str]
    list_hash: str | None
    planned: int
    sendable: int
    epoch: int
    owner_host: str | None
    owner_pid: int | None
    owned_since: int | None
    heartbeat_at: int | None


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to claim and settle in a run, until somebody takes it over."""

    run_id: int
    epoch: int
    owner: str


@dataclass(frozen=True, slots=True)
class PlanRecord:
    """What the ledger keeps of a frozen plan.

    ``definition`` maps each part of the definition to its hash. ``refusals`` counts the rows that
    the rules refused, by verdict (``skipped`` or ``held``) and reason.
    """

    path: str
    hash: str
    definition_hash: str
    definition: Mapping[str, str]
    list_hash: str
    planned: int
    sendable: int
    refusals: Mapping[tuple[str, str], int]


@dataclass(frozen=True, slots=True)
class Claim:
    """The wish to send to one recipient: its position in the plan, and its key."""

    number: int
    key: str


@dataclass(frozen=True, slots=True)
class Skip:
    """A recipient that a rule refused at the moment of sending."""

    number: int
    key: str
    reason: str


@dataclass(frozen=True, slots=True)
class Settlement:
    """The outcome of one attempt, and the state it leaves the recipient in.

    ``resend``: sending again can mend a failure (``None``: as the reason has it). ``not_before``
    is when a recipient that is ``held`` may be sent to, in milliseconds UTC.
    """

    number: int
    attempt: int
    state: State
    outcome: str
    started_at: int
    reason: str | None = None
    code: str | None = None
    detail: str | None = None
    provider_id: str | None = None
    http_status: int | None = None
    evidence: Mapping[str, Any] = field(default_factory=dict)
    resend: bool | None = None
    not_before: int | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """What a person, or a look-up at the vendor, decides about one recipient.

    ``was`` is the state that it holds for: a recipient that is no longer in that state is left
    alone. ``reason`` is the code to report; ``evidence`` what the decision rests on.
    """

    number: int
    was: State
    becomes: State
    reason: str
    who: str
    why: str | None = None
    code: str | None = None
    detail: str | None = None
    provider_id: str | None = None
    evidence: Mapping[str, Any] = field(default_factory=dict)
    resend: bool | None = None


@dataclass(frozen=True, slots=True)
class Decided:
    """A decision that was carried out; ``at`` is milliseconds UTC."""

    at: int
    was: str
    becomes: str
    who: str
    why: str | None
    evidence: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Entry:
    """What the ledger says of one recipient. Times are milliseconds UTC."""

    number: int
    key: str
    state: State
    reason: str | None
    code: str | None
    detail: str | None
    provider_id: str | None
    evidence: Mapping[str, Any]
    attempts: int
    claimed_at: int | None
    settled_at: int | None
    resend: bool | None
    not_before: int | None


@dataclass(frozen=True, slots=True)
class Attempt:
    """One HTTP exchange for one recipient. Times are milliseconds UTC."""

    attempt: int
    started_at: int
    ended_at: int
    outcome: str
    reason: str | None
    code: str | None
    http_status: int | None
    detail: str | None


@dataclass(frozen=True, slots=True)
class Counts:
    """How many rows of the list stand where; they always add up to ``planned``."""

    planned: int
    accepted: int
    scheduled: int
    failed: int
    unknown: int
    skipped: int
    held: int
    sending: int

    @property
    def pending(self) -> int:
        """What remains to be sent."""
        return self.planned - (
            self.accepted
            + self.scheduled
            + self.failed
            + self.unknown
            + self.skipped
            + self.held
            + self.sending
        )

    @property
    def sent(self) -> int:
        """How many recipients the vendor took."""
        return self.accepted + self.scheduled

    @property
    def done(self) -> int:
        """How many recipients have a final answer of this run."""
        return self.accepted + self.scheduled + self.failed + self.unknown

    def as_dict(self) -> dict[str, int]:
        """Return every bucket by name, ``planned`` first."""
        buckets = {state.value: getattr(self, state.value) for state in State}
        return {"planned": self.planned} | buckets


class Ledger(Protocol):
    """A store of claims, attempts and settled states."""

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

    def release_due(self, lease: Lease) -> int:
        """Make those pending who were held until a time that has come; return how many."""
        ...

    def next_due(self, run_id: int) -> int | None:
        """Return when the first of the held ones may be sent to, in milliseconds UTC."""
        ...

    def write(
        self,
        lease: Lease,
        *,
        claims: Sequence[Claim] = (),
        settlements: Sequence[Settlement] = (),
        skips: Sequence[Skip] = (),
    ) -> list[int | None]:
        """Write durably, all or nothing; return each claim's attempt number, or ``None``.

        Raises:
            LeaseLost: the run was taken over.
            LedgerError: the ledger cannot be written.
        """
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
        """Return every recipient in a state that the ledger keeps, in the order of the plan."""
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

    def states(self, run_id: int) -> Mapping[int, State]:
        """Return the state of everybody who was ever claimed or refused at the last moment."""
        ...

    def refused(self, run_id: int, number: int, reason: str) -> int:
        """Return how many attempts at a recipient were refused for this reason."""
        ...

    def skips(self, run_id: int) -> Mapping[int, str]:
        """Return who was refused at the moment of sending, with the reason code."""
        ...

    def decided(self, run_id: int, first: int, last: int) -> set[int]:
        """Return which recipients from ``first`` to ``last`` are not to be sent to any more."""
        ...

    def entries(self, run_id: int, first: int, last: int) -> Iterable[Entry]:
        """Return what the ledger says of the recipients from ``first`` to ``last``, in order."""
        ...

    def attempts(self, run_id: int, number: int) -> list[Attempt]:
        """Return the attempts for one recipient, in order."""
        ...
