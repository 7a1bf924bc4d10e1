"""The plan of a split test: each person's variant, and every variant's rows judged by themselves.

Invariant: the rows of a variant are rendered and judged exactly as in a campaign whose only message
is that variant's. So no rule has to know of variants, and a gap in one message refuses nobody who
gets another.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate

import polars as pl

from campaign.message.lots import end_of, lot

VARIANT = "variant"
"""Column of a plan: the name of the recipient's variant; null in a campaign without any."""

DRAWN = "_variant"
"""The same until the rows are judged: the list may have a column of that name."""

WORDING = "variants"
"""Where the plan's file says which of its columns belong to which variant."""


def drawn(seed: str, shares: Mapping[str, float], identity: pl.Expr) -> pl.Expr:
    """Return the variant of each identity, null where there is none.

    The variants take the numbers of the draw in their order; ``shares`` are in hundredths.
    """
    number = lot("variant", seed, identity)
    *others, (last, _) = zip(shares, accumulate(shares.values()), strict=True)
    # The last one takes all the rest, so that a sum of 99.999… loses nobody.
    found: pl.Expr = pl.when(number.is_not_null()).then(pl.lit(last))
    for name, end in reversed(others):
        found = pl.when(number < end_of(end)).then(pl.lit(name)).otherwise(found)
    return found


def rows_of(frame: pl.LazyFrame, name: str, shares: Mapping[str, float]) -> pl.LazyFrame:
    """Return the rows that are judged with a variant's message.

    The first one's judge those too who drew nothing: without an address they are refused.
    """
    mine = pl.col(DRAWN) == name
    if name == next(iter(shares)):
        mine |= pl.col(DRAWN).is_null()
    return frame.filter(mine)


def united(parts: Iterable[pl.LazyFrame]) -> pl.LazyFrame:
    """Return the rows of all variants in the order of the list."""
    return pl.concat(parts, how="diagonal_relaxed").sort("number")


def wording(columns: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """Return what the plan's file says of its variants: the columns of each."""
    return {WORDING: json.dumps(columns)}
