"""Is it a decent hour where they are? Quiet hours, in the recipient's own time zone.

Invariant: nobody gets a message at a time that is quiet in any zone in which they may be. Who has
no zone at all is held, unless the definition says where to count them: to guess an hour is to wake
somebody up.
"""

from __future__ import annotations

import polars as pl

from campaign.rules.context import Context, Finding, when
from campaign.rules.local_hours import FARTHEST, QuietCalendar
from campaign.rules.moment import FORESEEN, Hold, Who

LEAD = 10.0
"""Seconds that a request may take from the question until it leaves: the hours end them earlier."""

_UNREADABLE = "the time zone cannot be read; write an IANA name such as Europe/Berlin"

State = tuple[str, float] | None
"""The reason to wait and until when; ``None`` where nothing is in the way."""


def zone_known(context: Context) -> Finding | None:
    """Hold everybody whose time zone nobody knows, where there are quiet hours."""
    if not context.hold_unknown_zone:
        return None
    detail = pl.when(pl.col("_zone_unreadable")).then(pl.lit(_UNREADABLE))
    return Finding(
        when(pl.col("_zones").is_null(), "unknown_timezone"),
        column=pl.lit(context.timezone, dtype=pl.String),
        detail=detail,
    )


class OutsideQuietHours:
    """The same at a moment; ``instead`` is the zone of those who have none, or ``None`` to hold.

    Many share zones and country, and the clocks of no two zones differ by parts of a minute, so an
    answer is kept for all of them until the minute is over.
    """

    def __init__(self, calendar: QuietCalendar, instead: str | None = None) -> None:
        self._calendar = calendar
        self._instead = instead
        self._minutes = (-1, -1)
        self._known: dict[tuple[str | None, str | None], State] = {}

    @property
    def name(self) -> str:
        """What the rule is called in a forecast."""
        return "quiet_hours"

    def objection(self, who: Who, now: float) -> Hold | None:
        """Hold somebody until it is quiet in none of their zones."""
        state = self._state(who.zones, who.region, now)
        return None if state is None else Hold(*state)

    def foreseen(self, rows: pl.LazyFrame, now: float) -> pl.LazyFrame:
        """Add a column with the reason code that each row would get at ``now``, or null.

        ``rows`` are those of a plan.
        """

        def reasons(batch: pl.Series) -> pl.Series:
            found = []
            for zones, region in zip(
                batch.struct.field("zones"), batch.struct.field("region"), strict=True
            ):
                state = self._state(zones, region, now)
                found.append(None if state is None else state[0])
            return pl.Series(batch.name, found, dtype=pl.String)

        whose = pl.struct("zones", "region")
        distinct = (
            rows.select("zones", "region")
            .unique()
            .with_columns(
                whose.map_batches(reasons, return_dtype=pl.String).alias(FORESEEN + self.name)
            )
        )
        return rows.join(
            distinct,
            on=["zones", "region"],
            how="left",
            nulls_equal=True,
            maintain_order="left",
        )

    def _state(self, zones: str | None, region: str | None, now: float) -> State:
        minutes = (int(now // 60), int((now + LEAD) // 60))
        if self._minutes != minutes:
            self._minutes = minutes
            self._known = {}
        key = (zones, region)
        if key not in self._known:
            self._known[key] = self._judged(zones, region, now)
        return self._known[key]

    def _judged(self, zones: str | None, region: str | None, now: float) -> State:
        names = (zones or self._instead or "").split(",")
        if names == [""]:
            return "unknown_timezone", now + FARTHEST
        opens = self._calendar.next_open(now, names, region, LEAD)
        if opens is None:
            # Several zones that are never outside the quiet hours together say nothing.
            reason = "quiet_hours" if len(names) == 1 else "unknown_timezone"
            return reason, now + FARTHEST
        return ("quiet_hours", opens) if opens > now else None
