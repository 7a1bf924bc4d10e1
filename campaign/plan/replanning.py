"""Another plan for a run in which somebody has an outcome already.

Invariant: whoever has a row in the ledger keeps its number and its key for ever. What was sent or
refused stays in the plan as it was, marked as of an earlier one, and is never sent again; only what
the definition and the list say now is.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from campaign.audience.variants import canonical
from campaign.files import replaced, sha256_of
from campaign.ledger.protocol import Ledger
from campaign.ledger.records import GIVEN_UP, Skip, State
from campaign.message.composition import TEMPLATE, TEXT, VARIABLE
from campaign.plan import making
from campaign.plan.beside import LEDGER, parts
from campaign.plan.frozen import EARLIER, INPUT, SEND, SKIPPED, Plan
from campaign.plan.matching import matched
from campaign.plan.variants import VARIANT, wording

_BEFORE = "earlier:"
"""Prefix of the placeholders and variables that only an earlier message had."""


@dataclass(frozen=True, slots=True)
class Changes:
    """What a new plan changes: of those still to be sent to, and how many are left as they are."""

    added: int
    changed: int
    gone: int
    kept: int

    def __bool__(self) -> bool:
        return bool(self.added or self.changed or self.gone)

    def __str__(self) -> str:
        return (
            f"The run has a new plan: {self.added:,} added, {self.changed:,} of the pending "
            f"changed, {self.gone:,} no longer to be sent to, {self.kept:,} with an outcome left "
            "as they are."
        )


@dataclass(frozen=True, slots=True)
class Remade:
    """The new plan, the fingerprint of its list, who is not sent to any more, and what changes."""

    plan: Plan
    list_hash: str
    skips: list[Skip]
    changes: Changes


@dataclass(frozen=True, slots=True)
class Kept:
    """Who keeps number and key, and the next number that nobody has.

    ``rows`` has ``number``, ``key``, ``identity`` and ``state`` of everybody with a row in the
    ledger, and ``refused``: a rule skipped them, so nothing was ever sent.
    """

    rows: pl.DataFrame
    next_number: int


def kept_of(old: Plan, ledger: Ledger, run_id: int) -> Kept:
    """Return who keeps number and key, from the ledger."""
    found, highest = [], -1
    for rows, known in parts(old, ledger, run_id, ["key", "identity"]):
        highest = max([highest, *rows["number"].tail(1), *known["number"].sort().tail(1)])
        state, reason = pl.col(LEDGER + "state"), pl.col(LEDGER + "reason")
        refused = (state == State.SKIPPED.value) & reason.ne_missing(GIVEN_UP)
        known = known.select(
            pl.col("number").cast(rows.schema["number"], strict=False),
            state.alias("state"),
            refused.alias("refused"),
        )
        found.append(rows.join(known, on="number"))
    return Kept(pl.concat(found), highest + 1)


def remake(old: Plan, question: making.Question, target: Path, of_old: Kept) -> Remade:
    """Make the run's next plan at ``target``.

    Raises:
        InvalidInput: a file or a column is not as the definition says; nothing was written.
        OutputError: the plan cannot be written.
    """
    beside = target.with_name(f".{target.name}.list")
    try:
        fresh, list_hash = making.make(question, beside)
        kept = of_old.rows
        if making.address_kind(question.loaded) == "number":
            # In an earlier version's plan, each form of a number is an identity of its own.
            kept = kept.with_columns(canonical(kept["identity"]))
        rows = fresh.rows().select(
            pl.col("number").alias("place"),
            "key",
            "identity",
            (pl.col("verdict") == SEND).alias("sendable"),
        )
        places = matched(rows.collect(), kept, first=of_old.next_number)
        judged = _judged(fresh, places)
        headers = {"headers": json.dumps({**old.headers, **fresh.headers})}
        headers |= wording({**old.variants, **fresh.variants})
        with replaced(target) as file:
            pl.concat(
                [
                    judged.filter(~pl.col(EARLIER)),
                    *_of_the_ledger(_as_before(old, fresh.columns), judged, kept),
                ],
                how="diagonal_relaxed",
            ).sort("number").sink_parquet(file, metadata=headers)
        skips = _skips(kept, judged)
    finally:
        beside.unlink(missing_ok=True)
    plan = Plan(target, sha256_of(target))
    return Remade(plan, list_hash, skips, _changes(old, plan, kept))


def _judged(fresh: Plan, places: pl.DataFrame) -> pl.LazyFrame:
    """Return the rows as the list and the definition have them now, by their numbers in the run."""
    rows = fresh.rows().rename({"number": "place"})
    stand = rows.select(
        pl.col("place").alias("stands"), pl.col("file").alias("_file"), pl.col("row").alias("_row")
    )
    again = pl.col("_row").is_not_null()
    row = pl.format("row {}", "_row")
    where = pl.when(pl.col("file") == pl.col("_file")).then(row)
    named = where.otherwise(pl.format("{} {}", "_file", row))
    return (
        rows.join(places.lazy(), on="place")
        .join(stand, on="stands", how="left")
        .with_columns(
            pl.when(again)
            .then(pl.lit("claimed_before"))
            .otherwise(pl.col("reason"))
            .alias("reason"),
            pl.when(again)
            .then(pl.format("the same recipient as {}", named))
            .otherwise(pl.col("reason_detail"))
            .alias("reason_detail"),
            pl.when(again).then(pl.lit(SKIPPED)).otherwise(pl.col("verdict")).alias("verdict"),
        )
        .drop("place", "stands", "_file", "_row")
    )


def _as_before(old: Plan, now: Collection[str]) -> pl.LazyFrame:
    """Return the old rows; a placeholder that the message no longer has is not one of the new."""
    frame = old.rows()
    for name in old.columns:
        if name.startswith((TEMPLATE, VARIABLE)) and name not in now:
            before = _BEFORE + name  # there already, where a message before that one had it too
            values = [pl.col(known) for known in (name, before) if known in old.columns]
            frame = frame.with_columns(pl.coalesce(values).alias(before)).drop(name)
    return frame


def _of_the_ledger(
    before: pl.LazyFrame, judged: pl.LazyFrame, kept: pl.DataFrame
) -> Iterable[pl.LazyFrame]:
    """Yield those who keep what the old plan has: who is on the list now, and who is not."""
    stay = (
        before.join(kept.lazy().select("number", "state"), on="number", how="semi")
        .join(judged.filter(~pl.col(EARLIER)), on="number", how="anti")
        .with_columns(pl.lit(value=True).alias(EARLIER))
    )
    cells = judged.filter(EARLIER).select("number", "file", "row", pl.col(f"^{INPUT}.*$"))
    of_the_list = [
        name
        for name in before.collect_schema().names()
        if name in ("file", "row") or name.startswith(INPUT)
    ]
    yield stay.drop(of_the_list).join(cells, on="number")
    yield stay.join(cells, on="number", how="anti")


def _skips(kept: pl.DataFrame, judged: pl.LazyFrame) -> list[Skip]:
    """Return the pending whom no row may send to any more, with the reason of theirs, if any."""
    gone = (
        kept.lazy()
        .filter(pl.col("state") == State.PENDING)
        .select("number", "key")
        .join(judged.select("number", EARLIER, "reason"), on="number", how="left")
        .filter(pl.col(EARLIER).fill_null(value=True))
        .select("number", "key", pl.col("reason").fill_null("removed"))
    )
    return [Skip(*row) for row in gone.collect().rows()]


def _changes(old: Plan, new: Plan, kept: pl.DataFrame) -> Changes:
    decided = kept.lazy().filter(pl.col("state") != State.PENDING)
    names = sorted(
        {
            "address",
            VARIANT,
            *(name for plan in (old, new) for name in plan.columns if _is_message(name)),
        }
    )

    def still_open(rows: pl.LazyFrame) -> pl.LazyFrame:
        has = rows.collect_schema().names()
        missing = [pl.lit(None, pl.String).alias(name) for name in names if name not in has]
        rows = rows.filter(verdict=SEND).join(decided, on="number", how="anti")
        return rows.with_columns(missing).select("key", *names)

    before, after = still_open(old.rows()), still_open(new.rows().filter(~pl.col(EARLIER)))
    differs = pl.any_horizontal(pl.col(name).ne_missing(pl.col(f"{name}_now")) for name in names)
    found = [
        after.join(before, on="key", how="anti"),
        before.join(after, on="key", suffix="_now").filter(differs),
        before.join(after, on="key", how="anti"),
        decided,
    ]
    return Changes(*(part.height for part in pl.collect_all([p.select("key") for p in found])))


def _is_message(name: str) -> bool:
    return name == TEXT or name.startswith((TEMPLATE, VARIABLE))
