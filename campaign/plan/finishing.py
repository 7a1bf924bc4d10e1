"""The last answers of a plan: who is on the list already, who is in the holdout, and the verdict.

Invariant: a row that another rule refuses keeps that reason, and whoever has none is sent to.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from campaign.audience.among import met
from campaign.definition.models import Definition
from campaign.ledger.records import State
from campaign.plan.exchanging import exchanged
from campaign.plan.frozen import SEND, SKIPPED
from campaign.plan.odd import WARNING
from campaign.plan.repeated import NAMED, Repeats
from campaign.reasons import reasons
from campaign.rules.holdout import without_holdout
from campaign.rules.table import BLAME, DETAIL, REASON

_FOUND = "_found"
_FOUND_TYPE = pl.Struct(dict.fromkeys(NAMED, pl.String))

_HELD = [code for code, reason in reasons().items() if reason.state == State.HELD.value]


def finished(
    frame: pl.LazyFrame,
    again: Repeats,
    blame: str,
    key: str | None,
    definition: Definition,
) -> pl.LazyFrame:
    """Return the judged rows with duplicates and the holdout refused, verdict and sender.

    ``again`` are the `repeats` among them, ``blame`` is the list's own name of the address column,
    ``key`` that of the key column where the definition names one.
    """
    found, variants = again
    duplicate, same_key = (pl.col(_FOUND).struct.field(name) for name in NAMED)
    frame = frame.with_columns(_looked_up(found)).with_columns(
        _first_of(duplicate, pl.lit("duplicate"), same_key, pl.lit("duplicate_key"), REASON),
        _first_of(duplicate, pl.lit(blame), same_key, pl.lit(key, pl.String), BLAME),
        _first_of(
            duplicate,
            pl.format("duplicate of {}", duplicate),
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
    numbers, named = found["number"], found.select(NAMED)
    nobody = pl.Series([None], dtype=_FOUND_TYPE)

    def look_up(asked: pl.Series) -> pl.Series:
        there, places = met(numbers, asked)
        if there.is_empty():
            return nobody.new_from_index(0, len(asked))
        which = pl.repeat(None, len(asked), dtype=there.dtype, eager=True).scatter(places, there)
        return named[which].to_struct()

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
