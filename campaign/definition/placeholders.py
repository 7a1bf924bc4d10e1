"""The placeholders in a template's approved text, as Meta writes them: ``{{1}}`` or ``{{name}}``.

It looks like Jinja and is not: nothing here is ever rendered as Jinja, and a placeholder is no
column of the list. Invariant: the pieces, put together again, are the text.

Source: Meta, WhatsApp templates, "Overview" (parameter formats).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_BRACES = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)
_NUMBER = re.compile(r"[1-9][0-9]*")
_NAME = re.compile(r"[a-z_][a-z0-9_]*")


@dataclass(frozen=True, slots=True)
class Piece:
    """Words that stay as they are, or, where it has a name, a placeholder as it was written."""

    words: str
    placeholder: str | None = None


def pieces(text: str) -> Iterator[Piece]:
    """Yield the words and the placeholders of an approved text, in order."""
    end = 0
    for found in _BRACES.finditer(text):
        if found.start() > end:
            yield Piece(text[end : found.start()])
        yield Piece(found[0], found[1].strip())
        end = found.end()
    if end < len(text):
        yield Piece(text[end:])


def placeholders(*texts: str | None) -> list[str]:
    """Return the names of the placeholders in these texts, each once, in the order they come."""
    found = (piece.placeholder for text in texts for piece in pieces(text or ""))
    return list(dict.fromkeys(name for name in found if name is not None))


def fixed_length(text: str) -> int:
    """Return how many characters of an approved text are the same for everybody."""
    return sum(len(piece.words) for piece in pieces(text) if piece.placeholder is None)


def is_well_formed(text: str) -> bool:
    """Tell whether all braces in a text are those of placeholders that can exist."""
    return all(
        is_numbered(piece.placeholder) or is_named(piece.placeholder)
        if piece.placeholder is not None
        else "{{" not in piece.words and "}}" not in piece.words
        for piece in pieces(text)
    )


def is_numbered(name: str) -> bool:
    """Tell whether a placeholder is known by its number."""
    return _NUMBER.fullmatch(name) is not None


def is_named(name: str) -> bool:
    """Tell whether a placeholder is known by a name that Meta allows."""
    return _NAME.fullmatch(name) is not None
