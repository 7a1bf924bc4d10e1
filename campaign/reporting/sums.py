"""What a report counts, added up part by part.

Invariant: what is kept does not grow with the list, but for three numbers and four short words of
each person who answered, of which medians are made: a median is exact, and cannot be added up.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import polars as pl

from campaign.ledger.records import State
from campaign.plan.beside import LEDGER
from campaign.plan.frozen import SEND, Plan
from campaign.plan.variants import VARIANT
from campaign.reporting.holdout import Wrote
from campaign.reporting.stopped import COLUMN

DIMENSIONS = ("variant", "country", "form", "hour")
"""What the people of a run are told apart by; ``form`` is what their message consists of."""

COUNTED = (
    *("rows", "sendable", "claimed", "accepted", "delivered", "read", "responded", "closed"),
    *("undelivered", "not_responded", "responded_else", "silent", "stopped", "refused", "came"),
    *("told_delivered", "told_read"),
)
"""How many people …; see :func:`_marks`."""

PLAN_COLUMNS = (VARIANT, "region", "form", "identity")
_SENT = [State.ACCEPTED.value, State.SCHEDULED.value]
_TOLD_OF = [*_SENT, State.FAILED.value, State.UNKNOWN.value]
_HOLDOUT = "holdout"


def columns_of(plan: Plan) -> list[str]:
    """Return which columns of the plan are counted by; one of an earlier version has fewer."""
    return [name for name in PLAN_COLUMNS if name in plan.columns]


class Sums:
    """Counts of one run, or of several.

    ``wrote`` is who wrote to us by themselves in the time of the run, where it has a holdout.
    """

    def __init__(self, zone: str, wrote: Wrote | None = None, *, runs: int = 1) -> None:
        self._zone = zone
        self._wrote = wrote
        self.runs = runs
        self._by: list[pl.DataFrame] = []
        self._states: list[pl.DataFrame] = []
        self._codes: list[pl.DataFrame] = []
        self._answers: list[pl.DataFrame] = []
        self._first: list[int] = []
        self._last: list[int] = []
        self.held_out = 0
        self.held_out_wrote = 0
        self.held_out_later = 0
        self._recipients_wrote = 0

    def add(self, rows: pl.DataFrame) -> None:
        """Count some rows as they stand."""
        if rows.is_empty():
            return
        marked = rows.select(self._marks(rows.columns))
        self._by.append(pl.concat([_by(marked, name) for name in ("all", *DIMENSIONS)]))
        self._states.append(marked.group_by("state", "reason").len("people"))
        self._codes.append(_codes(marked))
        self._answers.append(
            marked.filter("responded").select(
                *(pl.col(name).cast(pl.Categorical) for name in DIMENSIONS), "first", "resolution"
            )
        )
        times = marked["at"].drop_nulls()
        if len(times):
            self._first.append(cast("int", times.min()))
            self._last.append(cast("int", times.max()))
        self._count_held_out(rows)
        self._shrink()

    @property
    def hears_the_holdout(self) -> bool:
        """Whether there is a holdout, and somebody was heard whom the run did not write to.

        That its own recipients were heard to answer does not mean that others would have been.
        """
        if not self.held_out or self._wrote is None:
            return False
        return len(self._wrote.within) > self._recipients_wrote

    @property
    def between(self) -> tuple[int, int] | None:
        """When the first and the last claim were made, in milliseconds UTC."""
        return (min(self._first), max(self._last)) if self._first else None

    def by(self, dimension: str) -> pl.DataFrame:
        """Return the counts for each value of a dimension, ``all`` for everybody; most first."""
        found = _added(self._by, ["dimension", "value"], COUNTED)
        found = found.filter(pl.col("dimension") == dimension)
        return found.sort(["accepted", "value"], descending=[True, False])

    def states(self) -> pl.DataFrame:
        """Return how many people have each state and reason, most first."""
        found = _added(self._states, ["state", "reason"], ["people"])
        return found.sort(["people", "state", "reason"], descending=[True, False, False])

    def codes(self) -> pl.DataFrame:
        """Return how many people have each code of the vendor, most first, with one's words."""
        found = pl.concat(self._codes) if self._codes else _codes_of_nobody()
        found = found.group_by("state", "reason", "code").agg(
            pl.col("people").sum(), pl.col("words").drop_nulls().first()
        )
        return found.sort(["people", "state", "code"], descending=[True, False, False])

    def answers(self) -> pl.DataFrame:
        """Return who answered: how fast, how long until it was closed (ms), and of which kind."""
        names = dict.fromkeys(DIMENSIONS, pl.String)
        empty = pl.DataFrame(schema=names | {"first": pl.Int64, "resolution": pl.Int64})
        return pl.concat(self._answers) if self._answers else empty

    def _marks(self, columns: Sequence[str]) -> list[pl.Expr]:
        def known(name: str) -> pl.Expr:
            return pl.col(LEDGER + name).is_not_null()

        def of_the_plan(name: str, alias: str) -> pl.Expr:
            found = pl.col(name) if name in columns else pl.lit(None, dtype=pl.String)
            return found.alias(alias)

        accepted = pl.col("state").is_in(_SENT)
        # What an earlier attempt came to says nothing of who is to be sent to.
        told_of = pl.col("state").is_in(_TOLD_OF)
        claimed, replied = known("claimed_at"), known("replied_at")
        seen, arrived = known("read_at") | replied, ~known("undelivered_at")
        at = pl.col(LEDGER + "claimed_at")
        local = pl.from_epoch(at, time_unit="ms").dt.convert_time_zone(self._zone)
        # Two clocks: an answer that seems to come before the question came at once.
        first = (pl.col(LEDGER + "replied_at") - at).clip(lower_bound=0)
        second = pl.col(LEDGER + "replied_at") // 1000 * 1000
        past_the_second = pl.col(LEDGER + "closed_at") - second
        resolution = pl.col(LEDGER + "closed_at") - pl.col(LEDGER + "replied_at")
        return [
            pl.col("state"),
            pl.col("reason"),
            pl.col(LEDGER + "code").alias("code"),
            pl.col(LEDGER + "detail").alias("words"),
            pl.col(LEDGER + "delivery_code").alias("delivery_code"),
            pl.col(LEDGER + "delivery_detail").alias("delivery_words"),
            at.alias("at"),
            pl.lit("all").alias("all"),
            of_the_plan(VARIANT, "variant"),
            of_the_plan("region", "country"),
            of_the_plan("form", "form"),
            local.dt.strftime("%H").alias("hour"),
            pl.lit(value=True).alias("rows"),
            (pl.col("verdict") == SEND).alias("sendable"),
            claimed.alias("claimed"),
            accepted.alias("accepted"),
            # Who has seen it has got it, and who answers has seen it.
            (arrived & accepted & (known("delivered_at") | seen)).alias("delivered"),
            (arrived & accepted & seen).alias("read"),
            (replied & accepted).alias("responded"),
            (known("closed_at") & replied & accepted).alias("closed"),
            (replied & accepted & pl.col(COLUMN)).alias("stopped"),
            (~arrived & told_of).alias("undelivered"),
            (accepted & ~replied).alias("not_responded"),
            (replied & ~accepted).alias("responded_else"),
            (claimed & pl.col(LEDGER + "delivery").is_null()).alias("silent"),
            pl.when(accepted & replied).then(first).alias("first"),
            (known("delivered_at") | ~arrived).alias("told_delivered"),
            known("read_at").alias("told_read"),
            (pl.col("state").eq("failed") & pl.col(LEDGER + "delivery").is_null()).alias("refused"),
            (pl.col("state").eq("unknown") & arrived & (known("delivered_at") | seen)).alias(
                "came"
            ),
            # Within the second of the answer: the vendor's last message, and not its end. Some
            # vendors tell whole seconds only.
            pl.when(accepted & (past_the_second >= 1000)).then(resolution).alias("resolution"),
        ]

    def _count_held_out(self, rows: pl.DataFrame) -> None:
        people = rows.filter(pl.col("reason") == _HOLDOUT)["identity"]
        if self._wrote is not None:
            sent_to = rows.filter(pl.col(LEDGER + "claimed_at").is_not_null())["identity"].unique()
            self._recipients_wrote += int(sent_to.is_in(self._wrote.within.implode()).sum())
        self.held_out += len(people)
        if self._wrote is not None and len(people):
            self.held_out_wrote += int(people.is_in(self._wrote.within.implode()).sum())
            self.held_out_later += int(people.is_in(self._wrote.later.implode()).sum())

    def absorb(self, other: Sums) -> None:
        """Count what another has counted, too."""
        for name in ("_by", "_states", "_codes", "_answers", "_first", "_last"):
            getattr(self, name).extend(getattr(other, name))
        self.held_out += other.held_out
        self.held_out_wrote += other.held_out_wrote
        self.held_out_later += other.held_out_later

    def _shrink(self) -> None:
        """Keep one frame of each kind; of the answers, all there are."""
        if len(self._by) > 20:
            self._by = [_added(self._by, ["dimension", "value"], COUNTED)]
            self._states = [_added(self._states, ["state", "reason"], ["people"])]
            self._codes = [self.codes()]


