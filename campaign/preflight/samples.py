"""Messages as they would leave: the first, the shortest, the longest and the strangest.

What goes wrong in a text goes wrong at its edges: a name that was cut off, a whole address book in
a cell, `Ã¼` where `ü` was meant. The *strangest* message is the one with the most characters that
are neither a letter from A to Z, a digit, a blank nor common punctuation (``_ODD``). Where all
have as many, none of them is strange. A plan with variants shows each of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import polars as pl

from campaign.errors import InvalidInput
from campaign.message.composition import HEADER, PREVIEW, TEMPLATE, TEXT, VARIABLE
from campaign.message.form import Form
from campaign.plan.frozen import SEND, Plan
from campaign.plan.variants import VARIANT
from campaign.preflight.examples import places, rows_at

SAMPLES = 5
"""At least so many are shown, where there are so many."""

_ODD = r"""[^A-Za-z0-9\s.,;:!?'"()/&%+€$@#=-]"""
_SHIFT = 1 << 32
_AS_READ = (HEADER, PREVIEW, TEXT)
"""The columns with what people read, in the order in which they do."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One message as it would leave: spreadsheet row, address, form and the rendered texts.

    ``place`` is the row as a person finds it, with the file where there are several. ``kinds`` says
    why it is shown: first, shortest, longest, strangest, or a variant's name.
    """

    row: int
    address: str
    form: str
    texts: Mapping[str, str]
    place: str
    kinds: tuple[str, ...]

    @property
    def lines(self) -> list[str]:
        """The texts for people: what is read as it is, and each value that is not in it by name."""
        reads = PREVIEW in self.texts
        return [
            text
            if name in _AS_READ
            else f"{name.removeprefix(TEMPLATE).removeprefix(VARIABLE)} = {text}"
            for name, text in self.texts.items()
            if not (reads and name.startswith(TEMPLATE))
        ]


def samples(plan: Plan, only: str | None = None, left_out: pl.Series | None = None) -> list[Sample]:
    """Choose the messages to show; ``only`` picks the one recipient with this key or address.

    ``left_out`` are the numbers of rows that would not be sent to now; whoever is asked for by name
    is shown all the same.

    Raises:
        InvalidInput: nobody who would be sent to is known as ``only``.
    """
    rows = plan.rows().filter(pl.col("verdict") == SEND)
    if only is not None:
        rows = rows.filter((pl.col("key") == only) | (pl.col("address") == only))
    elif left_out is not None and not left_out.is_empty():
        gone = left_out.alias("number").to_frame().lazy()
        rows = rows.join(gone, on="number", how="anti", maintain_order="left")
    texts = [name for name in _AS_READ if name in plan.columns]
    texts += [name for name in plan.columns if name.startswith((TEMPLATE, VARIABLE))]
    kinds = _kinds(rows.with_columns(_said(texts)), varied=VARIANT in plan.columns)
    if only is not None and not kinds:
        raise InvalidInput(f"Nobody with the key or address {only} would be sent to.")
    shown = [*texts, "number", "row", places(plan), "address", "form"]
    found = rows_at(plan, pl.Series(list(kinds), dtype=pl.UInt32)).select(shown).collect()
    return [
        Sample(
            row=row["row"],
            address=row["address"],
            form=row["form"],
            texts={
                name: row[name]
                for name in texts
                if row[name] is not None and _belongs(name, row["form"])
            },
            place=row["place"],
            kinds=tuple(kinds[row["number"]]),
        )
        for row in found.iter_rows(named=True)
    ]


def _kinds(rows: pl.LazyFrame, *, varied: bool) -> dict[int, list[str]]:
    """Return the numbers of the rows to show, each with why."""
    length = pl.col("said").str.len_chars().fill_null(0).cast(pl.UInt64)
    strange = pl.col("said").str.count_matches(_ODD).fill_null(0)
    number = pl.col("number").cast(pl.UInt64)
    # A measure above the row's number in one integer: the lowest of these is the first of the
    # shortest, found as the rows stream by.
    found = rows.select(
        pl.col("number").bottom_k(SAMPLES).implode().alias("first"),
        (length * _SHIFT + number).min().alias("shortest"),
        (length * _SHIFT + (_SHIFT - 1 - number)).max().alias("longest"),
        strange.min().alias("least"),
        (strange.cast(pl.UInt64) * _SHIFT + (_SHIFT - 1 - number)).max().alias("strangest"),
    ).collect(engine="streaming")
    first, shortest, longest, least, strangest = found.row(0)
    chosen: dict[int, list[str]] = {}

    def choose(place: int, kind: str) -> None:
        chosen.setdefault(place, []).append(kind)

    if shortest is not None and shortest // _SHIFT < longest // _SHIFT:
        choose(shortest % _SHIFT, "shortest")
        choose(_SHIFT - 1 - longest % _SHIFT, "longest")
    if strangest is not None and strangest // _SHIFT > least:
        choose(_SHIFT - 1 - strangest % _SHIFT, "strangest")
    for name, place in _variants(rows) if varied else ():
        choose(place, f"variant {name}")
    for place in sorted(first or ()):
        if place in chosen or len(chosen) < SAMPLES:
            choose(place, "first")
    return chosen


def _variants(rows: pl.LazyFrame) -> Iterable[tuple[str, int]]:
    found = rows.drop_nulls(VARIANT).group_by(VARIANT).agg(pl.col("number").min())
    return found.sort(VARIANT).collect(engine="streaming").iter_rows()


def _said(texts: list[str]) -> pl.Expr:
    """Return everything that a recipient would read, as one text."""

    def parts(names: Iterator[str]) -> pl.Expr:
        return pl.concat_str([pl.lit(""), *names], ignore_nulls=True)

    of_text = parts(name for name in texts if name == TEXT or name.startswith(VARIABLE))
    values = parts(name for name in texts if name.startswith((TEMPLATE, VARIABLE)))
    of_template = values
    if PREVIEW in texts:
        # A variant may have a template whose body nobody knows.
        reads = parts(name for name in texts if name in (HEADER, PREVIEW))
        of_template = pl.when(pl.col(PREVIEW).is_not_null()).then(reads).otherwise(values)
    is_template = pl.col("form") == Form.TEMPLATE.value
    return pl.when(is_template).then(of_template).otherwise(of_text).alias("said")


def _belongs(name: str, form: str) -> bool:
    if name.startswith(VARIABLE):
        return True
    return (name != TEXT) == (form == Form.TEMPLATE)
