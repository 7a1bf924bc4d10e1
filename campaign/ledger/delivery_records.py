"""What a ledger is told and what it tells of what came back. Times are milliseconds UTC."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Delivery(StrEnum):
    """How far a message came, the least first; the last one outweighs all others for good."""

    SENT = "sent"
    DELIVERED = "delivered"
    READ = "read"
    REPLIED = "replied"
    CLOSED = "closed"
    UNDELIVERED = "undelivered"


@dataclass(frozen=True, slots=True)
class Place:
    """A recipient of some run, as an event finds them; ``identity`` is the person's.

    ``made`` is when the message was made that was taken for ours by its address alone, 0 for one
    that the vendor's answer to us named.
    """

    run_id: int
    number: int
    claimed_at: int
    identity: str | None = None
    made: int = 0


@dataclass(frozen=True, slots=True)
class Observation:
    """One thing that happened to a recipient's message, or in the conversation that it began.

    ``claimed_at`` is the claim that it is of, ``None`` for the newest; ``made`` as in `Place`.
    """

    run_id: int
    number: int
    what: Delivery
    at: int
    code: str | None = None
    detail: str | None = None
    claimed_at: int | None = None
    made: int = 0


@dataclass(frozen=True, slots=True)
class Inbound:
    """A person wrote to us. ``sender`` is the address of ours that got it, "" where not said.

    ``provider`` is whose vendor told it.
    """

    kind: str
    identity: str
    channel: str
    sender: str
    at: int
    provider: str


@dataclass(frozen=True, slots=True)
class Unmatched:
    """An event that fits nobody whom the ledger knows yet. ``event`` is JSON without texts."""

    id: int
    kept_at: int
    event: str


@dataclass(frozen=True, slots=True)
class Deliveries:
    """How many recipients of a run stand where: ``silent`` are those of whom nothing was heard.

    All of them were accepted, scheduled, are unknown or failed; ``by_status`` counts the others.
    ``replied`` counts whoever ever answered, wherever the column stands by now.
    """

    by_status: Mapping[Delivery, int] = field(default_factory=dict)
    replied: int = 0
    silent: int = 0