def _by(marked: pl.DataFrame, name: str) -> pl.DataFrame:
    return marked.group_by(pl.col(name).alias("value")).agg(
        pl.lit(name).first().alias("dimension"),
        *(pl.col(one).sum().cast(pl.Int64) for one in COUNTED),
    )


def _codes(marked: pl.DataFrame) -> pl.DataFrame:
    """Return what the vendor refused, and what it took and could not deliver."""
    wrong = marked.filter(
        pl.col("state").is_in(["failed", "unknown"])
        | (pl.col("code").is_not_null() & ~pl.col("accepted"))
    )
    lost = marked.filter("undelivered").select(
        pl.lit("undelivered").alias("state"),
        pl.lit(None, dtype=pl.String).alias("reason"),
        pl.col("delivery_code").alias("code"),
        pl.col("delivery_words").alias("words"),
    )
    both = pl.concat([wrong.select("state", "reason", "code", "words"), lost])
    return both.group_by("state", "reason", "code").agg(
        pl.len().cast(pl.Int64).alias("people"), pl.col("words").drop_nulls().first()
    )


def _codes_of_nobody() -> pl.DataFrame:
    text = dict.fromkeys(("state", "reason", "code", "words"), pl.String)
    return pl.DataFrame(schema=text | {"people": pl.Int64}).select(
        "state", "reason", "code", "people", "words"
    )


def _added(frames: list[pl.DataFrame], by: list[str], counts: Sequence[str]) -> pl.DataFrame:
    if not frames:
        schema = dict.fromkeys(by, pl.String) | dict.fromkeys(counts, pl.Int64)
        return pl.DataFrame(schema=schema)
    found = pl.concat(frames, how="diagonal_relaxed")
    return found.group_by(by).agg(pl.col(name).sum() for name in counts)
