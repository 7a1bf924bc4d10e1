"""What a SQL ledger needs of its database: named statements, durable transactions, a clock."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from campaign.ledger.groups import Begun

T = TypeVar("T")

Row = Mapping[str, Any]
"""A row by the names of its columns."""


@dataclass(frozen=True, slots=True)
class Home:
    """Where a ledger's file lives: the machine, and the file's number on its file system."""

    machine: str
    file: str
    file_system: str

    def is_same(self, other: Home) -> bool:
        """Return whether both are one file, also after its volume was moved to another machine.

        A copy is another file. The number of a file may be the same on another file system by
        chance, and the number of a file system may change when a machine starts again; one of
        both, or the machine, has to be the same too.
        """
        return self.file == other.file and (
            self.file_system == other.file_system or self.machine == other.machine
        )


class Database(Protocol):
    """A database with the ledger's tables.

    Every statement is one of ``sql/ledger.sql``, by name. Each method raises
    :class:`~campaign.errors.LedgerError` when the database cannot be read or written.
    """

    title: str
    """The ledger in a sentence: "the ledger /srv/campaign-ledger.db"."""

    writers_wait: bool
    """Whether nobody else writes between the beginning and the end of a transaction."""

    def close(self) -> None:
        """Close the connection."""
        ...

    def transact(self, work: Callable[[], T]) -> T:
        """Do ``work`` in one durable transaction: all of it, or nothing.

        ``work`` may be done again from its beginning when the database lost what it had done, so
        it changes nothing but the database.
        """
        ...

    def begin(self, work: Callable[[], T]) -> Begun[T] | None:
        """Do ``work`` in a transaction and leave it open; or nothing, and return ``None``.

        Nothing is done where somebody would have to be waited for.
        """
        ...

    def at_one_instant(self, work: Callable[[], T]) -> T:
        """Read everything in ``work`` as of the same instant, whatever other processes write."""
        ...

    def all(self, query: str, /, **values: object) -> Sequence[Row]:
        """Return every row of a query."""
        ...

    def one(self, query: str, /, **values: object) -> Row | None:
        """Return the first row of a query, if any."""
        ...

    def change(self, query: str, /, **values: object) -> int:
        """Change rows, within :meth:`transact`; return how many."""
        ...

    def change_each(
        self, query: str, values: Iterable[Mapping[str, object]]
    ) -> Sequence[Row | None]:
        """Do a statement for each of ``values``, in order; return what each returned, if a row."""
        ...

    def change_all(self, query: str, values: Sequence[Mapping[str, object]]) -> int:
        """Do a statement that returns nothing for each of ``values``; return how many it changed.

        Cheaper than :meth:`change_each`, for many.
        """
        ...

    def clock(self) -> int:
        """Return the time in milliseconds since 1970 UTC, by the clock that all owners share."""
        ...

    def damage(self) -> list[str]:
        """Return what the database itself finds wrong with its pages and references."""
        ...

    def home(self) -> Home | None:
        """Return where the ledger's file is now; ``None`` where it is no file."""
        ...
