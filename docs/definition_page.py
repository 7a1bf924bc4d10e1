"""The page that lists every key of a definition, and what all generated pages share."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from pydantic import TypeAdapter

from campaign.definition.fields import INSTANT
from campaign.definition.limits import CLOCK
from campaign.definition.quiet import QUIET
from campaign.definition.schema import json_schema
from campaign.definition.secrets import secret_fields
from campaign.definition.values import Duration, Percent, PerSecond, Secret
from campaign.providers import registry
from campaign.providers.protocol import Provider, ProviderSettings

NONE = "–"
"""What stands in a cell that has nothing to say."""

_WRITTEN = "<!-- Written by docs/generate.py; do not edit. -->"
_ABOUT_DEFINITION = """Everything a definition can say. A key in bold must be there; an unknown one
is an error. A path is relative to the definition's folder. The same as
[JSON Schema](campaign.schema.json), for editors that complete and check YAML."""

# Patterns that stand for something people have a word for.
_PATTERNS = {
    TypeAdapter(Duration).json_schema()["pattern"]: "duration, such as `10m`",
    TypeAdapter(PerSecond).json_schema()["pattern"]: "rate, such as `80/s`",
    TypeAdapter(Percent).json_schema()["pattern"]: "share, such as `5%`",
    CLOCK: "time of day, such as `09:00`",
    QUIET: "hours, such as `21:00-08:00`",
    INSTANT: "date and time with UTC offset",
    TypeAdapter(Secret).json_schema()["pattern"]: "secret: `${NAME}`",
}
_WORDS = {"string": "text", "integer": "whole number", "number": "number", "boolean": "true, false"}


def providers() -> dict[str, type[Provider]]:
    """Return the project's own providers, not what else happens to be installed."""
    found = {name: registry.find(name) for name in registry.names()}
    return {
        name: provider
        for name, provider in found.items()
        if provider is not None and provider.__module__.startswith("campaign.")
    }


