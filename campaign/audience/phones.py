"""From phone cells to E.164 numbers, or to the reasons why there are none.

Invariant: a number is accepted only if it can be read in exactly one way. ``phonenumbers`` decides
what is valid; where it would pick one of two readings without a word, nothing is picked. All of it
is done over whole columns.

How ``00`` is read, which ITU-T E.123 leaves to each country: as ``+``, with or without a region,
unless the region makes another number of the same digits.
"""

from __future__ import annotations

import phonenumbers
import polars as pl

from campaign.audience.cells import trimmed
from campaign.audience.damage import phone_damage, repaired_phone, tidy_phone
from campaign.audience.numbering import find_numbers, in_order
from campaign.audience.readings import NONE, POSSIBLE, Reading, settled, standings
from campaign.audience.variants import canonical, current

REGIONS: frozenset[str] = frozenset(phonenumbers.SUPPORTED_REGIONS)
"""The ISO 3166-1 alpha-2 codes (upper case) that numbers can be read for."""

# Nothing can be wrong with how such a cell is written, and nearly all cells of most lists are such.
_PLAIN = r"^\+[1-9][0-9]{6,14}$"

# A number as people write it, of which nothing needs mending either. One point alone could be that
# of a decimal number.
_ORDERLY = r"^\(?\+?[0-9][0-9 ()\-]*(?:\.[0-9 ()\-]*\.[0-9 ().\-]*)?[0-9]$"
_AROUND = list(" ().-")

# All that may stand around the digits of one number; a parser would skip anything else. No tilde:
# libphonenumber takes what follows it for an extension.
_PUNCTUATED = r"^[(\[\s]*\+?[0-9\s().\-/\[\]]+$"

_ANSWER = {
    "address": pl.String,
    "identity": pl.String,
    "problem": pl.String,
    "region": pl.String,
    "type": pl.String,
    "warning": pl.String,
}


def normalise_phones(
    raw: pl.Series, region: pl.Series, reading: Reading | None = None
) -> pl.DataFrame:
    """Return, for each cell, ``address`` (E.164) or ``problem`` (reason code), the other is null.

    ``identity`` is what an address is compared by, see `canonical`; ``region`` the country that it
    belongs to (ISO 3166-1 alpha-2, or ``001`` for numbers of no country) and ``type`` what it is,
    in libphonenumber's words in lower case; ``warning`` the code for what a person should know
    about it: those of `repaired_phone`, or ``number_not_known``. All null where there is no
    address.

    ``raw`` and ``region`` are String columns of the same length: the phone cells, and the country
    of each (ISO 3166-1 alpha-2 in any case, or null). A number that begins with ``+`` needs no
    region.

    Codes: those of `phone_damage`; ``missing_address``, ``missing_region``, ``unknown_region``,
    ``invalid_number``, ``old_whatsapp_form``, ``ambiguous_number``.
    """
    reading = reading or Reading()
    easy, others = _parted(pl.DataFrame({"raw": raw, "region": region}).with_row_index("_at"))
    others = _others(others, reading)
    # All readings of all cells at once: to ask costs more than what is asked.
    abroad, home = others.select(_abroad(), _home()).get_columns()
    texts = [easy["text"], abroad, home]
    nowhere = pl.repeat(None, easy.height + others.height, dtype=pl.String, eager=True)
    found = find_numbers(pl.concat(texts), pl.concat([nowhere, others["country"]]))
    readings = pl.DataFrame({"e164": found.e164, "standing": standings(found, reading)})
    readings = readings.with_row_index("place")
    chosen = _international(easy["_at"], readings.head(easy.height))
    if others.height:
        both = others.select("_at", "problem", "repair", "explicit", "zeros", "said").hstack(
            [
                *_prefixed(readings.slice(easy.height, others.height), "abroad"),
                *_prefixed(readings.tail(others.height), "home"),
            ]
        )
        national_only = reading.digits_are_international == "no"
        chosen = pl.concat([chosen, settled(both, national_only=national_only)])
    chosen = in_order(chosen, by="_at")
    chosen = chosen.with_columns(problem=_of_an_old_form(raw, chosen))
    answer = found.at(chosen["place"]).rename({"e164": "address"}).hstack(chosen.drop("place"))
    return answer.with_columns(canonical(answer["address"]).alias("identity")).select(list(_ANSWER))


def phone_expression(column: str, region: pl.Expr, reading: Reading | None = None) -> pl.Expr:
    """Return a struct of what `normalise_phones` says of each cell of the column, batch by batch.

    ``region`` gives the country of each row.
    """

    def answers(pairs: pl.Series) -> pl.Series:
        cells, regions = pairs.struct.field("raw"), pairs.struct.field("region")
        return normalise_phones(cells, regions, reading).to_struct()

    return pl.struct(pl.col(column).alias("raw"), region.alias("region")).map_batches(
        answers, return_dtype=pl.Struct(_ANSWER), is_elementwise=True
    )


