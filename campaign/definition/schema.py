"""The JSON Schema of a definition as it is written, for editors and for the reference.

Invariant: every form that is documented passes, shorthands included, and the same providers always
give the same document, so that a committed copy can be compared. Lenient readings, such as ``yes``
for true, are not advertised.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode, models_json_schema

from campaign.definition.models import Definition
from campaign.definition.values import written
from campaign.providers.protocol import Provider, ProviderSettings

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_DEFS = "#/$defs/"
_MODE: JsonSchemaMode = "validation"


class _AsWritten(GenerateJsonSchema):
    """Shows defaults the way a definition writes them."""

    def encode_default(self, dft: Any) -> Any:
        return written(dft) if isinstance(dft, timedelta) else super().encode_default(dft)


def json_schema(providers: Mapping[str, type[Provider]]) -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of a definition for these providers, by name."""
    names = sorted(providers)
    settings: dict[str, type[ProviderSettings]] = {n: providers[n].Settings for n in names}
    models: list[tuple[type[BaseModel], JsonSchemaMode]] = [(Definition, _MODE)]
    models += [(model, _MODE) for model in dict.fromkeys(settings.values())]
    refs, document = models_json_schema(models, schema_generator=_AsWritten)
    defs: dict[str, Any] = _without_titles(document["$defs"], names=True)
    body = dict(_resolved(refs[Definition, _MODE], defs))
    choices = [
        _of_provider(name, dict(_resolved(refs[settings[name], _MODE], defs))) for name in names
    ]
    if choices:
        described = body["properties"]["provider"].get("description")
        body["properties"] = {
            **body["properties"],
            "provider": {"description": described, "oneOf": choices},
        }
    body["$defs"] = _used(body, defs)
    return {"$schema": _DIALECT, "title": "Campaign definition", **body}


def _of_provider(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    own = {"const": name, "description": "The provider."}
    schema["properties"] = {**schema.get("properties", {}), "name": own}
    schema["required"] = ["name", *(key for key in schema.get("required", ()) if key != "name")]
    return schema


def _resolved(schema: Mapping[str, Any], defs: Mapping[str, Any]) -> Mapping[str, Any]:
    found = schema.get("$ref")
    return defs[found.removeprefix(_DEFS)] if isinstance(found, str) else schema


def _without_titles(schema: Any, *, names: bool = False) -> Any:
    """Drop the titles that pydantic makes from names; ``names``: the keys here are not keywords."""
    if isinstance(schema, list):
        return [_without_titles(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        key: _without_titles(value, names=not names and key in ("properties", "patternProperties"))
        if names or key not in ("default", "examples", "enum", "const")
        else value
        for key, value in schema.items()
        if names or key != "title"
    }


def _used(schema: object, defs: Mapping[str, Any]) -> dict[str, Any]:
    """Return the definitions that a schema refers to, directly or not."""
    wanted, waiting = set(), [schema]
    while waiting:
        for ref in _refs(waiting.pop()):
            if ref not in wanted:
                wanted.add(ref)
                waiting.append(defs[ref])
    return {name: defs[name] for name in sorted(wanted)}


def _refs(schema: object) -> Iterator[str]:
    if isinstance(schema, dict):
        found = schema.get("$ref")
        if isinstance(found, str):
            yield found.removeprefix(_DEFS)
        for value in schema.values():
            yield from _refs(value)
    elif isinstance(schema, list):
        for item in schema:
            yield from _refs(item)
