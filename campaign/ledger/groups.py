"""A group that is written in two steps: its statements at once, its commit by another thread.

Invariant: nothing of a group is durable, nor seen by anybody else, before its ``commit`` returns.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypedDict, TypeVar, Unpack

from campaign.ledger.gate import Gate
from campaign.ledger.records import Claim, Lease, Settlement, Skip

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Begun(Generic[T]):
    """A transaction that is open; ``result`` is what was done in it.

    ``commit`` makes it durable. It is called once, by any thread, and raises
    :class:`~campaign.errors.LedgerError` where that failed: then nothing of it was written. Until
    it returns, everybody else in this process who wants the ledger waits; so whoever cannot call
    it calls ``undo``, after which nothing was written.
    """

    result: T
    commit: Callable[[], None]
    undo: Callable[[], None]


class Group(TypedDict, total=False):
    """What is written together, all or nothing; the ``gate`` is asked about the claims."""

    claims: Sequence[Claim]
    settlements: Sequence[Settlement]
    skips: Sequence[Skip]
    gate: Gate | None


class Groups(Protocol):
    """The part of a ledger that writes claims and outcomes."""

    def write(self, lease: Lease, **group: Unpack[Group]) -> list[int | None]:
        """Write durably, all or nothing; return each claim's attempt number, or ``None``.

        Whom the ``gate`` turns away is not claimed, and has
        :data:`~campaign.ledger.gate.TURNED_AWAY` in its place.

        Raises:
            LeaseLost: the run was taken over.
            LedgerError: the ledger cannot be written.
        """
        ...

    def begin(self, lease: Lease, **group: Unpack[Group]) -> Begun[list[int | None]] | None:
        """Do what :meth:`write` does but for the commit, or return ``None`` if that may take long.

        It never waits: not for another process, nor for another thread, nor for a server. Where it
        would have to, nothing was done, and :meth:`write` is the way.

        Raises:
            LeaseLost: the run was taken over; nothing was written.
            LedgerError: the ledger cannot be written; nothing was.
        """
        ...
