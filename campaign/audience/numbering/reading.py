"""From whole columns of cells to E.164 numbers: tidy ones by the table, the rest by the library.

Invariant: every row has the answer that ``phonenumbers`` gives for it: ``parse``,
``format_number``, ``region_code_for_number``, ``number_type``, ``is_valid_number`` and
``is_possible_number``. The table is asked only about cells of digits and such marks as the library
passes over in silence.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import phonenumbers
import polars as pl

from campaign.audience.numbering.authority import ANSWER, judge
from campaign.audience.numbering.cache import table
from campaign.audience.numbering.national import read_national, without_prefix
from campaign.audience.numbering.plans import REGIONS, countries
from campaign.audience.numbering.table import ASK, Table

_MARKS = [" ", "(", ")", "-", ".", "/"]
"""What may stand between the digits of a number without meaning anything to the library. It reads
``~`` and ``#`` as the beginning of an extension, and is asked about everything that is not here."""

_LONGEST_CELL = 250
"""The library refuses longer texts without reading them."""

_REGION = pl.Enum(REGIONS)
_CODES = [str(code) for code in phonenumbers.COUNTRY_CODE_TO_REGION_CODE]

_JUDGED = [name for name in ANSWER if name != "e164"]
"""What the answer says about a number."""

_NOTHING = [
    pl.lit(False if ANSWER[name] == pl.Boolean else None, ANSWER[name]).alias(name)
    for name in _JUDGED
]
"""What it says where there is none."""


@dataclass(frozen=True, slots=True)
class Numbers:
    """What some cells are, in their order."""

    e164: pl.Series
    """Plus, calling code and national number; null where no number can be parsed."""

    answer: pl.Series
    """The place of what is said about it in `kinds`."""

    kinds: pl.DataFrame
    """``region``, ``type``, ``valid`` and ``possible``, see `read_numbers`."""

    def at(self, places: pl.Series) -> pl.DataFrame:
        """Return ``e164``, ``region`` and ``type`` of the numbers at some places, or null."""
        answer = self.answer.gather(places)
        e164 = self.e164.gather(places).to_frame()
        return e164.with_columns(self.kinds[name].gather(answer) for name in ("region", "type"))

    def told(self, name: str) -> pl.Series:
        """Return one of `kinds` for each cell."""
        return self.kinds[name].gather(self.answer)


def read_numbers(text: pl.Series, region: pl.Series) -> pl.DataFrame:
    """Return what each cell is, as ``phonenumbers`` judges it when it is told the region.

    ``text`` and ``region`` (ISO 3166-1 alpha-2 in upper case, or null) are String columns of one
    length. The answer has, for each row: ``e164`` (null where no number can be parsed), ``region``
    (that of the number; ``001`` for numbers of no country; null where the library names none),
    ``type`` (libphonenumber's word in lower case; ``unknown`` for what is not valid), ``valid`` and
    ``possible``. An extension is not told: it is for the caller to see that there is none.
    """
    found = find_numbers(text, region)
    return found.e164.to_frame().hstack(found.kinds[found.answer]).select(list(ANSWER))


def find_numbers(text: pl.Series, region: pl.Series) -> Numbers:
    """Return the same as `read_numbers` before it is written out, for who needs some of it."""
    world = table()
    cells = pl.DataFrame({"text": text, "region": region}).with_row_index("row")
    known = known_numbers(cells, world)
    others = cells.filter(pl.repeat(True, cells.height, eager=True).scatter(known["row"], False))
    there = others.filter(pl.col("text").is_not_null()).with_columns(nothing=_is_no_number())
    told = _told_by_library(there.filter(~pl.col("nothing")))
    nowhere = [others.filter(pl.col("text").is_null()), there.filter("nothing").drop("nothing")]
    # What is no number and what the library told are answers like those of the table, behind them.
    kinds = pl.concat(
        [
            world.kinds.with_columns(valid=pl.col("type") != "unknown").select(_JUDGED),
            pl.select(*_NOTHING),
            told.select(_JUDGED),
        ]
    )
    nothing = pl.lit(world.kinds.height, pl.Int32)
    answers = in_order(
        pl.concat(
            [
                known.select("row", "e164", "answer"),
                pl.concat(nowhere).select(
                    "row", pl.lit(None, pl.String).alias("e164"), answer=nothing
                ),
                told.select(
                    "row",
                    "e164",
                    answer=nothing + 1 + pl.int_range(pl.len(), dtype=pl.Int32),
                ),
            ]
        ),
        by="row",
    )
    return Numbers(answers["e164"], answers["answer"], kinds)


def in_order(rows: pl.DataFrame, *, by: str) -> pl.DataFrame:
    """Return the rows without ``by``, which holds each place from 0 once, in its order.

    Sorting would compare what is known already: a fifth of all the time that reading takes.
    """
    places = pl.int_range(rows.height, dtype=pl.UInt32, eager=True)
    order = places.scatter(rows[by], places)
    return rows.drop(by)[order]


