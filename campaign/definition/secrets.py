"""Secrets come from the environment, by name, at the last moment.

Invariant: no message of this module holds a secret's value, nor a line of an environment file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel

from campaign.definition.values import MissingSecret, Secret
from campaign.errors import InvalidInput, Problem
from campaign.providers.protocol import ProviderSettings

_LINE = re.compile(r"\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(.*?)\s*")
_SINGLE = re.compile(r"'([^']*)'\s*(?:#.*)?")
_DOUBLE = re.compile(r'"((?:[^"\\]|\\.)*)"\s*(?:#.*)?')
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t"}


def read_env_file(path: Path) -> dict[str, str]:
    """Read ``KEY=VALUE`` lines; ``export``, quotes and comments are understood.

    Nothing is expanded: ``$`` stands for itself. The last of two lines with the same key counts.

    Raises:
        InvalidInput: the file cannot be read, or a line is not ``KEY=VALUE``; only the line's
            number is told.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise InvalidInput(Problem("there is no such file", file=path)) from None
    except UnicodeDecodeError:
        raise InvalidInput(Problem("is not saved as UTF-8", file=path)) from None
    except OSError as error:
        reason = error.strerror or "unknown reason"
        raise InvalidInput(Problem(f"cannot be read: {reason}", file=path)) from None
    values: dict[str, str] = {}
    problems = []
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        found = _LINE.fullmatch(line)
        value = _unquoted(found[2]) if found else None
        if found is None or value is None:
            hint = "a line is KEY=VALUE, or KEY='VALUE'; comments start with #"
            problems.append(Problem("is not KEY=VALUE", file=path, line=number, hint=hint))
        else:
            values[found[1]] = value
    if problems:
        raise InvalidInput(problems)
    return values


def _unquoted(raw: str) -> str | None:
    """Return the value, or nothing where a quote is not closed."""
    if raw.startswith("'"):
        found = _SINGLE.fullmatch(raw)
        return found[1] if found else None
    if raw.startswith('"'):
        found = _DOUBLE.fullmatch(raw)
        if found is None:
            return None
        return re.sub(r"\\(.)", lambda m: _ESCAPES.get(m[1], m[1]), found[1])
    return re.sub(r"(^|\s+)#.*$", "", raw)


def secret_fields(settings: type[ProviderSettings]) -> frozenset[str]:
    """Return the keys of a provider's settings whose values are secrets."""
    return frozenset(
        field.alias or name
        for name, field in settings.model_fields.items()
        if _holds_secret(field.annotation)
    )


def _holds_secret(annotation: Any) -> bool:
    if annotation is Secret:
        return True
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return any(_holds_secret(field.annotation) for field in annotation.model_fields.values())
    return any(_holds_secret(inner) for inner in get_args(annotation))


def secrets_of(settings: ProviderSettings) -> Iterator[tuple[str, Secret]]:
    """Yield the secrets that settings name, each with its field; nested fields are dotted."""
    yield from _walk(settings, "")


def _walk(value: object, name: str) -> Iterator[tuple[str, Secret]]:
    if isinstance(value, Secret):
        yield name, value
    elif isinstance(value, BaseModel):
        for field in type(value).model_fields:
            yield from _walk(getattr(value, field), f"{name}.{field}" if name else field)
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _walk(inner, f"{name}.{key}")


def missing_secrets(
    settings: ProviderSettings, environment: Mapping[str, str]
) -> list[tuple[str, Secret]]:
    """Return the secrets whose environment variable is not set or empty, each with its field.

    Those of a run: what only `campaign listen` needs is not missed.
    """
    return [
        (field, secret)
        for field, secret in _needed(settings, listening=False)
        if not environment.get(secret.name, "").strip()
    ]


def _needed(settings: ProviderSettings, *, listening: bool) -> Iterator[tuple[str, Secret]]:
    left_out = frozenset() if listening else settings.only_to_listen
    return ((field, secret) for field, secret in secrets_of(settings) if field not in left_out)


def reveal(
    settings: ProviderSettings, environment: Mapping[str, str], *, listening: bool = False
) -> dict[str, str]:
    """Return the value of every secret that settings name, by field.

    Those that prove where a webhook's events are from are left out, unless ``listening``.

    Raises:
        InvalidInput: a variable is not set; every missing one is named.
    """
    values: dict[str, str] = {}
    problems = []
    for field, secret in _needed(settings, listening=listening):
        try:
            values[field] = secret.reveal(environment)
        except MissingSecret:
            problems.append(
                Problem(
                    f"the environment variable {secret.name} is not set; `provider.{field}` "
                    "is taken from it",
                    hint=f"export {secret.name}=... or put it into an environment file",
                )
            )
    if problems:
        raise InvalidInput(problems)
    return values
