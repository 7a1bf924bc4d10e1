"""Numbers that are written in two ways and ring one telephone.

WhatsApp knows some accounts under a number that is not how one dials them: Mexican mobiles with a 1
behind the country code, Argentine ones with or without the 9, Brazilian ones without their ninth
digit. Both forms are seen in lists and in what vendors report. Invariant: the canonical form is a
key to compare by and never an address: nobody is sent to under a number that is not on the list.

Sources, all of them observations of incoming WhatsApp ids: chatwoot/chatwoot, pull requests 14174
(Mexico) and 14264 (Argentina); devlikeapro/waha, pull request 1976 (Brazil: without the ninth
digit, 2 to 5 begin fixed lines). Eight digits that begin with 7 are Brazilian mobile numbers of
their own in libphonenumber's metadata, so those with a 9 in front belong to others.
"""

from __future__ import annotations

import re

import polars as pl

from campaign.audience.among import among

# Anything else is its own canonical form, at the price of one look.
_CONCERNED = "+5"
_LONG = r"^\+(?:521\d{10}|549\d{10}|55\d{2}9[689]\d{7})$"
"""The form with a digit more. Without its 9, a Brazilian number that begins with 2 to 5 is a fixed
line of somebody."""
_BRAZIL = "+55"
_SHORT = (
    (re.compile(r"\+52(\d{10})"), r"+521\1"),
    (re.compile(r"\+54(\d{10})"), r"+549\1"),
    (re.compile(r"\+55(\d{2})([689]\d{7})"), r"+55\g<1>9\2"),
)
"""The forms without that digit, and what they are with it."""
_OLD_FORMS = (
    (r"^(?:\+|00)521(\d{10})$", "+52${1}"),
    (r"^(?:\+|00)55(\d{2})([689]\d{7})$", "+55${1}9${2}"),
)
# A zero behind the point is no digit of the number (`repaired_phone`).
_DECIMAL = r"^(\+?\d{7,15})[.,]0+$"
_PUNCTUATION = r"[\s().\-/]"


def canonical(numbers: pl.Series) -> pl.Series:
    """Return one form for all forms of each E.164 number: what identities are compared by."""
    concerned = numbers.str.starts_with(_CONCERNED).arg_true()
    among = numbers.gather(concerned)
    long = among.str.contains(_LONG)
    if not long.any():
        return numbers
    spelt = among.filter(long).to_frame("number").select(_without_digit(pl.col("number")))
    return numbers.clone().scatter(concerned.filter(long), spelt.to_series())


def _without_digit(number: pl.Expr) -> pl.Expr:
    """Return the number without the digit that its long form has more."""
    # It stands behind the country code, in Brazil behind the area code.
    brazilian = number.str.slice(0, 5) + number.str.slice(6)
    return (
        pl.when(number.str.starts_with(_BRAZIL))
        .then(brazilian)
        .otherwise(number.str.slice(0, 3) + number.str.slice(4))
    )


def forms_of(identity: str) -> set[str]:
    """Return a number in each form of which ``identity`` is the canonical one; any text as it is.

    To find what somebody kept who knew only the other form.
    """
    found = {identity}
    for short, long in _SHORT:
        if match := short.fullmatch(identity):
            found.add(match.expand(long))
    return found


def current(text: pl.Expr) -> pl.Expr:
    """Return a cell with an old form of a number as it is dialled today, any other as it is.

    For lists that must not miss anybody, and to say what is meant by a number that is refused: no
    parser takes the old forms for numbers.
    """
    bare = text.str.replace(_DECIMAL, "${1}").str.replace_all(_PUNCTUATION, "")
    for pattern, instead in _OLD_FORMS:
        text = (
            pl.when(bare.str.contains(pattern))
            .then(bare.str.replace(pattern, instead))
            .otherwise(text)
        )
    return text


def in_two_forms(rows: pl.LazyFrame) -> pl.Series:
    """Return the identities that stand under more than one number in ``identity``, ``address``.

    An e-mail address is another than its identity for its upper case alone, which is no form.
    """
    people = rows.select("identity", "address").filter(
        ~pl.col("address").str.contains("@", literal=True)
    )
    differs = pl.col("identity") != pl.col("address")
    # Hashes, for the texts of a long list would be most of its memory; two people have the same one
    # of 64 bits in none of ten thousand lists of ten million, and are compared as texts then.
    named = pl.col("identity").hash()
    other = people.filter(differs).select(named.unique()).collect(engine="streaming")
    found = other.to_series().sort()
    if found.is_empty():  # as in most lists, which need not be read a second time
        return pl.Series("identity", [], dtype=pl.String)
    pairs = people.select(named, pl.col("address").hash()).filter(among(found, pl.col("identity")))
    twice = (
        pairs.collect(engine="streaming")
        .group_by("identity")
        .agg(pl.col("address").min() != pl.col("address").max())
        .filter("address")["identity"]
        .sort()
    )
    return (
        people.filter(among(twice, named))
        .group_by("identity")
        .agg(pl.col("address").n_unique())
        .filter(pl.col("address") > 1)
        .collect(engine="streaming")["identity"]
    )
