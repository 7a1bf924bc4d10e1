"""Phone cells that were damaged before they came here, named before any parser sees them.

Invariant: a repair is silent only where no digit is at stake, and one that takes digits off or puts
them in order is told as a warning, and done only where every digit that was meant is still there. A
parser is generous (it turns letters into digits and drops extensions); here generosity would reach
strangers.
"""

from __future__ import annotations

from functools import cache

import polars as pl

from campaign.audience.cells import INVISIBLE, SPACES, trimmed

_FULL_WIDTH = {chr(0xFEE0 + code): chr(code) for code in range(0x21, 0x7F)}
_DASHES = dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63", "-")
_ONE_CHARACTER = (
    _FULL_WIDTH | _DASHES | dict.fromkeys((char for char in SPACES if char not in " \n\r"), " ")
)

_EXTENSION_WORD = (
    r"(?:ext(?:n|ension)?|extensión|durchwahl|dw|poste|anexo|interno?|ramal|toestel|доб)"
)
_OR = r"(?:or|and|oder|und|bzw|ou|et|oppure|ed?|of|en|или|[oyeu])"

_APOSTROPHE = r"^['’‘`´]"
# Without a point: what stands behind one may be no digit of the number (`_DECIMAL`).
_MARKED = r"^['’‘`´]\s*(\(?\+?[0-9][0-9 ()\-/]*)$"
_SCIENTIFIC = r"^[+-]?\d+(?:[.,]\d+)?[eE][+-]?\d{1,3}$"
_DECIMAL = r"^[+-]?\d+[.,]0+$"
# Longer than any local number and no longer than E.164 allows (ITU-T E.164, 6.2.1: 15 digits).
_WHOLE_DECIMAL = r"^(\+?\d{7,15})[.,]0+$"
# A spreadsheet writes one digit in front, or up to three where exponents go in steps of three.
_MANTISSA = r"^(\+?)(\d{1,3})(?:[.,](\d+))?[eE]\+?(\d{1,2})$"
_EXTENSION = (
    rf"(?i)(?:(?:^|[^x])x|#|;\s*ext\s*=|\b{_EXTENSION_WORD}\s*[.:=]*)\s*\d{{1,7}}\s*[#)]?$"
    # A comma is a dialling pause: few digits behind a whole number are keyed in after it.
    r"|\d{3}[\s\-]*,+[\s,]*\d{1,5}\s*#?$"
)
_TWO = (
    # A mark that no single number contains, with enough digits for a number on both sides …
    rf"(?i)(?:\d[\s().\-/]*){{6}}(?:[;|&,\n\r]|\b{_OR}\b)[^\p{{L}}\d]*(?:\d[\s().\-/]*){{6}}"
    # … or a second plus.
    r"|\+.*\d.*\+\d"
)
_LETTER = r"\p{L}"


def tidy_phone(cell: pl.Expr) -> pl.Expr:
    """Return the phone cell as plain text: what was typed, in the characters of a keyboard.

    Digits of other scripts, Unicode spaces and hyphens become ordinary ones; invisible marks, a
    ``tel:`` in front and the ``="…"`` with which exports keep spreadsheets from calculating are
    dropped. Null where nothing remains.
    """
    text = cell.str.replace_many(_ONE_CHARACTER | _digits())
    text = text.str.replace_many(list(INVISIBLE), [""])
    text = text.str.strip_chars().str.replace(r'^="(.*)"$', "${1}")
    return trimmed(text.str.replace(r"(?i)^tel:\s*", ""))


@cache
def _digits() -> dict[str, str]:
    """Return the decimal digits of every script as those of ASCII, which they stand for."""
    return {char: str(int(char)) for char in map(chr, range(0x80, 0x20000)) if char.isdecimal()}


def repaired_phone(text: pl.Expr) -> tuple[pl.Expr, pl.Expr]:
    """Return the tidy cell without the damage that can be undone, and a warning code for it.

    ``repaired_decimal``: ``.0`` behind a whole number is taken off. ``repaired_scientific``: a
    number in scientific notation is written out, where the digits that the exponent asks for are
    all there. ``repaired_apostrophe``: Excel's text mark in front of nothing but a number is taken
    off. Null where nothing was repaired. No two of them apply to one cell.
    """
    decimal = text.str.extract(_WHOLE_DECIMAL, 1)
    scientific = _written_out(text)
    marked = text.str.extract(_MARKED, 1)
    repaired = pl.coalesce(decimal, scientific, marked, text)
    code = (
        pl.when(decimal.is_not_null())
        .then(pl.lit("repaired_decimal"))
        .when(scientific.is_not_null())
        .then(pl.lit("repaired_scientific"))
        .when(marked.is_not_null())
        .then(pl.lit("repaired_apostrophe"))
        .otherwise(None)
    )
    return repaired, code


def _written_out(text: pl.Expr) -> pl.Expr:
    """Return ``4.47911123456E+11`` as ``447911123456``, or null where a digit is not there."""
    plus, whole, fraction, exponent = (text.str.extract(_MANTISSA, group) for group in range(1, 5))
    fraction, places = fraction.fill_null(""), exponent.cast(pl.UInt32)
    digits = whole + fraction.str.slice(0, places)
    rest = fraction.str.slice(places)
    complete = (
        (fraction.str.len_chars() >= places)
        & ~rest.str.contains("[^0]")
        & digits.str.len_chars().is_between(7, 15)
    )
    return pl.when(complete).then(plus + digits)


def phone_damage(text: pl.Expr) -> pl.Expr:
    """Return the reason code for what is wrong with a tidy phone cell, or null.

    ``excel_apostrophe``, ``excel_scientific``, ``excel_decimal``, ``number_with_extension``,
    ``two_numbers``, ``number_with_letters``; the first that applies.
    """
    return (
        pl.when(text.str.contains(_APOSTROPHE))
        .then(pl.lit("excel_apostrophe"))
        .when(text.str.contains(_SCIENTIFIC))
        .then(pl.lit("excel_scientific"))
        .when(text.str.contains(_DECIMAL))
        .then(pl.lit("excel_decimal"))
        .when(text.str.contains(_TWO) | _two_around_a_slash(text))
        .then(pl.lit("two_numbers"))
        .when(text.str.contains(_EXTENSION))
        .then(pl.lit("number_with_extension"))
        .when(text.str.contains(_LETTER))
        .then(pl.lit("number_with_letters"))
        .otherwise(None)
    )


def _two_around_a_slash(text: pl.Expr) -> pl.Expr:
    """Tell two numbers from one whose area code is set off by a slash, as in ``030/123456``.

    Two: more digits than E.164 has; or a whole number, then another that begins with its own prefix
    (``0171 1234567 / 0172 7654321``) or with other last digits (``030 1234567 / 68``).
    """
    digits = text.str.replace_all(r"\(0\)", "")
    before = digits.str.extract(r"^(.*)/").str.count_matches(r"\d")
    after = digits.str.extract(r"/([^/]*)$")
    follows = after.str.count_matches(r"\d")
    return (
        pl.when(text.str.contains("/", literal=True))
        .then(
            (before + follows > 17)
            | ((before >= 7) & (follows >= 6) & after.str.contains(r"^\s*(?:\+|\(?0)"))
            | ((before >= 8) & follows.is_between(1, 3))
        )
        .otherwise(False)
    )
