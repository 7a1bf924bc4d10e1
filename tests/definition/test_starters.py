from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from campaign.definition.load import load
from campaign.definition.schema import json_schema
from campaign.definition.starters import available, starter
from campaign.errors import InvalidInput
from campaign.providers import registry

NOW = datetime(2026, 6, 1, tzinfo=UTC)


def test_there_is_one_for_each_built_in_provider() -> None:
    assert available() == ("sendbird", "synthflow", "whippy", "zild")


def test_an_unknown_one_is_an_error_with_a_hint() -> None:
    with pytest.raises(InvalidInput, match="did you mean 'zild'"):
        starter("zld")


@pytest.mark.parametrize("name", available())
def test_it_is_short_and_says_how_to_go_live(name: str) -> None:
    text = starter(name)
    assert len(text.splitlines()) <= 40
    assert "To go live" in text


@pytest.mark.parametrize("name", available())
def test_it_loads_as_it_is_and_reaches_only_the_sandbox(name: str, tmp_path: Path) -> None:
    path = tmp_path / "campaign.yaml"
    path.write_text(starter(name), encoding="utf-8")
    loaded = load(path, registry.find, registry.names(), now=NOW)
    assert loaded.settings.sandbox is True
    assert loaded.definition.provider.name == name
    schema = json_schema({known: registry.find(known) for known in registry.names()})
    Draft202012Validator(schema).validate(loaded.source.data)


def test_the_schema_of_the_real_providers_describes_every_setting() -> None:
    schema = json_schema({known: registry.find(known) for known in registry.names()})
    Draft202012Validator.check_schema(schema)
    for choice in schema["properties"]["provider"]["oneOf"]:
        for name, setting in choice["properties"].items():
            assert setting.get("description"), name
