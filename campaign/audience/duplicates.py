"""Which rows mean somebody who is on the list already?

Invariant: of all rows with one identity or one key, the first that may be sent to is kept. A row
that is itself refused, as a duplicate or by any other rule, never refuses another one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import polars as pl

_ROUNDS = 4
"""Rounds over whole columns before the rest, chains of shared identities and keys, goes row by row.

One round settles a list in which keys follow identities, as they nearly always do.
"""


def mark_duplicates(keys: pl.DataFrame) -> pl.DataFrame:
    """Return the frame with ``duplicate_of`` and ``same_key_as``: the kept row ("row 17"), or null.

    ``duplicate_of`` is the row through which the same person gets the message, whichever of the two
    comes first. ``same_key_as`` is one with the same key, for somebody who gets none at all. A row
    has one of the two at most.

    ``keys`` has the columns ``index`` (unsigned, the position in the list, unique), ``row`` (the
    number that a person sees), ``file``, ``identity``, ``key`` (String, null never equals
    anything) and ``sendable`` (passed every other rule). The file is named where it is another one
    ("b.csv row 17"). Rows and their order stay as they are.
    """
    originals = _originals(keys)
    if originals.is_empty():
        nobody = pl.lit(None, pl.String)
        return keys.with_columns(duplicate_of=nobody, same_key_as=nobody)
    wanted = keys.join(originals.select(index="original").unique(), on="index", how="semi").select(
        original="index", _first_row="row", _first_file="file"
    )
    named = originals.join(wanted, on="original", how="left").select(
        "index", "_same_person", "_first_row", "_first_file"
    )
    place = pl.format("row {}", pl.col("_first_row"))
    return (
        keys.join(named, on="index", how="left", maintain_order="left")
        .with_columns(
            _repeated=pl.when(pl.col("_first_row").is_null())
            .then(None)
            .when(pl.col("file").eq_missing(pl.col("_first_file")))
            .then(place)
            .otherwise(pl.concat_str(pl.col("_first_file"), place, separator=" "))
        )
        .with_columns(
            duplicate_of=pl.when("_same_person").then("_repeated"),
            same_key_as=pl.when(~pl.col("_same_person")).then("_repeated"),
        )
        .drop("_repeated", "_same_person", "_first_row", "_first_file")
    )


def _originals(keys: pl.DataFrame) -> pl.DataFrame:
    """Return of every repeat ``index``, ``original`` (that of the kept row), ``_same_person``."""
    shared = _shared(keys.lazy().filter("sendable").select("index", "identity", "key"))
    repeats = _repeats(shared)
    named = shared.with_columns(_repeat=pl.col("index").is_in(repeats.implode()))
    return (
        # Each identity and each key has one kept row at most; it can be named only now, when all
        # of them are known.
        named.with_columns(
            _first("identity", ~pl.col("_repeat")), _first("key", ~pl.col("_repeat"))
        )
        .filter("_repeat")
        .select(
            "index",
            original=pl.coalesce("_first_identity", "_first_key"),
            _same_person=pl.col("_first_identity").is_not_null(),
        )
    )


def _repeats(left: pl.DataFrame) -> pl.Series:
    """Return the indices of the rows that repeat a kept one; ``left`` is in no particular order."""
    found = [left["index"].clear()]
    for _ in range(_ROUNDS):
        if left.is_empty():
            break
        left = left.with_columns(_first("identity"), _first("key"))
        # The first row of everybody in it is kept, whatever the others turn out to be.
        mine = pl.min_horizontal("_first_identity", "_first_key", "index") == pl.col("index")
        kept = left.filter(mine)["index"].implode()
        repeated = pl.any_horizontal(
            pl.col("_first_identity", "_first_key").is_in(kept).fill_null(value=False)
        )
        found.append(left.filter(repeated & ~mine)["index"])
        # A kept row's mates are all settled with it, so neither is looked at again.
        left = left.filter(~repeated & ~mine).select("index", "identity", "key")
    if not left.is_empty():
        rest = list(_one_by_one(left.sort("index").iter_rows()))
        found.append(pl.Series("index", rest, left.schema["index"]))
    return pl.concat(found)


def _shared(rows: pl.LazyFrame) -> pl.DataFrame:
    """Return the rows whose identity or key, as far as a hash can tell, occurs again.

    The hash only narrows the list down: unequal hashes mean unequal texts, and whoever shares one
    is compared by the text itself afterwards. Ten million rows cost 160 MB instead of 5 GB.
    """
    hashed = rows.select(pl.col("identity", "key").hash()).collect()
    again = [
        pl.col(name).is_not_null() & hashed[name].is_duplicated() for name in ("identity", "key")
    ]
    return rows.filter(pl.any_horizontal(again)).collect()


def _first(name: str, among: pl.Expr | None = None) -> pl.Expr:
    """Return the lowest index of the rows (``among`` these) with the same text, or null."""
    index = pl.col("index") if among is None else pl.col("index").filter(among)
    return pl.when(pl.col(name).is_not_null()).then(index.min().over(name)).alias(f"_first_{name}")


def _one_by_one(rows: Iterable[tuple[int, str | None, str | None]]) -> Iterator[int]:
    identities: set[str | None] = set()
    keys: set[str | None] = set()
    for index, identity, key in rows:
        if (identity is not None and identity in identities) or (key is not None and key in keys):
            yield index
        else:
            identities.add(identity)
            keys.add(key)
