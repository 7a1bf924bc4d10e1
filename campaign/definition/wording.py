"""Validation errors in sentences for people.

Invariant: the value that was refused is never part of the message or the hint, because it may be
a secret; the line is shown beside it, masked where needed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from difflib import get_close_matches
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from campaign.definition.fields import TOLD
from campaign.definition.nodes import Keys
from campaign.definition.source import YamlSource
from campaign.definition.values import written
from campaign.errors import Problem

_SENTENCES = {
    "string": "must be text",
    "int": "must be a whole number",
    "float": "must be a number",
    "decimal": "must be a number",
    "bool": "must be true or false",
    "list": "must be a list",
    "tuple": "must be a list",
    "set": "must be a list",
    "dict": "must be a mapping of keys to values",
    "mapping": "must be a mapping of keys to values",
    "model": "must be a mapping of keys to values",
    "dataclass": "must be a mapping of keys to values",
    "uuid": "must be a UUID such as 123e4567-e89b-12d3-a456-426614174000",
    "url": "must be a web address such as https://api.example.com",
    "datetime": "must be a date and time with its UTC offset",
    "timezone": "must be a date and time with its UTC offset",
    "date": "must be a date such as 2026-12-01",
    "time": "must be a time such as 09:00",
}
_WHOLE = {
    "greater_than": "must be more than {gt}",
    "greater_than_equal": "must be at least {ge}",
    "less_than": "must be less than {lt}",
    "less_than_equal": "must be at most {le}",
    "multiple_of": "must be a multiple of {multiple_of}",
    "string_too_short": "must have at least {min_length} characters",
    "string_too_long": "must have at most {max_length} characters",
    "too_short": "must have at least {min_length} items",
    "too_long": "must have at most {max_length} items",
    "finite_number": "must be a finite number",
    "string_pattern_mismatch": "is not written as it should be",
}


def dotted(path: Keys) -> str:
    """Return a path as people read it: ``recipients.files, item 2``."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f", item {part + 1}"
        else:
            text += f".{part}" if text else part
    name, comma, rest = text.partition(",")
    return f"`{name}`{comma}{rest}"


def near(word: str, words: Sequence[str]) -> str | None:
    """Return a hint that names the nearest of ``words``, or all of them if none is near."""
    found = get_close_matches(word.lower(), words, n=1, cutoff=0.6)
    if found:
        return f"did you mean '{found[0]}'?"
    return f"known here: {', '.join(words)}" if words else None


def problem(
    error: ErrorDetails, model: type[BaseModel], start: Keys, source: YamlSource
) -> Problem:
    """Return a validation error as a problem with its place.

    ``model`` is the one that stands at ``start`` in the file, and that ``error["loc"]`` starts at.
    """
    path: Keys = (*start, *error["loc"])
    known = source.known(path)
    kind, context = error["type"], error.get("ctx") or {}
    if kind == "missing":
        name = dotted((*known, path[-1]))
        return source.problem(known, f"{name} is missing", at_key=True)
    if kind == "extra_forbidden":
        allowed = _allowed(model, error["loc"][:-1])
        message = f"{dotted(path)} is not a key of a definition"
        if len(path) > 1:
            message = f"`{path[-1]}` is not a key of {dotted(path[:-1])}"
        return source.problem(path, message, near(str(path[-1]), allowed), at_key=True)
    if path and path[-1] == "[key]":
        return source.problem(
            path[:-1],
            f"the key {dotted(path[-2:-1])} may only hold letters, digits and underscores, and "
            "starts with no digit",
            at_key=True,
        )
    message, hint = sentence(error)
    name = dotted(known) if known else "the definition"
    if kind in ("enum", "literal_error") and isinstance(error["input"], str):
        words = _words(str(context.get("expected", "")))
        found = get_close_matches(error["input"].lower(), words, n=1, cutoff=0.6)
        hint = f"did you mean '{found[0]}'?" if found else None
    if kind == "model_type" and known == ("provider",):
        hint = "write `name: ...` on the line below it, indented"
    if kind == "string_pattern_mismatch":
        about = _field(model, error["loc"])
        hint = (about.description if about else None) or f"pattern: {context.get('pattern')}"
    return source.problem(known, f"{name}{message}", hint)


def sentence(error: ErrorDetails) -> tuple[str, str | None]:
    """Return how the sentence goes on after the key's name, and a hint."""
    kind, context = error["type"], error.get("ctx") or {}
    if kind == TOLD:
        return f" {context['told']}", context["hint"] or None
    if kind in ("value_error", "assertion_error"):
        return f": {context.get('error', 'is not valid')}", None
    if kind in ("enum", "literal_error"):
        return f" must be one of {', '.join(_words(str(context.get('expected', ''))))}", None
    if kind in ("too_short", "string_too_short") and context.get("min_length") == 1:
        return " must not be empty", None
    if kind in _WHOLE:
        shown = {
            key: written(value) if isinstance(value, timedelta) else value
            for key, value in context.items()
        }
        return f" {_WHOLE[kind].format(**shown)}", None
    family = _SENTENCES.get(kind.partition("_")[0])
    if family is not None:
        hint = 'put it in quotes: "..."' if kind == "string_type" else None
        return f" {family}", hint
    # Some of pydantic's own wording is fit to be read; it does not repeat the value.
    return f": {error['msg'][:1].lower()}{error['msg'][1:]}", None


def _words(expected: str) -> list[str]:
    """Return the values of pydantic's ``'a', 'b' or 'c'``."""
    return [word.strip(" '") for word in expected.replace(" or ", ", ").split(",")]


def _field(model: type[BaseModel], loc: Sequence[str | int]) -> FieldInfo | None:
    """Return the field at ``loc`` below a model; list positions and map keys are passed over."""
    inside: type[BaseModel] | None = model
    found = None
    for part in loc:
        field = inside.model_fields.get(str(part)) if inside else None
        if field is not None:
            found, inside = field, next(_models(field.annotation), None)
    return found


def _allowed(model: type[BaseModel], loc: Sequence[str | int]) -> list[str]:
    """Return the keys of the model that stands at ``loc`` below ``model``."""
    found = _field(model, loc)
    inside = next(_models(found.annotation), None) if found else model
    fields = inside.model_fields if inside else {}
    return [field.alias or name for name, field in fields.items()]


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    elif get_origin(annotation) in (Union, UnionType, Annotated, list, dict, tuple):
        for inner in get_args(annotation):
            yield from _models(inner)
