"""Who must not be messaged? Suppression lists, as strict as a recipient list or stricter.

Invariant: an entry is either a person who is then never messaged, or an error. A line that cannot
be read might be somebody who opted out, so it stops the run instead of being passed over. An
invalid number too: one digit more or less, and it is somebody. Whoever is listed under one form of
a number (`canonical`) is not messaged under another. Who keeps no addresses writes ``sha256:`` and
the SHA-256 of the normalised address.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import polars as pl

from campaign.audience.addresses import AddressKind, with_addresses
from campaign.audience.headers import normalise_header
from campaign.audience.reading import RecipientList, open_list
from campaign.audience.readings import Reading
from campaign.audience.variants import current
from campaign.errors import InvalidInput, Problem
from campaign.reasons import advice, sentence

_SHOWN = 20
_HARMLESS = ("empty_row", "missing_address")
_ENTRY = {"entry": pl.String, "country": pl.String, "_row": pl.UInt32}
_HASHED = r"^\s*(?i:sha256):[0-9a-fA-F]{64}\s*$"
# A first line that cannot be read is a header, unless it looks like somebody's address.
_LIKE_AN_ADDRESS = {"number": re.compile(r"(?:\d.*){6}"), "email": re.compile("@")}


def read_suppressed(
    files: Sequence[Path],
    *,
    kind: AddressKind,
    column: str,
    default_region: str | None,
    country: str | None = None,
    reading: Reading | None = None,
) -> pl.Series:
    """Return the identities on the lists (or their hashes), sorted, each once.

    A list has a column of that name, or one column only, whose header may be missing. Numbers in
    national form are read as in the recipient list: by the column ``country`` where the definition
    names one, else by ``default_region``, and as ``reading`` says. A number whose canonical form is
    another one is there in both: a plan that was made before the two were one has the number
    itself.

    Raises:
        InvalidInput: a file cannot be read, has no such column, or has entries that cannot be
            told to be somebody or nobody.
    """
    found = [_read(file, kind, column, default_region, country, reading) for file in files]
    if not found:
        return pl.Series("identity", [], dtype=pl.String)
    return pl.concat(found).unique().sort()


def read_entries(
    entries: Sequence[str],
    *,
    kind: AddressKind,
    default_region: str | None,
    reading: Reading | None = None,
) -> list[tuple[str, str]]:
    """Return the identity and the address that each entry stands for; a hash is both itself.

    Raises:
        InvalidInput: some are nobody's address; each is named.
    """
    rows = {"entry": entries, "country": [None] * len(entries), "_row": range(len(entries))}
    found = _judged(pl.LazyFrame(rows, schema=_ENTRY), kind, None, default_region, reading)
    wrong = found.filter(pl.col("_address_problem").is_not_null()).select(
        "entry", "_address_problem"
    )
    if wrong.height:
        raise InvalidInput(
            [
                Problem(f"{entry!r}: {sentence(code)}", hint=advice(code))
                for entry, code in wrong.iter_rows()
            ]
        )
    address = pl.coalesce("_address", "_identity")
    return found.select("_identity", address.alias("address")).rows()


def _judged(
    frame: pl.LazyFrame,
    kind: AddressKind,
    country_column: str | None,
    default_region: str | None,
    reading: Reading | None,
) -> pl.DataFrame:
    """Return the entries with their identities, or why they are nobody's; a hash is one itself."""
    hashed = pl.col("entry").str.contains(_HASHED)
    identity = pl.col("entry").str.strip_chars().str.to_lowercase()
    entry = current(pl.col("entry")) if kind == "number" else pl.col("entry")
    return (
        with_addresses(
            frame.with_columns(entry.alias("_entry")),
            kind=kind,
            column="_entry",
            country_column=country_column,
            default_region=default_region,
            reading=reading,
        )
        .with_columns(
            _identity=pl.when(hashed).then(identity).otherwise(pl.col("_identity")),
            _address_problem=pl.when(~hashed.fill_null(False)).then(pl.col("_address_problem")),
        )
        .collect()
    )


def _read(
    file: Path,
    kind: AddressKind,
    column: str,
    default_region: str | None,
    country: str | None,
    reading: Reading | None,
) -> pl.Series:
    with open_list([file], rows_required=False) as lst:
        name = _column(lst, file, column)
        place = None if country is None else _named(lst, country)
        if country is not None and place is None:
            # The recipient list has several countries, so no default can be right for all.
            default_region = None

        region = pl.lit(None, pl.String) if place is None else pl.col(place)
        # Under names of our own: with_addresses takes a name like "_id" for one of the project's.
        country_column = None if place is None else "country"
        found = _judged(
            lst.frame.select("_file", "_row", pl.col(name).alias("entry"), region.alias("country")),
            kind,
            country_column,
            default_region,
            reading,
        )
        if _named(lst, column) is None:
            # One column under another name: its "header" may be the first entry.
            header = lst.headers[name]
            first = _judged(
                pl.LazyFrame({"entry": [header], "country": [None], "_row": [1]}, schema=_ENTRY),
                kind,
                country_column,
                default_region,
                reading,
            )
            looks = kind in _LIKE_AN_ADDRESS and _LIKE_AN_ADDRESS[kind].search(header)
            if looks or first["_address_problem"].is_null().all():
                columns = ["_row", "entry", "_address", "_identity", "_address_problem"]
                found = pl.concat([first.select(columns), found.select(columns)])
    unclear = found.filter(
        pl.col("_address_problem").is_not_null() & ~pl.col("_address_problem").is_in(_HARMLESS)
    )
    if unclear.height:
        raise InvalidInput(_problems(file, unclear))
    identities = [found["_identity"]]
    if kind == "number":
        identities.append(found["_address"].alias("_identity"))
    return pl.concat(identities).drop_nulls()


def _column(lst: RecipientList, file: Path, column: str) -> str:
    name = _named(lst, column)
    if name is not None:
        return name
    if len(lst.headers) == 1:
        return next(iter(lst.headers))
    raise InvalidInput(
        Problem(
            f"the suppression list has no column {column!r}",
            file,
            1,
            hint=f"It has: {', '.join(lst.headers.values())}. Name one of them {column}.",
        )
    )


def _named(lst: RecipientList, column: str) -> str | None:
    names = (column, normalise_header(column))
    return next((name for name in names if name in lst.headers), None)


def _problems(file: Path, unclear: pl.DataFrame) -> list[Problem]:
    problems = [
        Problem(
            f"{value!r} on the suppression list cannot be read: {sentence(code)}",
            file,
            row,
            hint="Correct the line or take it out; nobody is messaged while it is unclear.",
        )
        for row, value, code in unclear.select("_row", "entry", "_address_problem")
        .head(_SHOWN)
        .iter_rows()
    ]
    if unclear.height > _SHOWN:
        problems.append(Problem(f"and {unclear.height - _SHOWN} more lines like these", file))
    return problems
