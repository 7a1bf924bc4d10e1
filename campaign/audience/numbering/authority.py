"""One number after another by ``phonenumbers`` itself: the measure of everything in this room.

Invariant: whatever the tables do not decide is decided here, so that the room as a whole says what
the library says.
"""

from __future__ import annotations

from collections.abc import Iterable

import phonenumbers
import polars as pl
from phonenumbers.re_util import enable_pattern_cache

TYPES: dict[int, str] = {
    number: name.lower()
    for name, number in vars(phonenumbers.PhoneNumberType).items()
    if isinstance(number, int)
}
"""What a number is, in libphonenumber's words: mobile, fixed_line, fixed_line_or_mobile …"""

ANSWER = {
    "e164": pl.String,
    "region": pl.String,
    "type": pl.String,
    "valid": pl.Boolean,
    "possible": pl.Boolean,
}

Answer = tuple[str | None, str | None, str | None, bool, bool]
"""A row of `ANSWER`."""

_NO_NUMBER: Answer = (None, None, None, False, False)


def judged(text: str | None, region: str | None) -> Answer:
    """Return what the library says about one cell; nothing and False if it cannot parse it."""
    try:
        number = phonenumbers.parse(text or "", region)
    except phonenumbers.NumberParseException:
        return _NO_NUMBER
    kind = phonenumbers.number_type(number)
    return (
        phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164),
        phonenumbers.region_code_for_number(number),
        TYPES[kind],
        # The library calls a number valid if it has a type, see is_valid_number_for_region.
        kind != phonenumbers.PhoneNumberType.UNKNOWN,
        phonenumbers.is_possible_number(number),
    )


def judge(cells: Iterable[tuple[str | None, str | None]]) -> pl.DataFrame:
    """Return a row of `ANSWER` for each text and region."""
    enable_pattern_cache()
    return pl.DataFrame([judged(*cell) for cell in cells], schema=ANSWER, orient="row")
