"""From a phone cell to one E.164 number, or to the reason why there is none.

Invariant: a number is accepted only if it can be read in exactly one way. ``phonenumbers`` decides
what is valid; where it would pick one of two valid readings without a word, nothing is picked.
"""

from __future__ import annotations

import re

import phonenumbers
import polars as pl

from campaign.audience.cells import trimmed
from campaign.audience.damage import phone_damage, tidy_phone

REGIONS: frozenset[str] = frozenset(phonenumbers.SUPPORTED_REGIONS)
"""The ISO 3166-1 alpha-2 codes (upper case) that numbers can be read for."""

_PUNCTUATED = re.compile(r"[(\[\s]*\+?[\d\s().\-/\[\]~]+")
"""All that may stand around the digits of one number; a parser would skip anything else."""

_SCHEMA = {"address": pl.String, "problem": pl.String, "region": pl.String, "type": pl.String}
_ANSWER = pl.Struct(_SCHEMA)
_TYPES = {
    number: name.lower()
    for name, number in vars(phonenumbers.PhoneNumberType).items()
    if isinstance(number, int)
}
"""What a number is, in libphonenumber's words: mobile, fixed_line, fixed_line_or_mobile …"""


def normalise_phones(raw: pl.Series, region: pl.Series) -> pl.DataFrame:
    """Return, for each cell, ``address`` (E.164) or ``problem`` (reason code), the other is null.

    ``region`` is the country that the number belongs to (ISO 3166-1 alpha-2, or ``001`` for numbers
    of no country) and ``type`` what it is, in libphonenumber's words in lower case; both null
    where there is no address.

    ``raw`` and ``region`` are String columns of the same length: the phone cells, and the country
    of each (ISO 3166-1 alpha-2 in any case, or null). A number that begins with ``+`` needs no
    region. ``00`` in front is read as ``+``, with or without a region, unless the region reads
    these digits as another valid number.

    Codes: those of `phone_damage`; ``missing_address``, ``missing_region``, ``unknown_region``,
    ``invalid_number``, ``ambiguous_number``. Each distinct pair is parsed once.
    """
    cells = pl.DataFrame({"text": raw, "region": region}).select(
        tidy_phone(pl.col("text")), trimmed(pl.col("region")).str.to_uppercase()
    )
    distinct = cells.unique().with_columns(problem=phone_damage(pl.col("text")))
    answers = [
        (None, problem) if problem else read_phone(text, country)
        for text, country, problem in distinct.iter_rows()
    ]
    kinds = [_kind(address) for address, _ in answers]
    answered = distinct.select("text", country="region").hstack(
        pl.DataFrame(
            [(*answer, *kind) for answer, kind in zip(answers, kinds, strict=True)],
            schema=_SCHEMA,
            orient="row",
        ).get_columns()
    )
    return cells.join(
        answered,
        left_on=["text", "region"],
        right_on=["text", "country"],
        how="left",
        nulls_equal=True,
        maintain_order="left",
    ).select("address", "problem", pl.col("region_right").alias("region"), "type")


def phone_expression(column: str, region: pl.Expr) -> pl.Expr:
    """Return a struct of ``address`` and ``problem`` for each cell of the column, batch by batch.

    ``region`` gives the country of each row; see `normalise_phones`.
    """
    return pl.struct(pl.col(column).alias("raw"), region.alias("region")).map_batches(
        _answers, return_dtype=_ANSWER, is_elementwise=True
    )


def _answers(pairs: pl.Series) -> pl.Series:
    return normalise_phones(pairs.struct.field("raw"), pairs.struct.field("region")).to_struct()


def read_phone(text: str | None, region: str | None) -> tuple[str | None, str | None]:
    """Return (E.164, None) or (None, reason code) for one tidy, undamaged cell."""
    if text is None:
        return None, "missing_address"
    digits = phonenumbers.normalize_digits_only(text)
    explicit = "+" in text
    zeros = not explicit and digits.startswith("00")
    if not explicit and region is not None and region not in REGIONS:
        return None, "unknown_region"
    if not explicit and not zeros and region is None:
        # Says more than "invalid", except about a cell that is no number at all.
        return None, "missing_region" if digits else "invalid_number"
    if not _PUNCTUATED.fullmatch(text):
        return None, "invalid_number"
    if explicit:
        return _settled(_valid(text, None))
    international = digits[2:] if zeros else digits
    # No country code begins with 0, and asking costs as much as reading a number.
    abroad = None if international.startswith("0") else _valid("+" + international, None)
    if region is None:
        return _settled(abroad)
    national = _valid(text, region)
    if abroad and national and abroad != national:
        return None, "ambiguous_number"
    # Digits without any prefix are what the region makes of them; that they would also be somebody
    # abroad is no reason to write to that person.
    return _settled(national or (abroad if zeros else None))


def _settled(number: str | None) -> tuple[str | None, str | None]:
    return (number, None) if number else (None, "invalid_number")


def _valid(text: str, region: str | None) -> str | None:
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None
    if number.extension or not phonenumbers.is_valid_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _kind(address: str | None) -> tuple[str | None, str | None]:
    """Return the region and the type of a valid number."""
    if address is None:
        return None, None
    number = phonenumbers.parse(address)
    return phonenumbers.region_code_for_number(number), _TYPES[phonenumbers.number_type(number)]
