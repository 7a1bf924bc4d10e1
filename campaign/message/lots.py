"""Drawing lots, so that the same person always draws the same number, on every machine.

Invariant: the number depends on nothing but the purpose, the seed and the identity. It is the first
32 bits of SHA-256, so neither a version of this program nor one of its libraries can move anybody
to another group, and any other program can compute it
([experiments](../../docs/how-to/experiments.md)).
"""

from __future__ import annotations

import math
from hashlib import sha256
from typing import Literal

import polars as pl

NUMBERS = 2**32
"""How many different numbers there are: 0 and all below this."""


def lot(purpose: Literal["holdout", "variant"], seed: str, identity: pl.Expr) -> pl.Expr:
    """Return the number that each identity draws (UInt32); null where there is no identity.

    The purpose keeps the draws apart: who is in the holdout says nothing about the variant.
    """
    before = f"{purpose}:{seed}:".encode()

    def draw(identities: pl.Series) -> pl.Series:
        drawn = [
            None if one is None else int.from_bytes(sha256(before + one.encode()).digest()[:4])
            for one in identities
        ]
        return pl.Series(drawn, dtype=pl.UInt32)

    return identity.map_batches(draw, return_dtype=pl.UInt32, is_elementwise=True)


def end_of(share: float) -> pl.Expr:
    """Return the first number that is beyond a share, which is given in hundredths."""
    return pl.lit(math.ceil(share / 100 * NUMBERS), dtype=pl.Int64)
