"""Can a number of this type get the channel? An SMS to a fixed line costs money and reaches nobody.

Which type gets what is in ``number_types.toml``. Where it may or may not, the row is sent to and
has a warning.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

import polars as pl

from campaign.rules.context import Context, Finding, when


@cache
def _table() -> Mapping[str, Mapping[str, str]]:
    text = (files("campaign.rules") / "number_types.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def reachable_type(context: Context) -> Finding | None:
    """Refuse numbers of a type that cannot get a message on the channel."""
    refused = _of(context.channel, "refused")
    if not refused:
        return None
    kind = pl.col("_number_type")
    return Finding(
        when(kind.is_in(refused), "wrong_number_type"),
        column=pl.lit(context.address),
        detail=kind,
    )


def doubtful_type(channel: str) -> pl.Expr:
    """Return the warning code for numbers whose type may or may not get the channel, or null."""
    return when(pl.col("_number_type").is_in(_of(channel, "doubtful")), "fixed_line_number")


def _of(channel: str, verdict: str) -> list[str]:
    return [kind for kind, said in _table().get(channel, {}).items() if said == verdict]
