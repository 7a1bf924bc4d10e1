"""Which rows of a changed list are recipients that the ledger knows already?

Invariants: a number stands for one recipient and for one row. Nobody whom the ledger calls anything
but pending is sent to under the same key, and nobody who may have been sent to, or will be, is a
new recipient under another key with the same identity.
"""

from __future__ import annotations

import polars as pl

from campaign.ledger.records import State

_WHERE = ["place", "number"]


def matched(rows: pl.DataFrame, kept: pl.DataFrame, first: int) -> pl.DataFrame:
    """Return ``place``, ``number``, ``earlier`` and ``stands``, one row for each row of the list.

    ``rows`` has ``place`` (the position in the list), ``key``, ``identity`` and ``sendable``; of
    those that are sendable no two share a key or an identity. ``kept`` has ``number``, ``key``
    (unique), ``identity`` and ``state`` of everybody with a row in the ledger, and ``refused``: a
    rule skipped them, so nothing was ever sent. Numbers that nobody has yet begin at ``first``.

    ``earlier``: the row is this recipient, who keeps what the earlier plan says. ``stands``: the
    place of another row that is this recipient, where this one may not be sent to for that.
    """
    found = _sendable(rows.filter("sendable"), kept)
    firm = found.filter(pl.col("number").is_not_null()).select(*_WHERE, "earlier")
    refused = rows.join(found.filter(pl.col("stands").is_null()), on="place", how="anti")
    alike = _refused(refused, kept.join(firm, on="number", how="anti"))
    known = pl.concat([firm, alike.with_columns(earlier=pl.lit(value=True))])
    new = pl.col("number").is_null()
    number = pl.when(new).then(first - 1 + new.cum_sum()).otherwise("number")
    return (
        rows.select("place")
        .join(known, on="place", how="left", maintain_order="left")
        .join(found.select("place", "stands"), on="place", how="left", maintain_order="left")
        .with_columns(
            number.cast(kept.schema["number"]).alias("number"),
            pl.col("earlier").fill_null(value=False),
        )
    )


def _sendable(rows: pl.DataFrame, kept: pl.DataFrame) -> pl.DataFrame:
    """Say of the rows that may be sent to who is somebody known: by key, or else by identity."""
    by_key = kept.select("key", "state", "refused", own="number")
    by_identity = (
        kept.filter(pl.col("state") != State.PENDING, ~pl.col("refused"))
        .sort("number")
        .unique("identity", keep="first", maintain_order=True)
        .select("identity", other="number")
    )
    own, other, pending = pl.col("own"), pl.col("other"), pl.col("state") == State.PENDING
    reached = own.is_not_null() & ~pending & ~pl.col("refused")
    found = (
        rows.join(by_key, on="key", how="left")
        .join(by_identity, on="identity", how="left")
        .with_columns(takes=reached.fill_null(value=False) | (own.is_not_null() & other.is_null()))
    )
    taken = found.filter("takes").select(other="own", stands="place")
    by_other = ~pl.col("takes") & other.is_not_null() & pl.col("stands").is_null()
    return found.join(taken, on="other", how="left").select(
        "place",
        pl.when("takes").then(own).when(by_other).then(other).alias("number"),
        ((pl.col("takes") & ~pending) | by_other).alias("earlier"),
        pl.when(~pl.col("takes")).then("stands").alias("stands"),
    )


def _refused(rows: pl.DataFrame, left: pl.DataFrame) -> pl.DataFrame:
    """Say of the rows that may not be sent to who is somebody known that no other row is.

    Whoever has the message and has opted out since is one recipient, not two.
    """
    by_key = rows.join(left, on="key").sort("place").unique("number", keep="first")
    rows = rows.filter(~pl.col("sendable")).join(by_key, on="place", how="anti")
    left = left.filter(~pl.col("refused")).join(by_key, on="number", how="anti")
    by_identity = (
        rows.join(left, on="identity")
        .sort("place", "number")
        .unique("number", keep="first", maintain_order=True)
        .unique("place", keep="first", maintain_order=True)
    )
    return pl.concat([by_key.select(_WHERE), by_identity.select(_WHERE)])
