"""A template's approved text with a recipient's values in its placeholders: what they will read.

It is shown and measured, and never sent: the vendor has the text and gets the values alone.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from campaign.definition.placeholders import Piece, pieces


@dataclass(frozen=True, slots=True)
class Approved:
    """An approved text in its pieces."""

    pieces: tuple[Piece, ...]

    @classmethod
    def of(cls, text: str) -> Approved:
        """Take an approved text apart."""
        return cls(tuple(pieces(text)))

    def expression(self, prefix: str) -> pl.Expr:
        """Return the text for each row, null where a value is.

        The values are in the columns that are named like the placeholders, after ``prefix``.
        """
        return pl.concat_str(
            pl.lit(piece.words)
            if piece.placeholder is None
            else pl.col(f"{prefix}{piece.placeholder}")
            for piece in self.pieces
        )
