"""The part of the ledger's contract about what came back: deliveries, replies, who is who.

Invariants: what is heard is merged so that neither order nor repetition matters (each time is the
earliest that was ever heard of the newest claim and, of the messages that can be ours, of the one
that was made first), so every one of these methods may be called again after any failure. None of
them needs a lease: nothing here decides who is sent to, and a run may go on meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Protocol

from campaign.ledger.delivery_records import (
    Deliveries,
    Inbound,
    Observation,
    Place,
    Unmatched,
)
from campaign.ledger.records import Entry


class Returned(Protocol):
    """What a store keeps of what came back."""

    def learn(
        self, provider: str, names: Callable[[Entry], Iterable[str]], *, sandbox: bool
    ) -> int:
        """Note by which ids the vendor knows the recipients that came since the last time.

        Of all runs of a provider, real ones or rehearsals. ``names`` gives the ids of one. Return
        how many recipients were new. Written part by part; whoever breaks it off goes on there.
        """
        ...

    def places_of_ids(
        self, provider: str, ids: Iterable[str], *, sandbox: bool
    ) -> Mapping[str, Sequence[Place]]:
        """Return whose conversations these are, the newest claim first.

        Of those that `learn` has seen; a conversation may be one that several runs went on with.
        """
        ...

    def add_ids(self, ids: Iterable[tuple[str, Place]]) -> None:
        """Note by which further ids messages are known, which only an event of theirs has told.

        What was said before of the same message, by its address, is said of this one.
        """
        ...

    def places_of_people(
        self, provider: str, identities: Iterable[str], *, sandbox: bool
    ) -> Mapping[str, Sequence[Place]]:
        """Return to whom of these people a run has written, the newest claim first.

        Who certainly got no message, by an answer or a decision, was not written to.
        """
        ...

    def hear(self, observations: Sequence[Observation]) -> int:
        """Merge what happened, durably, all or nothing; return how many recipients it changed.

        Of whoever was never claimed nothing can be heard, and nothing is kept; nor is anything of
        an earlier claim than the newest, or of a message that was made after the one that is known.
        """
        ...

    def heard_from(self, inbound: Sequence[Inbound]) -> None:
        """Keep when people last wrote to us; an earlier time changes nothing."""
        ...

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
        ...

    def taken_off(self, kind: str, identities: Iterable[str]) -> Mapping[str, int]:
        """Return when those entries of the suppression list that were taken off last were."""
        ...

    def keep_unmatched(
        self,
        provider: str,
        events: Sequence[str],
        *,
        sandbox: bool,
        same: Sequence[str] | None = None,
    ) -> None:
        """Keep events that fit nobody yet, each once.

        Two are the same where their texts of ``same`` are, by default where they are alike.
        """
        ...

    def unmatched(
        self, provider: str, *, sandbox: bool, after: int = 0, limit: int = 1000
    ) -> list[Unmatched]:
        """Return such events in the order in which they were kept, from an id on."""
        ...

    def drop_unmatched(self, ids: Sequence[int]) -> None:
        """Forget events, for they have been matched."""
        ...

    def forget_unmatched(self, provider: str, before: int, *, sandbox: bool) -> int:
        """Forget events that were kept before a time (milliseconds); return how many."""
        ...

    def count_unmatched(self, provider: str, *, sandbox: bool) -> int:
        """Return how many such events there are."""
        ...

    def looked_at(self, provider: str, *, sandbox: bool) -> int:
        """Return the id up to which the last look at a part of them came."""
        ...

    def set_looked_at(self, provider: str, last: int, *, sandbox: bool) -> None:
        """Keep up to which id a look came."""
        ...

    def posted(self, provider: str, names: Iterable[str], *, sandbox: bool) -> set[str]:
        """Return which of these posts were taken in before."""
        ...

    def keep_posted(self, provider: str, names: Iterable[str], *, sandbox: bool) -> None:
        """Keep for thirty days that these posts were taken in."""
        ...

    def cursor(self, run_id: int, source: str) -> str | None:
        """Return where the reading of a source goes on, ``None`` at its beginning."""
        ...

    def set_cursor(self, run_id: int, source: str, cursor: str | None) -> None:
        """Keep where the reading of a source goes on."""
        ...

    def deliveries(self, run_id: int) -> Deliveries:
        """Return how many recipients of a run stand where, as of one instant.

        Together they are all who were accepted, are scheduled or unknown, or failed; whoever is
        being sent to at this moment is among none of them yet.
        """
        ...
