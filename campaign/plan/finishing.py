"""The last questions of a plan, which no row can answer by itself: who is twice on the list?

Invariant: the list stays on disk. What is together in memory of all rows is what tells who may be a
duplicate of whom, and the texts of those alone.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from campaign.audience.duplicates import mark_duplicates
from campaign.audience.variants import in_two_forms
from campaign.definition.models import Definition
from campaign.ledger.records import State
from campaign.plan.exchanging import exchanged
from campaign.plan.frozen import SEND, SKIPPED
from campaign.plan.odd import WARNING
from campaign.reasons import reasons
from campaign.rules.holdout import without_holdout
from campaign.rules.table import BLAME, DETAIL, REASON

_HASHES = 1 << 32
"""So many there are: one in four thousand of a million rows is compared for nothing."""

_HELD = [code for code, reason in reasons().items() if reason.state == State.HELD.value]


def finished(
    frame: pl.LazyFrame, blame: str, key: str | None, definition: Definition
) -> pl.LazyFrame:
    """Return the judged rows with duplicates and the holdout refused, verdict and sender.

    ``frame`` is asked several times. ``blame`` is the list's own name of the address column,
    ``key`` that of the key column where the definition names one.
    """
    shared = _shared(frame)
    keys = (
        frame.filter(pl.col("number").is_in(shared.implode()))
        .select(
            "row",
            "file",
            "identity",
            "key",
            pl.col("number").alias("index"),
            pl.col(REASON).is_null().alias("sendable"),
        )
        .collect()
    )
    variants = in_two_forms(frame)
    found = mark_duplicates(keys).select(
        pl.col("index").alias("number"), "duplicate_of", "same_key_as"
    )
    again, same_key = pl.col("duplicate_of"), pl.col("same_key_as")
    frame = frame.with_columns(
        _looked_up(found, "duplicate_of"), _looked_up(found, "same_key_as")
    ).with_columns(
        _first_of(again, pl.lit("duplicate"), same_key, pl.lit("duplicate_key"), REASON),
        _first_of(again, pl.lit(blame), same_key, pl.lit(key, pl.String), BLAME),
        _first_of(
            again,
            pl.format("duplicate of {}", again),
            same_key,
            pl.format("{} has the same key and another address", same_key),
            DETAIL,
        ),
    )
    if definition.holdout is not None:
        seed = definition.holdout.seed or definition.name
        frame = without_holdout(frame, seed, definition.holdout.share, blame)
    frame = frame.with_columns(
        # What is told about a number matters where it is sent to; that two numbers are one person,
        # where one of them is not.
        pl.when(pl.col(REASON).is_null())
        .then(pl.col(WARNING))
        .when((pl.col(REASON) == "duplicate") & pl.col("identity").is_in(variants.implode()))
        .then(pl.lit("whatsapp_variant"))
        .alias(WARNING)
    )
    return frame.drop("duplicate_of", "same_key_as").with_columns(
        pl.when(pl.col(REASON).is_null())
        .then(pl.lit(SEND))
        .when(pl.col(REASON).is_in(_HELD))
        .then(pl.lit(State.HELD.value))
        .otherwise(pl.lit(SKIPPED))
        .alias("verdict"),
        _sender(definition.sender).alias("sender"),
    )


def _shared(frame: pl.LazyFrame) -> pl.Series:
    """Return the numbers of the rows whose identity or key may occur again, as a hash tells.

    Nobody else can be a duplicate, so only their texts are ever together in memory.
    """
    sendable = frame.filter(pl.col(REASON).is_null())
    hashes = [
        pl.when(pl.col(name).is_not_null())
        .then(pl.col(name).hash() % _HASHES)
        .cast(pl.UInt32)
        .alias(name)
        for name in ("identity", "key")
    ]
    hashed = sendable.select("number", *hashes).collect(engine="streaming")
    again = [hashed[name].is_in(_doubled(hashed[name]).implode()) for name in ("identity", "key")]
    return hashed["number"].filter((again[0] | again[1]).fill_null(value=False)).sort()


def _doubled(hashes: pl.Series) -> pl.Series:
    """Return what is there more than once; sorted, as a table of all would be larger than they."""
    ordered = hashes.drop_nulls().sort()
    return ordered.filter(ordered == ordered.shift(1)).unique()


def _first_of(
    again: pl.Expr, says: pl.Expr, same_key: pl.Expr, says_then: pl.Expr, name: str
) -> pl.Expr:
    """Return what is said of who is there again, of who has another's key, else what was said."""
    return (
        pl.when(again.is_not_null())
        .then(says)
        .when(same_key.is_not_null())
        .then(says_then)
        .otherwise(pl.col(name))
        .alias(name)
    )


def _looked_up(found: pl.DataFrame, name: str) -> pl.Expr:
    """Return the column for each row of the list; those ``found`` are in the order of the list.

    A join would wait for the whole list before it lets the first row through.
    """
    repeats = found.filter(pl.col(name).is_not_null())
    numbers, named = repeats["number"], repeats[name]

    def look_up(asked: pl.Series) -> pl.Series:
        if numbers.is_empty():
            return pl.repeat(None, len(asked), dtype=pl.String, eager=True)
        place = numbers.search_sorted(asked).clip(upper_bound=len(numbers) - 1)
        pairs = pl.DataFrame({"asked": asked, "there": numbers[place], "named": named[place]})
        repeated = pl.when(pl.col("asked") == pl.col("there")).then(pl.col("named"))
        return pairs.select(repeated).to_series()

    expression = pl.col("number").map_batches(look_up, return_dtype=pl.String, is_elementwise=True)
    return expression.alias(name)


def _sender(senders: Sequence[str]) -> pl.Expr:
    """Spread recipients over the senders; the plan is frozen, so a resume uses the same one."""
    if len(senders) <= 1:
        return pl.lit(senders[0] if senders else None, dtype=pl.String)
    place = pl.col("number") % len(senders)
    return exchanged(place, dict(enumerate(senders)))
