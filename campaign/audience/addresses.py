"""Where does the message go?  One normalised address for each row, or the reason why not.

Invariant: exactly one of ``_address`` and ``_address_problem`` is null in every row, and two rows
with the same ``_identity`` reach the same person, in whichever of its forms a number is written.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Literal

import polars as pl

from campaign.audience.apart import judged_apart
from campaign.audience.cells import source_columns, trimmed
from campaign.audience.countries import code_of
from campaign.audience.emails import email_problem, tidy_email
from campaign.audience.phones import REGIONS, phone_expression
from campaign.audience.readings import Reading
from campaign.audience.variants import current
from campaign.errors import InvalidInput, Problem

AddressKind = Literal["number", "email", "user_id"]

_LONGEST_USER_ID = 80
# Space inside, or what cannot be seen (controls, zero-width marks): copied along, not an id.
_NO_USER_ID = r"[\s\p{Cc}\p{Cf}]"

_ANSWER = "_answer:"
_COLUMNS = {
    "address": "_address",
    "identity": "_identity",
    "problem": "_address_problem",
    "region": "_region",
    "type": "_number_type",
    "warning": "_warning",
}
"""What is said of a number, and the column that it goes into."""


def with_addresses(
    frame: pl.LazyFrame,
    *,
    kind: AddressKind,
    column: str,
    country_column: str | None,
    default_region: str | None,
    reading: Reading | None = None,
    apart: Path | None = None,
    through: Callable[[int], None] | None = None,
) -> pl.LazyFrame:
    """Return the frame with ``_address``, ``_identity`` and ``_address_problem`` (all String).

    And with ``_region``, ``_number_type`` and ``_warning`` (a code), which are null where the
    address is no number: see `normalise_phones`. ``_address_detail`` says what to write instead of
    a country's name, and of an old form of a number; null elsewhere.

    ``column`` holds the raw address. For numbers, ``country_column`` holds each row's country (ISO
    3166-1 alpha-2), ``default_region`` is taken where it is empty, and ``reading`` says how to take
    what can be read in two ways. ``_identity`` is what duplicates are judged by: the canonical form
    of the number, the e-mail address in lower case, the user id as it is; null where ``_address``
    is.

    ``apart`` is an empty folder: numbers are then judged at once, before the frame is read for
    anything else, and what they are is kept there as long as the frame is (see `judged_apart`);
    ``through`` is told of each batch how many rows it has.

    A row with nothing in any column of the list has the problem ``empty_row``; see
    `normalise_phones` and `email_problem` for the others, and ``invalid_user_id``.

    Raises:
        InvalidInput: ``default_region`` is not a region.
    """
    if default_region is not None and default_region.strip().upper() not in REGIONS:
        raise InvalidInput(
            Problem(
                f'"{default_region}" is not a country code',
                hint="Two letters as in ISO 3166-1, for example DE, GB (not UK) or US.",
            )
        )
    empty_row = pl.all_horizontal(
        pl.col(name).is_null() for name in source_columns(frame.collect_schema().names())
    )
    nothing = pl.lit(None, pl.String)
    if kind == "number":
        frame = _numbers(frame, column, country_column, default_region, reading, apart, through)
    elif kind == "email":
        frame = frame.with_columns(_address=tidy_email(trimmed(pl.col(column)))).with_columns(
            _identity=pl.col("_address").str.to_lowercase(),
            _address_problem=email_problem(pl.col("_address")),
        )
    else:
        frame = frame.with_columns(_address=trimmed(pl.col(column))).with_columns(
            _identity=pl.col("_address"), _address_problem=_user_id_problem(pl.col("_address"))
        )
    if kind != "number":  # which is there only where nothing is wrong with it
        usable = pl.col("_address_problem").is_null()
        frame = frame.with_columns(
            pl.when(usable).then(pl.col(name)).alias(name) for name in ("_address", "_identity")
        ).with_columns(
            _region=nothing, _number_type=nothing, _warning=nothing, _address_detail=nothing
        )
    # Last, so that nobody who asks for addresses alone has to read all columns: a row with nothing
    # in it has none anyway.
    return frame.with_columns(
        _address_problem=pl.when(empty_row)
        .then(pl.lit("empty_row"))
        .otherwise(pl.col("_address_problem"))
    )


def _numbers(
    frame: pl.LazyFrame,
    column: str,
    country_column: str | None,
    default_region: str | None,
    reading: Reading | None,
    apart: Path | None,
    through: Callable[[int], None] | None,
) -> pl.LazyFrame:
    default = pl.lit(default_region, pl.String)
    region = default if country_column is None else trimmed(pl.col(country_column))
    region = pl.coalesce(region, default)
    if apart is None:
        numbers = phone_expression(column, region, reading).struct.unnest()
        frame = frame.with_columns(numbers.name.prefix(_ANSWER))
    else:
        answers = judged_apart(frame.select(raw=column, region=region), apart, reading, through)
        frame = pl.concat([frame, answers.select(pl.all().name.prefix(_ANSWER))], how="horizontal")
    frame = frame.rename({_ANSWER + name: column for name, column in _COLUMNS.items()})
    problem = pl.col("_address_problem")
    today = current(pl.when(problem == "old_whatsapp_form").then(pl.col(column)))
    if country_column is not None:
        abroad = pl.when(problem == "unknown_region").then(pl.col(country_column))
        today = pl.coalesce(today, pl.format("write {}", code_of(abroad)))
    return frame.with_columns(today.alias("_address_detail"))


def _user_id_problem(address: pl.Expr) -> pl.Expr:
    return (
        pl.when(address.is_null())
        .then(pl.lit("missing_address"))
        .when(address.str.contains(_NO_USER_ID) | (address.str.len_chars() > _LONGEST_USER_ID))
        .then(pl.lit("invalid_user_id"))
        .otherwise(None)
    )
