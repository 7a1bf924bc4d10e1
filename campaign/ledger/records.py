"""What a ledger is told and what it tells: plain records, whose times are milliseconds UTC."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


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
    """The wish to send to one recipient: its position in the plan, and its key.

    ``identity`` is the normalised address, by which other runs know the same person; ``None`` where
    the key is that already. ``initiated``: the message goes out although no window is known to be
    open. ``address`` is what is sent to, for the gate to judge by and not written down; ``None``
    where it is the identity.
    """

    number: int
    key: str
    identity: str | None = None
    initiated: bool | None = None
    address: str | None = None


@dataclass(frozen=True, slots=True)
class Skip:
    """A recipient that a rule refused at the moment of sending.

    ``not_before``, in milliseconds UTC, says that the rule refuses only until then: the recipient
    is held, and not skipped.
    """

    number: int
    key: str
    reason: str
    not_before: int | None = None


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
class Suppression:
    """Somebody on the ledger's own list of those who must not be messaged.

    ``identity`` is the normalised address, or ``sha256:`` and the SHA-256 of it in hexadecimal;
    ``added_at`` is milliseconds UTC.
    """

    identity: str
    added_at: int
    who: str
    why: str | None


@dataclass(frozen=True, slots=True)
class Contact:
    """What a run did about one recipient, as other runs may know it.

    ``identity`` is the normalised address; ``at`` when the latest attempt was claimed, in
    milliseconds UTC; ``initiated`` says that no window was known to be open. ``given_up``: they
    were unknown until a person decided to skip them, which says nothing of what they got.
    """

    run_id: int
    number: int
    identity: str
    at: int
    initiated: bool
    state: State
    channel: str
    given_up: bool = False

    @property
    def counts(self) -> bool:
        """Whether the recipient may have got the message."""
        return self.state in REACHED or self.given_up


REACHED = frozenset({State.SENDING, State.ACCEPTED, State.SCHEDULED, State.UNKNOWN})
"""The states in which a recipient may have got the message."""

GIVEN_UP = "resolved_skip"
"""The reason of the one skip that may hide a message: a person gave up an unknown recipient."""


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