def table(titles: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table in Markdown."""
    cells = [titles, ["---"] * len(titles), *rows]
    return "\n".join("| " + " | ".join(_cell(cell) for cell in row) + " |" for row in cells)


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())


def page(title: str, *parts: str) -> str:
    """Return a page with a title and a mark that it is generated."""
    return "\n\n".join([f"# {title}", _WRITTEN, *parts]) + "\n"


def definition() -> str:
    """Return the page of every key, for the definition and for each provider."""
    ours = providers()
    schema = json_schema(ours)
    own = {key: value for key, value in schema["properties"].items() if key != "provider"}
    provider = {"description": schema["properties"]["provider"]["description"], "type": "object"}
    top = schema | {"properties": {k: own.get(k, provider) for k in schema["properties"]}}
    parts = [_ABOUT_DEFINITION, "## The whole", _keys(top)]
    for name in own:
        if inner := _mapping(own[name], schema["$defs"]):
            parts += [f"## {name}", *_section(name, inner, schema["$defs"])]
        elif items := _mapping_by_name(own[name], schema["$defs"]):
            parts += [f"## {name}.…", _keys(items)]
    shared = set(ProviderSettings.model_fields)
    choices = {
        c["properties"]["name"]["const"]: c for c in schema["properties"]["provider"]["oneOf"]
    }
    first = next(iter(choices.values()))
    common = {"properties": {k: first["properties"][k] for k in ProviderSettings.model_fields}}
    common["properties"]["name"] = {"type": "string", "description": "The provider."}
    common["required"] = ["name"]
    parts += ["## provider", "What every provider takes:"]
    parts += _section("provider", common, schema["$defs"])
    for name, choice in choices.items():
        mine = {k: v for k, v in choice["properties"].items() if k not in shared}
        secret = {
            key
            for key in secret_fields(ours[name].Settings)
            if _mapping(mine.get(key), schema["$defs"]) is None
        }
        parts += [
            f"## provider: {name}",
            f"{choice['description']} See [{name}](../providers/{name}.md).",
        ]
        secret -= ours[name].Settings.only_to_listen
        parts += _section("provider", choice | {"properties": mine}, schema["$defs"], secret)
    return page("Definition", *parts)


def _section(
    path: str, mapping: Mapping[str, Any], defs: Mapping[str, Any], secret: Iterable[str] = ()
) -> Iterator[str]:
    """Yield the keys of a mapping, and below it those of the mappings in it."""
    yield _keys(mapping, secret)
    for name, value in mapping["properties"].items():
        if inner := _mapping(value, defs):
            yield f"### {path}.{name}"
            yield from _section(f"{path}.{name}", inner, defs)
        elif items := _mapping(value.get("additionalProperties"), defs):
            yield f"### {path}.{name}.…"
            yield from _section(f"{path}.{name}.…", items, defs)
        elif items := _mapping(value.get("items"), defs):
            yield f"### {path}.{name}, each item"
            yield from _section(f"{path}.{name}, each item", items, defs)


def _mapping(value: object, defs: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return the schema of the mapping with known keys that a value is, or may be."""
    if not isinstance(value, Mapping):
        return None
    if "$ref" in value:
        return _mapping(defs[value["$ref"].rpartition("/")[2]], defs)
    if "properties" in value:
        return value
    return next((found for way in value.get("anyOf", ()) if (found := _mapping(way, defs))), None)


def _mapping_by_name(value: Mapping[str, Any], defs: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return the schema of the mapping that stands under each name that the user chooses."""
    ways = value.get("patternProperties", {}).values()
    return next((found for way in ways if (found := _mapping(way, defs))), None)


def _keys(mapping: Mapping[str, Any], secret: Iterable[str] = ()) -> str:
    required, rows = mapping.get("required", ()), []
    for name, value in mapping["properties"].items():
        default = value.get("default")
        shown = NONE if default in (None, {}, [], "") else f"`{json.dumps(default)}`"
        if default and isinstance(default, str):
            shown = f"`{default}`"
        if isinstance(default, dict):
            shown = "; ".join(f"`{key}: {item}`" for key, item in default.items())
        if name in required:
            shown = "required"
        elif name in secret:
            shown = "required, but not with `sandbox: true`"
        key = f"**`{name}`**" if name in required or name in secret else f"`{name}`"
        rows.append((key, _type(value), shown, value.get("description", "")))
    return table(("key", "type", "default", "meaning"), rows)


def _type(value: Mapping[str, Any]) -> str:
    if "anyOf" in value:
        if [way.get("type") for way in value["anyOf"]] == ["string", "number"]:
            return "text"  # an unquoted number is taken as it is written
        ways = [_type(way) for way in value["anyOf"] if way.get("type") != "null"]
        return " or ".join(dict.fromkeys(ways))
    if "$ref" in value:
        name = value["$ref"].rpartition("/")[2]
        return _CHOICES.get(name, "mapping")
    if "enum" in value:
        return ", ".join(f"`{item}`" for item in value["enum"])
    if value.get("pattern") in _PATTERNS:
        return _PATTERNS[value["pattern"]]
    if value.get("type") == "array":
        return f"list of {_type(value['items'])}"
    if value.get("type") == "object":
        inner = value.get("additionalProperties")
        return f"mapping to {_type(inner)}" if isinstance(inner, Mapping) else "mapping"
    low, high = value.get("minimum"), value.get("maximum")
    bounds = (
        f", {low} to {high}" if high is not None else f", from {low}" if low is not None else ""
    )
    examples = ", ".join(f"`{example}`" for example in value.get("examples", ()))
    return (
        _WORDS.get(value.get("type", ""), "value")
        + bounds
        + (f", such as {examples}" * bool(examples))
    )


def _choices() -> dict[str, str]:
    defs = json_schema(providers())["$defs"]
    return {
        name: ", ".join(f"`{item}`" for item in schema["enum"])
        for name, schema in defs.items()
        if "enum" in schema
    }


_CHOICES = _choices()
