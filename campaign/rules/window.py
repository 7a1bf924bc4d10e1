"""WhatsApp's 24-hour customer service window.

Free-form text, or an agent's own first message, may be sent only within 24 hours of the person's
last message to the business; outside it only an approved template (Meta, Cloud API, "Send
messages"). Invariant: a window is open only when that is known; a time that is missing, cannot be
read, has no offset, or lies in the future is no knowledge. It is judged when the plan is made, for
the forecast, and again right before each message, because a slow campaign outlives the window. What
the list says and what the ledger has heard since are one knowledge: the later of the two.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import polars as pl

LENGTH = timedelta(hours=24)
LAST_INBOUND = "_last_inbound"
"""Microseconds since 1970 UTC of the recipient's last message, or null."""

UNREADABLE = "the time cannot be read; write it as 2026-11-20T10:00+01:00, or set window.timezone"

_WITH_OFFSET = ("%Y-%m-%dT%H:%M:%S%.f%#z", "%Y-%m-%dT%H:%M%#z")
_WITHOUT_OFFSET = ("%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%dT%H:%M")

_PLAIN = (
    r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[T ](?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]"
    r"(?:Z|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])$"
)
"""How nearly all programs write a time: its parts stand at fixed places."""
_LOCAL = len("2026-11-20T10:00:00")
_HOUR, _MINUTE = 3_600_000_000, 60_000_000


@dataclass(frozen=True, slots=True)
class Window:
    """How to judge the window.

    ``matters``: the channel has one and something that needs it would be sent. ``column`` holds
    the time of the last inbound message; ``None`` when the list does not say. ``margin`` is how
    much must be left of it. ``timezone`` is the zone of times without an offset.
    """

    matters: bool
    column: str | None = None
    margin: timedelta = timedelta(minutes=10)
    timezone: str | None = None

    @property
    def _reach(self) -> int:
        """How long ago, in microseconds, a message still keeps the window open."""
        return (LENGTH - self.margin) // timedelta(microseconds=1)

    def with_times(self, frame: pl.LazyFrame) -> pl.LazyFrame:
        """Add :data:`LAST_INBOUND`."""
        if self.column is None:
            return frame.with_columns(pl.lit(None, dtype=pl.Int64).alias(LAST_INBOUND))
        read = pl.col(self.column).map_batches(
            self._read, return_dtype=pl.Int64, is_elementwise=True
        )
        return frame.with_columns(read.alias(LAST_INBOUND))

    def _read(self, cells: pl.Series) -> pl.Series:
        """Return the time of each cell in microseconds; only what is not plain is parsed."""
        read = _plainly_read(cells)
        others = (read.is_null() & cells.is_not_null()).arg_true()
        if others.is_empty():
            return read
        return read.scatter(others, self._parsed(cells.gather(others)))

    def _parsed(self, cells: pl.Series) -> pl.Series:
        # One spelling of all: 2026-11-20 10:00 +0100, 2026-11-20T10:00Z, ...
        text = (
            cells.str.replace(r"^(\d{4}-\d\d-\d\d)[ t]", "${1}T")
            .str.replace(r"\s*(?:Z|z|UTC)$", "+00:00")
            .str.replace(r"\s+([+-])", "${1}")
        )
        readings = [
            text.str.to_datetime(form, time_unit="us", time_zone="UTC", strict=False)
            for form in _WITH_OFFSET
        ]
        if self.timezone is not None:
            readings += [
                text.str.to_datetime(form, time_unit="us", strict=False)
                .dt.replace_time_zone(self.timezone, ambiguous="earliest", non_existent="null")
                .dt.convert_time_zone("UTC")
                for form in _WITHOUT_OFFSET
            ]
        return pl.select(pl.coalesce(readings).dt.epoch("us")).to_series()

    def with_known(
        self, frame: pl.LazyFrame, known: pl.DataFrame | None, now: float
    ) -> pl.LazyFrame:
        """Let :data:`LAST_INBOUND` be the later of what the list says and what is known besides.

        ``known`` has ``identity``, sorted, and ``at`` in microseconds. What lies in the future at
        ``now`` (seconds since 1970 UTC) is no knowledge, and hides none.
        """
        if known is None or known.is_empty():
            return frame
        at = int(now * 1_000_000)
        people, times = known["identity"], known["at"]

        def written(identities: pl.Series) -> pl.Series:
            place = people.search_sorted(identities.fill_null("")).clip(upper_bound=len(people) - 1)
            found = pl.DataFrame({"at": times.gather(place), "there": people.gather(place)})
            return found.select(
                pl.when((pl.col("there") == identities) & (pl.col("at") <= at)).then("at")
            ).to_series()

        told = pl.col(LAST_INBOUND)
        known_at = pl.col("_identity").map_batches(
            written, return_dtype=pl.Int64, is_elementwise=True
        )
        latest = pl.max_horizontal(pl.when(told <= at).then(told), known_at)
        return frame.with_columns(pl.coalesce(latest, told).alias(LAST_INBOUND))

    def unreadable(self) -> pl.Expr:
        """Return where the list has something in the cell, but no time that can be read."""
        if self.column is None:
            return pl.lit(False)
        return pl.col(self.column).is_not_null() & pl.col(LAST_INBOUND).is_null()

    def expression(self, now: float) -> pl.Expr:
        """Return whether each row's window is open at ``now`` (seconds since 1970 UTC)."""
        at = int(now * 1_000_000)
        last = pl.col(LAST_INBOUND)
        return (last.is_not_null() & (last <= at) & (at < last + self._reach)).fill_null(False)

    def is_open(self, last_inbound: int | None, now: float) -> bool:
        """Return the same for one recipient; ``now`` in seconds since 1970 UTC."""
        if last_inbound is None:
            return False
        at = int(now * 1_000_000)
        return last_inbound <= at < last_inbound + self._reach


def _plainly_read(cells: pl.Series) -> pl.Series:
    """Return the time of each plain cell in microseconds, else null; ten times faster than parsing.

    Null too where there is no such day: whoever reads the rest finds that out.
    """
    plain = pl.select(pl.when(cells.str.contains(_PLAIN)).then(cells)).to_series()
    local, offset = plain.str.slice(0, _LOCAL), plain.str.slice(_LOCAL)
    read = _at(local, "T")
    if read.null_count() > plain.null_count():
        read = read.zip_with(read.is_not_null(), _at(local, " "))
    # Nearly all columns have one offset, or a summer's and a winter's.
    ahead = {one: _ahead(one) for one in offset.unique().drop_nulls()}
    if len(ahead) > 1:
        return read - offset.replace_strict(ahead, return_dtype=pl.Int64)
    return read - sum(ahead.values())


def _at(local: pl.Series, between: str) -> pl.Series:
    form = f"%Y-%m-%d{between}%H:%M:%S"
    return local.str.to_datetime(form, time_unit="us", strict=False, cache=False).dt.epoch("us")


def _ahead(offset: str) -> int:
    """Return by how many microseconds a plain offset is ahead of UTC."""
    if offset == "Z":
        return 0
    ahead = int(offset[1:3]) * _HOUR + int(offset[4:6]) * _MINUTE
    return -ahead if offset[0] == "-" else ahead
