from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from campaign.definition.schema import json_schema
from campaign.definition.source import YamlSource

from .fakes import FAKES, FIRST
from .test_models import FULL

SCHEMA = json_schema(FAKES)
VALIDATOR = Draft202012Validator(SCHEMA)


def errors(text: str) -> list[str]:
    data = YamlSource.parse(text, Path("c.yaml")).data
    return [error.json_path for error in VALIDATOR.iter_errors(data)]


def test_it_is_a_valid_schema() -> None:
    Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("text", [FIRST, FULL])
def test_good_definitions_pass(text: str) -> None:
    assert errors(text) == []


@pytest.mark.parametrize(
    "change",
    [
        ("recipients: people.csv", "recipients: [people.csv, more.csv]"),
        ("recipients: people.csv", "recipients: {files: people.csv, default_region: DE}"),
        ('sender: "+15551234567"', "sender: [15, 16]"),
        (
            'message: "Hi {{ first_name }}"',
            "message: {text: hi, template: {id: 5, variables: [1]}}",
        ),
        ('message: "Hi {{ first_name }}"', "rate: 80/s\nsuppress: [a.csv]"),
        ("name: acme", "name: acme\n  timeout: 10s"),
        ("channel: sms", "channel: sms\nschedule: {start: 9:00, deadline: '18:00'}"),
        ("channel: sms", "channel: sms\nschedule: {not_after: 2026-12-01T09:00:00+01:00}"),
        ("channel: sms", "channel: sms\nquiet_hours: 21:00-08:00"),
        ("channel: sms", "channel: sms\nquiet_hours: {hours: 21:00-08:00, days: {sun: all day}}"),
        ("channel: sms", "channel: sms\nquiet_hours: {by_country: a.csv, unknown_zone: hold}"),
        ("channel: sms", "channel: sms\nstop_when: {failed_rate: 5%, unknown: 20, in_a_row: 9}"),
    ],
)
def test_shorthands_pass(change: tuple[str, str]) -> None:
    assert change[0] in FIRST
    assert errors(FIRST.replace(*change)) == []


@pytest.mark.parametrize(
    ("old", "new", "path"),
    [
        ("channel: sms", "channel: smss", "$.channel"),
        ("name: spring-sale", "name: Spring Sale", "$.name"),
        ("sandbox: true", "sandbx: true", "$.provider"),
        ("name: acme", "name: nobody", "$.provider"),
        ("${ACME_KEY}", "sk-live-123", "$.provider"),
        ("recipients: people.csv", "recipients: {file: people.csv}", "$.recipients"),
        ("channel: sms", "channel: sms\nrate: 80", "$.rate"),
        ("channel: sms", "channel: sms\nretry: {first_wait: 10}", "$.retry.first_wait"),
        ("channel: sms", "channel: sms\nschedule: {start: 25:00}", "$.schedule"),
        ("channel: sms", "channel: sms\nstop_when: {failed_rate: 5}", "$.stop_when.failed_rate"),
        ("channel: sms", "channel: sms\nzzz: 1", "$"),
        ("recipients: people.csv\n", "", "$"),
    ],
)
def test_bad_definitions_fail(old: str, new: str, path: str) -> None:
    assert old in FIRST
    assert errors(FIRST.replace(old, new, 1)) == [path]


def test_it_is_the_same_every_time() -> None:
    turned = dict(reversed(FAKES.items()))
    assert json.dumps(json_schema(turned)) == json.dumps(SCHEMA)


def test_every_key_is_described() -> None:
    lacking = list(_undescribed(SCHEMA, "$"))
    assert lacking == []


def _undescribed(schema: Any, path: str) -> list[str]:
    found: list[str] = []
    if isinstance(schema, dict):
        for name, inner in (schema.get("properties") or {}).items():
            if "description" not in inner:
                found.append(f"{path}.{name}")
        for key, inner in schema.items():
            found += _undescribed(inner, f"{path}.{key}")
    elif isinstance(schema, list):
        for number, inner in enumerate(schema):
            found += _undescribed(inner, f"{path}[{number}]")
    return found


def test_defaults_are_shown_as_they_are_written() -> None:
    assert SCHEMA["$defs"]["Window"]["properties"]["margin"]["default"] == "10m"


def test_titles_made_from_names_are_left_out() -> None:
    assert '"title": "Schedule At"' not in json.dumps(SCHEMA)
    assert SCHEMA["title"] == "Campaign definition"
