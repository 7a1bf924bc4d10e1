from __future__ import annotations

from pathlib import Path
from typing import ClassVar

import pytest
from pydantic import BaseModel

from campaign.definition.secrets import missing_secrets, read_env_file, reveal, secret_fields
from campaign.definition.values import Secret
from campaign.errors import InvalidInput
from campaign.providers.protocol import ProviderSettings

from .fakes import AcmeSettings


class Nested(BaseModel):
    token: Secret


class Many(ProviderSettings):
    key: Secret | None = None
    other: Nested | None = None


class Listens(ProviderSettings):
    only_to_listen: ClassVar[frozenset[str]] = frozenset({"proof"})
    key: Secret | None = None
    proof: Secret | None = None


def test_an_environment_file_is_read_as_a_shell_would(tmp_path: Path) -> None:
    path = tmp_path / ".env"
    path.write_bytes(
        b"\xef\xbb\xbf# comment\r\n\r\nA=1\r\nexport B = two words # why\r\nC='x # $y'\r\n"
        b'D="a\\"b\\nc" # z\nE=\nF=a#b\nG=k==\nA=2\n'
    )
    assert read_env_file(path) == {
        "A": "2", "B": "two words", "C": "x # $y", "D": 'a"b\nc', "E": "", "F": "a#b", "G": "k==",
    }  # fmt: skip


def test_a_bad_line_is_named_by_its_number_only(tmp_path: Path) -> None:
    path = tmp_path / ".env"
    path.write_text("A=1\nsk-live-123\nB='sk-live-456\n2C=sk-live-789\n")
    with pytest.raises(InvalidInput) as caught:
        read_env_file(path)
    assert [p.line for p in caught.value.problems] == [2, 3, 4]
    assert "sk-live" not in str(caught.value)


def test_a_missing_environment_file_is_said_plainly(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="there is no such file"):
        read_env_file(tmp_path / ".env")


def test_secret_fields_are_known_by_their_type() -> None:
    assert secret_fields(AcmeSettings) == {"api_key"}
    assert secret_fields(Many) == {"key", "other"}


def test_missing_secrets_are_listed_with_their_field() -> None:
    settings = Many.model_validate({"name": "m", "key": "${KEY}", "other": {"token": "${TOKEN}"}})
    assert missing_secrets(settings, {"KEY": "x", "TOKEN": " "}) == [
        ("other.token", Secret("TOKEN"))
    ]
    assert missing_secrets(Many(name="m"), {}) == []


def test_secrets_are_revealed_by_field() -> None:
    settings = AcmeSettings.model_validate({"name": "a", "agent": "b", "api_key": "${KEY}"})
    assert reveal(settings, {"KEY": "sk-1\n"}) == {"api_key": "sk-1"}


def test_what_only_proves_where_an_event_is_from_is_not_needed_by_a_run() -> None:
    settings = Listens.model_validate({"name": "l", "key": "${KEY}", "proof": "${PROOF}"})
    assert missing_secrets(settings, {"KEY": "k"}) == []
    assert reveal(settings, {"KEY": "k"}) == {"key": "k"}
    # Nor is it handed to one, where it is set.
    assert reveal(settings, {"KEY": "k", "PROOF": "p"}) == {"key": "k"}


def test_who_listens_needs_it() -> None:
    settings = Listens.model_validate({"name": "l", "key": "${KEY}", "proof": "${PROOF}"})
    both = {"KEY": "k", "PROOF": "p"}
    assert reveal(settings, both, listening=True) == {"key": "k", "proof": "p"}
    with pytest.raises(InvalidInput, match="PROOF is not set"):
        reveal(settings, {"KEY": "k"}, listening=True)


def test_a_missing_variable_is_named() -> None:
    settings = AcmeSettings.model_validate({"name": "a", "agent": "b", "api_key": "${KEY}"})
    with pytest.raises(InvalidInput) as caught:
        reveal(settings, {})
    assert str(caught.value) == (
        "the environment variable KEY is not set; `provider.api_key` is taken from it\n"
        "        = export KEY=... or put it into an environment file"
    )