def _parted(cells: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the cells with a plus, which read in one way, and all others, in another order.

    The first have ``_at`` and ``text``, the others whether they are ``orderly`` too.
    """
    plain = cells["raw"].str.contains(_PLAIN).fill_null(value=False)
    bare, rest = cells.filter(plain), cells.filter(~plain)
    rest = rest.with_columns(orderly=pl.col("raw").str.contains(_ORDERLY).fill_null(value=False))
    plus = pl.col("raw").str.starts_with("+") | pl.col("raw").str.starts_with("(+")
    marked = rest.select(pl.col("orderly") & plus).to_series()
    easy = pl.concat(
        [
            bare.select("_at", text="raw"),
            rest.filter(marked).select("_at", text=pl.col("raw").str.replace_many(_AROUND, [""])),
        ]
    )
    return easy, rest.filter(~marked)


def _international(at: pl.Series, found: pl.DataFrame) -> pl.DataFrame:
    """Return which cells of nothing but a plus and digits are numbers, as `settled` does."""
    number = pl.col("standing") != NONE
    return found.select(
        at,
        pl.when(number).then("place").alias("place"),
        pl.when(~number).then(pl.lit("invalid_number")).alias("problem"),
        pl.when(pl.col("standing") == POSSIBLE).then(pl.lit("number_not_known")).alias("warning"),
    )


def _of_an_old_form(raw: pl.Series, chosen: pl.DataFrame) -> pl.Series:
    """Return the problems, with numbers that exist as `current` writes them told from the others.

    ``chosen`` has the ``problem`` of each cell, in their order.
    """
    problem = chosen["problem"]
    wrong = (problem == "invalid_number").fill_null(value=False).arg_true()
    cells = pl.DataFrame({"at": wrong, "old": raw.gather(wrong)})
    old = cells.with_columns(new=current(pl.col("old"))).filter(pl.col("new") != pl.col("old"))
    if old.is_empty():
        return problem
    nowhere = pl.repeat(None, old.height, dtype=pl.String, eager=True)
    known = find_numbers(old["new"], nowhere).told("valid").fill_null(value=False)
    return problem.scatter(old["at"].filter(known), "old_whatsapp_form")


def _others(cells: pl.DataFrame, reading: Reading) -> pl.DataFrame:
    """Return all other cells, in another order, with their damage mended or named."""
    digits = pl.col("digits")
    return (
        _mended(cells)
        .lazy()
        .with_columns(
            explicit=pl.col("text").str.contains("+", literal=True),
            country=_country(cells["region"]),
        )
        .with_columns(zeros=~pl.col("explicit") & digits.str.starts_with("00"))
        .with_columns(
            # No country code begins with 0, so digits that do are national whatever was said.
            said=pl.lit(reading.digits_are_international == "yes")
            & ~pl.col("explicit")
            & ~digits.str.starts_with("0"),
        )
        .with_columns(problem=_unreadable())
        .collect()
    )


def _country(region: pl.Series) -> pl.Expr:
    """Return the countries as their codes are written."""
    known = region.is_null() | region.is_in(list(REGIONS))
    return pl.col("region") if known.all() else trimmed(pl.col("region")).str.to_uppercase()


def _mended(cells: pl.DataFrame) -> pl.DataFrame:
    """Return the cells, in another order, and what reading them needs.

    ``text``, the ``digits`` in it, ``repair`` (a warning code), ``damage`` (a reason code), and
    whether the digits are ``punctuated`` as those of one number may be.
    """
    raw, nothing = pl.col("raw"), pl.lit(None, pl.String)
    damaged = cells.filter(~pl.col("orderly"))
    # What is no number, and what lost its digits, is often the same text: each is looked at once.
    told = _looked_at(damaged["raw"].unique())
    return pl.concat(
        [
            cells.filter("orderly").with_columns(
                text=raw,
                repair=nothing,
                damage=nothing,
                punctuated=pl.lit(value=True),
                digits=raw.str.replace_many(_AROUND, [""]),
            ),
            damaged.join(told, on="raw", how="left", nulls_equal=True),
        ]
    )


def _looked_at(raw: pl.Series) -> pl.DataFrame:
    repaired, repair = repaired_phone(pl.col("text"))
    # Lazily, for the patterns that more than one column asks about are tried once then.
    return (
        raw.to_frame("raw")
        .lazy()
        .with_columns(text=tidy_phone(pl.col("raw")))
        .with_columns(text=repaired, repair=repair)
        .with_columns(
            damage=phone_damage(pl.col("text")),
            punctuated=pl.col("text").str.contains(_PUNCTUATED),
            digits=pl.col("text").str.replace_all("[^0-9]", ""),
        )
        .collect()
    )


def _unreadable() -> pl.Expr:
    """Return why a cell cannot be read at all, or null. Nothing is asked of a parser yet."""
    country, digits = pl.col("country"), pl.col("digits")
    national = ~pl.col("explicit") & ~pl.col("said")
    known = country.is_in(list(REGIONS))
    return (
        pl.when(pl.col("text").is_null())
        .then(pl.lit("missing_address"))
        .when(pl.col("damage").is_not_null())
        .then(pl.col("damage"))
        .when(national & country.is_not_null() & ~known)
        .then(pl.lit("unknown_region"))
        # Says more than "invalid", except about a cell that is no number at all.
        .when(national & ~pl.col("zeros") & country.is_null() & (digits != ""))
        .then(pl.lit("missing_region"))
        .when(~pl.col("punctuated"))
        .then(pl.lit("invalid_number"))
        .otherwise(None)
    )


def _abroad() -> pl.Expr:
    """Return the text to read as an international number, or null."""
    digits = pl.col("digits")
    international = pl.when(pl.col("zeros")).then(digits.str.slice(2)).otherwise(digits)
    return (
        pl.when(pl.col("problem").is_not_null())
        .then(None)
        .when(pl.col("explicit"))
        .then(pl.lit("+") + digits)
        .when(~international.str.starts_with("0"))
        .then(pl.lit("+") + international)
        .alias("abroad")
    )


def _home() -> pl.Expr:
    """Return the text to read as a number of the row's own country, or null."""
    asked = pl.col("problem").is_null() & ~pl.col("explicit") & ~pl.col("said")
    return pl.when(asked & pl.col("country").is_not_null()).then(pl.col("digits")).alias("home")


def _prefixed(frame: pl.DataFrame, what: str) -> list[pl.Series]:
    return [column.alias(f"{what}:{column.name}") for column in frame]
