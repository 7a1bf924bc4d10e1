"""The last questions of a plan, which no row can answer by itself: who is twice on the list?

Invariant: the list stays on disk. What is together in memory of all rows is what tells who may be a
duplicate of whom, and the texts of those alone.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from campaign.audience.duplicates import mark_duplicates
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

_NAMED = ["duplicate_of", "same_key_as"]
_FOUND = "_found"
_FOUND_TYPE = pl.Struct(dict.fromkeys(_NAMED, pl.String))

_HELD = [code for code, reason in reasons().items() if reason.state == State.HELD.value]


def finished(
    frame: pl.LazyFrame,
    found: pl.DataFrame,
    variants: pl.Series,
    blame: str,
    key: str | None,
    definition: Definition,
) -> pl.LazyFrame:
    """Return the judged rows with duplicates and the holdout refused, verdict and sender.

    ``found`` are the `repeats` among them, ``variants`` the identities in two forms (see
    `in_two_forms`), ``blame`` is the list's own name of the address column, ``key`` that of the key
    column where the definition names one.
    """
    again, same_key = (pl.col(_FOUND).struct.field(name) for name in _NAMED)
    frame = frame.with_columns(_looked_up(found)).with_columns(
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
    return frame.drop(_FOUND).with_columns(
        pl.when(pl.col(REASON).is_null())
        .then(pl.lit(SEND))
        .when(pl.col(REASON).is_in(_HELD))
        .then(pl.lit(State.HELD.value))
        .otherwise(pl.lit(SKIPPED))
        .alias("verdict"),
        _sender(definition.sender).alias("sender"),
    )


def perhaps_shared(people: pl.LazyFrame) -> pl.Series:
    """Return, sorted, the numbers of the rows whose identity or key may occur again.

    Nobody else can be a duplicate, so only their texts are ever together in memory. ``people`` are
    all rows with ``number``, ``identity`` and ``key``, of which no more than a hash is looked at.
    """
    hashes = [
        pl.when(pl.col(name).is_not_null())
        .then(pl.col(name).hash() % _HASHES)
        .cast(pl.UInt32)
        .alias(name)
        for name in ("identity", "key")
    ]
    hashed = people.select("number", *hashes).collect(engine="streaming")
    again = [hashed[name].is_in(_doubled(hashed[name]).implode()) for name in ("identity", "key")]
    return hashed["number"].filter((again[0] | again[1]).fill_null(value=False)).sort()


def repeats(frame: pl.LazyFrame, shared: pl.Series) -> pl.DataFrame:
    """Return the ``number`` of each repeat with ``duplicate_of`` and ``same_key_as``, in order.

    ``frame`` are judged rows, at least those whose numbers are ``shared``; see `mark_duplicates`.
    """
    keys = (
        frame.filter(among(shared, "number") & pl.col(REASON).is_null())
        .select(
            "row",
            "file",
            "identity",
            "key",
            pl.col("number").alias("index"),
            pl.lit(value=True).alias("sendable"),
        )
        .collect()
    )
    return (
        mark_duplicates(keys)
        .select(pl.col("index").alias("number"), *_NAMED)
        .filter(pl.any_horizontal(pl.col(_NAMED).is_not_null()))
    )


def among(numbers: pl.Series, column: str) -> pl.Expr:
    """Return whether the column holds one of the numbers, which are sorted.

    polars would make a table of them for every batch of rows.
    """

    def there(asked: pl.Series) -> pl.Series:
        if numbers.is_empty():
            return pl.repeat(False, len(asked), eager=True)
        place = numbers.search_sorted(asked).clip(upper_bound=len(numbers) - 1)
        return numbers.gather(place) == asked

    return pl.col(column).map_batches(there, return_dtype=pl.Boolean, is_elementwise=True)


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


def _looked_up(found: pl.DataFrame) -> pl.Expr:
    """Return what was found of each row of the list as a struct; it is in the order of the list.

    A join would wait for the whole list before it lets the first row through.
    """
    numbers, named = found["number"], found.select(_NAMED)

    def look_up(asked: pl.Series) -> pl.Series:
        if numbers.is_empty():
            return pl.Series([None], dtype=_FOUND_TYPE).new_from_index(0, len(asked))
        place = numbers.search_sorted(asked).clip(upper_bound=len(numbers) - 1)
        there = numbers.gather(place) == asked
        return named[pl.select(pl.when(there).then(place)).to_series()].to_struct()

    return (
        pl.col("number")
        .map_batches(look_up, return_dtype=_FOUND_TYPE, is_elementwise=True)
        .alias(_FOUND)
    )


def _sender(senders: Sequence[str]) -> pl.Expr:
    """Spread recipients over the senders; the plan is frozen, so a resume uses the same one."""
    if len(senders) <= 1:
        return pl.lit(senders[0] if senders else None, dtype=pl.String)
    place = pl.col("number") % len(senders)
    return exchanged(place, dict(enumerate(senders)))
