"""What a campaign and its runs may be called.

Invariant: a run's name is safe as a file name on every system, because plans and results are
written under it.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated

from pydantic import BeforeValidator, WithJsonSchema

from campaign.definition.fields import is_number, wrong

_NAME = r"^[a-z0-9][a-z0-9._-]{0,62}$"
_RUN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
# A day and an hour of two digits each, so that a pattern shows its full length.
_SAMPLE = datetime(2026, 11, 28, 23, 59, 58)  # noqa: DTZ001 - only to be formatted


def corrected(name: str) -> str:
    """Return the nearest name that is allowed, or an empty text."""
    plain = re.sub(r"[^a-z0-9._-]+", "-", name.lower())
    return re.sub(r"-{2,}", "-", plain).strip("-._")[:63].rstrip("-._")


def _name(value: object) -> str:
    text = str(value) if is_number(value) else value
    if not isinstance(text, str):
        raise wrong("must be text", 'put it in quotes: "..."')
    if not re.fullmatch(_NAME, text):
        better = corrected(text)
        raise wrong(
            "may only hold lower-case letters, digits, dots, dashes and underscores, must start "
            "with a letter or digit, and has at most 63 characters",
            f"for example {better}" if better else None,
        )
    return text


Name = Annotated[
    str,
    BeforeValidator(_name),
    WithJsonSchema({"type": "string", "pattern": _NAME, "examples": ["spring-sale"]}),
]
"""The name of a campaign."""


def _pattern(value: object) -> str:
    text = str(value) if is_number(value) else value
    if not isinstance(text, str):
        raise wrong("must be a date pattern", "for example %Y-%m-%d")
    try:
        sample = _SAMPLE.strftime(text)
    except (ValueError, UnicodeError):
        raise wrong("is not a date pattern", "for example %Y-%m-%d") from None
    if not _RUN.fullmatch(sample):
        shown = f"it would name a run {sample!r}; " if sample.isprintable() and sample else ""
        raise wrong(
            "must give a name that is safe for a file",
            f"{shown}use letters, digits, dots, dashes and underscores: %Y-%m-%d or %Y-%m-%dT%H%M",
        )
    return text


RunPattern = Annotated[
    str,
    BeforeValidator(_pattern),
    WithJsonSchema({"type": "string", "examples": ["%Y-%m-%d", "%G-W%V"]}),
]
"""A strftime pattern whose result is safe as a file name."""
