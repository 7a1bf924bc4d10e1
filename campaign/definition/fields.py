"""The annotated types that the models share: text, lists of files, regions, instants.

Invariant: a validator here accepts what a person would naturally write and raises only
:func:`wrong`, so that every message is a sentence and may carry a hint.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from difflib import get_close_matches
from typing import Annotated, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from pydantic import BeforeValidator, GetCoreSchemaHandler, GetJsonSchemaHandler, WithJsonSchema
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

TOLD = "told"
"""The pydantic error type of everything that :func:`wrong` makes."""


def wrong(told: str, hint: str | None = None) -> PydanticCustomError:
    """Return the error to raise; ``told`` continues the sentence that starts with the key's name.

    A value is not part of ``told``, because it might be a secret in the wrong place.
    """
    # The text goes through the context because pydantic would expand braces in a template.
    return PydanticCustomError(TOLD, "{told}", {"told": told, "hint": hint or ""})


@dataclass(frozen=True, eq=False)
class Shorthand:
    """Annotates a field that may also be written shorter.

    ``expand`` turns the short form into the full one and leaves everything else alone;
    ``schemas`` are the short forms for the JSON Schema.
    """

    expand: Callable[[object], object]
    schemas: tuple[dict[str, Any], ...]

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.no_info_before_validator_function(self.expand, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return {"anyOf": [*(dict(short) for short in self.schemas), handler(schema)]}


def is_number(value: object) -> bool:
    """Tell whether YAML read an unquoted number; ``true`` is not one, though Python says so."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def text_keys(value: object) -> object:
    """Return a mapping with its unquoted numbers as text: ``1: ...`` is what a person writes."""
    if isinstance(value, dict):
        return {str(key) if is_number(key) else key: item for key, item in value.items()}
    return value


def _text(value: object) -> str:
    if is_number(value):
        return str(value)
    if not isinstance(value, str):
        raise wrong("must be text", 'put it in quotes: "..."')
    if not value.strip():
        raise wrong("is empty", "give it a value, or remove the line")
    return value


Text = Annotated[
    str,
    BeforeValidator(_text),
    WithJsonSchema({"anyOf": [{"type": "string", "pattern": r"\S"}, {"type": "number"}]}),
]
"""Text that is not blank; an unquoted number is taken as it was written."""

Body = Annotated[
    str,
    # A YAML block (text: |) ends in a line break that nobody means to send.
    BeforeValidator(lambda value: _text(value).rstrip("\r\n")),
    WithJsonSchema({"anyOf": [{"type": "string", "pattern": r"\S"}, {"type": "number"}]}),
]
"""The text of a message, without the line breaks at its end."""


def _whole(value: object) -> object:
    if isinstance(value, bool):
        raise wrong("must be a whole number")
    return value


AsWhole = BeforeValidator(_whole)
"""Annotates a whole number: ``true`` is none, though pydantic takes it for 1."""


def one_or_many(value: object) -> object:
    """Return a list for a single text or number."""
    return [value] if isinstance(value, str) or is_number(value) else value


_ONE_TEXT: dict[str, Any] = {"type": "string", "pattern": r"\S"}

OneOrMany = Shorthand(one_or_many, (_ONE_TEXT,))
"""Annotates a list that may be written as a single text."""

SenderList = Shorthand(one_or_many, (_ONE_TEXT, {"type": "integer"}))
"""Annotates a list that may be written as a single text or integer."""


def _region(value: object) -> str:
    from phonenumbers import SUPPORTED_REGIONS  # slow to import, and rarely needed

    found = value.strip().upper() if isinstance(value, str) else ""
    if found not in SUPPORTED_REGIONS:
        hint = "for example DE, US or GB"
        if found == "UK":
            hint = "the United Kingdom is GB"
        raise wrong("must be a two-letter ISO 3166 country code", hint)
    return found


Region = Annotated[
    str,
    BeforeValidator(_region),
    WithJsonSchema({"type": "string", "pattern": "^[A-Za-z]{2}$", "examples": ["DE", "US"]}),
]
"""An ISO 3166-1 alpha-2 country code that has a telephone numbering plan."""


def _where(value: object) -> str:
    text = _text(value)
    import polars as pl  # slow to import, and rarely needed

    try:
        pl.sql_expr(text)
    except pl.exceptions.PolarsError as error:
        raise wrong(
            f"is not a filter: {error}",
            "write a condition on columns, text in single quotes: country = 'DE' AND age >= 18",
        ) from None
    return text


Where = Annotated[
    str,
    BeforeValidator(_where),
    WithJsonSchema({**_ONE_TEXT, "examples": ["country = 'DE'"]}),
]
"""A condition on columns in polars SQL; only its syntax is checked here."""


def timezone(value: object) -> str:
    """Read the IANA name of a time zone.

    Raises:
        PydanticCustomError: there is none of this name.
    """
    if isinstance(value, str):
        try:
            return ZoneInfo(value).key
        except (ZoneInfoNotFoundError, ValueError, OSError):
            near = get_close_matches(value, available_timezones(), n=1)
            if near:
                raise wrong("is not a time zone", f"did you mean {near[0]}?") from None
    raise wrong("is not a time zone", "write an IANA name such as Europe/Berlin")


Timezone = Annotated[
    str,
    BeforeValidator(timezone),
    WithJsonSchema({**_ONE_TEXT, "examples": ["Europe/Berlin"]}),
]
"""The IANA name of a time zone."""

INSTANT = r"^\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?\s*([Zz]|[+-]\d{2}(:?\d{2})?)$"
"""How a moment is written: date, time and UTC offset."""


def instant(value: object) -> datetime:
    """Read a moment with its UTC offset.

    Raises:
        PydanticCustomError: it is none, or has no offset.
    """
    if isinstance(value, datetime):
        moment = value
    else:
        try:
            moment = datetime.fromisoformat(re.sub(r"\s+(?=[Zz+-])", "", str(value)))
        except ValueError:
            raise wrong(
                "must be a date and time with its UTC offset",
                "for example 2026-12-01T09:00:00+01:00",
            ) from None
    if moment.tzinfo is None:
        raise wrong(
            "has no UTC offset, so it would mean another moment on another machine",
            f"add the offset, for example {moment.isoformat()}+01:00, or Z for UTC",
        )
    return moment


Instant = Annotated[
    datetime,
    BeforeValidator(instant),
    WithJsonSchema({"type": "string", "pattern": INSTANT}),
]
"""A moment with a UTC offset."""
