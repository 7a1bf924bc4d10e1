"""Numbers that WhatsApp knows under more than one spelling, as one key.

Invariant: the key is only compared, never sent to: which spelling reaches somebody is WhatsApp's
to say, and a number that somebody "repaired" became a second contact of the same person
(https://github.com/devlikeapro/waha/issues/1516). Two numbers have one key only if they are known
to be spellings of one.

- Mexico: older identities have a 1 behind the ``+52`` that the number has not
  (https://github.com/chatwoot/chatwoot/issues/14048).
- Argentina: the 9 behind ``+54`` marks a mobile; identities come with it and without
  (https://github.com/chatwoot/chatwoot/pull/14264).
- Brazil: mobile numbers got a 9 in front of eight digits, and identities made before that keep
  eight; not so in the area codes 11 to 19, 21, 22, 24, 27 and 28, which are all that begin with 1
  or 2. Integrators of WhatsApp say so (Zoho, green-api, whapi); Meta has no document about it.
  Eight digits that begin with 7 are mobile numbers of their own in libphonenumber's metadata
  (9.0.43), so those with a 9 in front are others.
"""

from __future__ import annotations

import polars as pl

_MEXICO = (r"^\+521([0-9]{10})$", "+52${1}")
_ARGENTINA = (r"^\+549([0-9]{10})$", "+54${1}")
_BRAZIL = (r"^\+55([3-9][0-9])9([689][0-9]{7})$", "+55${1}${2}")


def canonical(e164: pl.Series) -> pl.Series:
    """Return, for each E.164 number, the key that it shares with its other spellings.

    Numbers of all other countries are their own key; null stays null.
    """
    key = pl.col("number")
    for pattern, shortened in (_MEXICO, _ARGENTINA, _BRAZIL):
        key = key.str.replace(pattern, shortened)
    doubtful = e164.str.contains(r"^\+5[245]")
    if not doubtful.any():
        return e164
    return (
        e164.to_frame("number")
        .select(pl.when(doubtful).then(key).otherwise("number").alias(e164.name))
        .to_series()
    )