def _is_no_number() -> pl.Expr:
    """Tell the cells in which the library finds nothing, without asking it.

    A calling code that there is not is an error to it, unless it is told a region to fall back on.
    """
    digits = pl.col("text").str.replace_many(_MARKS, [""])
    starts = [digits.str.slice(1, length) for length in (1, 2, 3)]
    named = pl.any_horizontal(start.is_in(_CODES) for start in starts)
    nowhere = digits.str.contains(r"^\+[0-9]{4,17}$") & pl.col("region").is_null() & ~named
    return nowhere & (pl.col("text").str.len_bytes() <= _LONGEST_CELL)


def _told_by_library(cells: pl.DataFrame) -> pl.DataFrame:
    """Return ``row`` and what the library says, which is asked once about equal cells."""
    distinct = cells.select("text", told="region").unique()
    answers = distinct.hstack(judge(distinct.iter_rows()))
    asked = cells.rename({"region": "told"})
    return asked.join(answers, on=["text", "told"], nulls_equal=True).select("row", *ANSWER)


def known_numbers(cells: pl.DataFrame, world: Table) -> pl.DataFrame:
    """Return the numbers that the table tells, for some of the ``row``, ``text`` and ``region``.

    The answer has ``row``, ``e164`` and ``answer``, a row of the table's ``kinds``. About the other
    rows the library must be asked.
    """
    counted = _counted_cells(cells)
    tidy = counted.filter("bare")
    if tidy.height + cells["text"].null_count() < cells.height:
        marked = counted.filter(~pl.col("bare")).filter(_is_marked()).select(cells.columns)
        if not marked.is_empty():
            marked = marked.with_columns(pl.col("text").str.replace_many(_MARKS, [""]))
            tidy = pl.concat([tidy, _counted_cells(marked).filter("bare")])
    explicit = tidy.filter("plus").select("row", "number", e164="text")
    domestic = tidy.filter(~pl.col("plus")).select(
        "row",
        plan=pl.col("region").cast(_REGION, strict=False).to_physical().cast(pl.UInt32),
        digits="text",
    )
    read = read_national(domestic.filter(pl.col("plan").is_not_null()), world)
    abroad = _answered(pl.concat([explicit, _counted(read.international)]), world)
    trunk = world.kinds["trunk"].gather(abroad["answer"])
    behind = without_prefix(_behind_the_code(abroad.filter(trunk), world), world)
    at_home = _answered(_counted(pl.concat([behind, read.national])), world)
    return pl.concat([abroad.filter(~trunk), at_home])


def _counted_cells(cells: pl.DataFrame) -> pl.DataFrame:
    """Return the cells with ``plus``, ``number`` and ``bare``: whether the table can know them.

    Those are of nothing but digits, with a plus or without; ``number`` is the digits as one whole
    number: polars makes none of a text with anything else in it but one sign in front.
    """
    length = pl.col("text").str.len_bytes()
    return cells.with_columns(
        number=pl.col("text").cast(pl.Int64, strict=False), plus=pl.col("text").str.starts_with("+")
    ).with_columns(
        bare=(pl.col("number") > 0).fill_null(value=False)
        & pl.when("plus")
        .then(length.is_between(6, 19) & ~pl.col("text").str.starts_with("+0"))
        .otherwise(length.is_between(4, 17))
    )


def _is_marked() -> pl.Expr:
    """Tell the cells in which something stands that the library passes over."""
    text = pl.col("text")
    return text.str.contains_any(_MARKS) & (text.str.len_bytes() <= _LONGEST_CELL)


def _counted(numbers: pl.DataFrame) -> pl.DataFrame:
    return numbers.select(
        "row", pl.col("e164").cast(pl.Int64, strict=False).alias("number"), "e164"
    )


def _answered(numbers: pl.DataFrame, world: Table) -> pl.DataFrame:
    """Return the rows whose number the table knows, with ``answer``."""
    answers = world.numbers.of(numbers["number"])
    return numbers.drop("number").with_columns(answer=answers).filter(pl.col("answer") != ASK)


def _behind_the_code(numbers: pl.DataFrame, world: Table) -> pl.DataFrame:
    """Return the rows as what is dialled in the country of their calling code."""
    country = world.kinds["country"].gather(numbers["answer"])
    code = country.cast(pl.String)
    return numbers.select(
        "row",
        plan=country.replace_strict(_main_plans(), return_dtype=pl.UInt32),
        digits=pl.col("e164").str.slice(1 + code.str.len_bytes()),
        country=code,
    )


@cache
def _main_plans() -> dict[int, int]:
    """Return for each calling code the place of the region whose rules hold behind it."""
    places = {name: place for place, name in enumerate(REGIONS)}
    return {
        country.code: places[country.regions[0]]
        for country in countries()
        if country.regions[0] in places
    }
