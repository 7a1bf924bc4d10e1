"""What is kept between two readings of what came back: where to go on, events that fit nobody,
and posts that count once.

Invariant: an event is kept once, however often it comes, and dropped by its age or by its own
number, which no other event ever gets.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence

from campaign.ledger.delivery_records import Unmatched
from campaign.ledger.rows import storable
from campaign.ledger.runs import Runs

_POSTED_FOR = 30 * 24 * 3_600_000
"""Milliseconds for which a post is known again."""


class LeftOver(Runs):
    """The part of a SQL ledger that lets the reading of what came back go on."""

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
        kept = [storable(event) or "" for event in events]
        known_by = kept if same is None else [storable(one) or "" for one in same]

        def work() -> None:
            now = self._db.clock()
            self._db.change_all(
                "keep_unmatched",
                [
                    {
                        "provider": provider,
                        "sandbox": int(sandbox),
                        "now": now,
                        "digest": hashlib.sha256(known.encode()).hexdigest(),
                        "event": event,
                    }
                    for event, known in zip(kept, known_by, strict=True)
                ],
            )

        self._db.transact(work)

    def unmatched(
        self, provider: str, *, sandbox: bool, after: int = 0, limit: int = 1000
    ) -> list[Unmatched]:
        """Return such events in the order in which they were kept, from an id on."""
        rows = self._db.all(
            "unmatched", provider=provider, sandbox=int(sandbox), after=after, rows=limit
        )
        return [Unmatched(row["id"], row["kept_at"], row["event"]) for row in rows]

    def drop_unmatched(self, ids: Sequence[int]) -> None:
        """Forget events, for they have been matched."""
        values = [{"id": each} for each in sorted(ids)]
        self._db.transact(lambda: self._db.change_all("drop_unmatched", values))

    def posted(self, provider: str, names: Iterable[str], *, sandbox: bool) -> set[str]:
        """Return which of these posts were taken in before."""
        asked = {storable(name): name for name in names}
        rows = self._db.all(
            "posted_among",
            provider=provider,
            sandbox=int(sandbox),
            names=json.dumps(sorted(filter(None, asked))),
        )
        return {asked[row["name"]] for row in rows}

    def keep_posted(self, provider: str, names: Iterable[str], *, sandbox: bool) -> None:
        """Keep for thirty days that these posts were taken in."""
        kept = sorted(filter(None, map(storable, names)))

        def work() -> None:
            now = self._db.clock()
            self._db.change("drop_posted", before=now - _POSTED_FOR)
            of = {"provider": provider, "sandbox": int(sandbox), "now": now}
            self._db.change_all("keep_posted", [{**of, "name": name} for name in kept])

        self._db.transact(work)

    def forget_unmatched(self, provider: str, before: int, *, sandbox: bool) -> int:
        """Forget events that were kept before a time (milliseconds); return how many."""
        of = {"provider": provider, "sandbox": int(sandbox), "before": before}
        return self._db.transact(lambda: self._db.change("forget_unmatched", **of))

    def count_unmatched(self, provider: str, *, sandbox: bool) -> int:
        """Return how many such events there are."""
        row = self._db.one("count_unmatched", provider=provider, sandbox=int(sandbox))
        return 0 if row is None else int(row["rows"])

    def looked_at(self, provider: str, *, sandbox: bool) -> int:
        """Return the id up to which the last look at a part of them came."""
        row = self._db.one("looked_at", provider=provider, sandbox=int(sandbox))
        return 0 if row is None else int(row["id"])

    def set_looked_at(self, provider: str, last: int, *, sandbox: bool) -> None:
        """Keep up to which id a look came."""
        of = {"provider": provider, "sandbox": int(sandbox), "id": last}
        self._db.transact(lambda: self._db.change("set_looked_at", **of))

    def cursor(self, run_id: int, source: str) -> str | None:
        """Return where the reading of a source goes on, ``None`` at its beginning."""
        row = self._db.one("cursor", run_id=run_id, source=source)
        return None if row is None else row["cursor"]

    def set_cursor(self, run_id: int, source: str, cursor: str | None) -> None:
        """Keep where the reading of a source goes on; ``None`` forgets it."""

        def work() -> None:
            if cursor is None:
                self._db.change("forget_cursor", run_id=run_id, source=source)
            else:
                self._db.change("set_cursor", run_id=run_id, source=source, cursor=cursor)

        self._db.transact(work)
