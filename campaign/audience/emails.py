"""Which e-mail cells are one address that a mail system would take?

Invariant: nothing is repaired except the case of the domain, which has no meaning. The check is
practical, not RFC 5322: it refuses what nobody has (quoted local parts, comments, IP addresses).
"""

from __future__ import annotations

import polars as pl

_LOCAL = r"^[\p{L}\p{M}\p{N}!#$%&*+/=?^_{|}~-][\p{L}\p{M}\p{N}.!#$%&'’*+/=?^_`{|}~-]*$"
_DOMAIN = (
    r"^(?:[\p{L}\p{N}](?:[\p{L}\p{M}\p{N}-]*[\p{L}\p{M}\p{N}])?\.)+"
    r"(?:[\p{L}\p{M}]{2,63}|xn--[a-z0-9-]*[a-z0-9])$"
)
_LONGEST_LOCAL = 64
_LONGEST = 254
_LONGEST_LABEL = r"[^.]{64}"


def tidy_email(cell: pl.Expr) -> pl.Expr:
    """Return the address with its domain in lower case and its local part as it is."""
    domain = cell.str.extract(r"@([^@]*)$")
    local = cell.str.extract(r"^(.*)@[^@]*$")
    return (
        pl.when(domain.is_not_null())
        .then(pl.concat_str(local, pl.lit("@"), domain.str.to_lowercase()))
        .otherwise(cell)
    )


def email_problem(address: pl.Expr) -> pl.Expr:
    """Return ``missing_address``, ``two_addresses``, ``invalid_email``, or null for a tidy cell.

    Lengths are bytes of UTF-8, as mail systems count them: 64 for the local part, 254 in all.
    """
    local = address.str.extract(r"^([^@]*)@")
    domain = address.str.extract(r"@([^@]*)$")
    sound = (
        (address.str.count_matches("@", literal=True) == 1)
        & local.str.contains(_LOCAL)
        & ~local.str.contains(r"\.\.|\.$")
        & domain.str.contains(_DOMAIN)
        & ~domain.str.contains(_LONGEST_LABEL)
        & (local.str.len_bytes() <= _LONGEST_LOCAL)
        & (address.str.len_bytes() <= _LONGEST)
    )
    return (
        pl.when(address.is_null())
        .then(pl.lit("missing_address"))
        .when(sound)
        .then(None)
        .when(address.str.contains(r"@[^@]*[;,\s/|][^@]*@"))
        .then(pl.lit("two_addresses"))
        .otherwise(pl.lit("invalid_email"))
    )
