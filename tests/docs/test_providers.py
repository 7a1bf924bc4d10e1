"""The request that a provider's page shows is the one that the provider makes."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

import campaign
from campaign.channel import Channel
from campaign.definition.secrets import secrets_of
from campaign.definition.values import written
from campaign.providers import registry
from campaign.providers.look_up import LookUp
from campaign.providers.online import AsksOnline, Subject
from campaign.providers.protocol import Message, Provider, TemplateUse

from .pages import DOCS, blocks

ANA = "+491713920001"
MESSAGES = {
    "sendbird": Message(
        0,
        ANA,
        Channel.SMS,
        text="Hi Ana, how was your stay?",
        suggested_replies=["Great", "Could be better"],
    ),
    "synthflow": Message(
        0,
        ANA,
        Channel.SMS,
        sender="+12025550100",
        text="Hi Ana, your order is ready.",
        variables={"order": "A-17"},
    ),
    "whippy": Message(
        0,
        ANA,
        Channel.PHONE,
        sender="+12025550100",
        schedule_at=datetime(2099, 12, 1, 8, tzinfo=UTC),
    ),
    "zild": Message(
        0, ANA, Channel.WHATSAPP, sender="12", template=TemplateUse("42", None, {"1": "Ana"})
    ),
}


def _shown(text: str) -> tuple[str, dict[str, str], Any]:
    head, _, body = text.partition("\n\n")
    first, *headers = head.split("\n")
    pairs = (header.split(": ", 1) for header in headers)
    return first.removeprefix("POST "), dict(pairs), json.loads(body)


@pytest.mark.parametrize("name", MESSAGES)
def test_the_page_shows_the_request(name: str, tmp_path: Path) -> None:
    text = (DOCS / "providers" / f"{name}.md").read_text(encoding="utf-8")
    (shown,) = blocks(text, "http")
    definition = next(block for block in blocks(text, "yaml") if block.text.startswith("name:"))
    file = tmp_path / "campaign.yaml"
    file.write_text(definition.text, encoding="utf-8")
    variable = definition.text.partition("${")[2].partition("}")[0]
    job = campaign.load(file).job
    request = job.provider({variable: "the-key"}, None).request([MESSAGES[name]])
    url, headers, body = _shown(shown.text)
    assert str(request.url) == url
    assert {key: request.headers[key] for key in headers} == headers
    assert json.loads(request.content) == body


@pytest.mark.parametrize("name", MESSAGES)
def test_the_page_says_what_is_asked_about_the_unknown(name: str) -> None:
    section = (DOCS / "providers" / f"{name}.md").read_text(encoding="utf-8")
    section = section.partition("\n## Unknown\n")[2]
    rows = [row for row in section.split("\n") if row.startswith("| ")][2:]
    ways = _ways(name)
    assert ways
    for way, row in zip(ways, rows, strict=True):
        asked, _, counted, nothing = row.strip("| ").split(" | ")
        assert asked.startswith(f"{way.title}:")
        assert counted == "the same" or f"to {written(way.delay)} after it" in counted
        assert nothing.startswith("**not sent**" if way.authoritative else "stays `unknown`")
        assert not way.authoritative or f"{written(way.delay)} after the attempt" in nothing


_ID = re.compile("(?:AC|HX)?[0-9a-f-]{32,}")
SUBJECTS = {
    "sendbird": Subject(Channel.SMS, ["a-channel"]),
    "zild": Subject(Channel.WHATSAPP, ["12"], ["42"]),
    "whippy": Subject(Channel.PHONE, ["+12025550100"]),
    "synthflow": Subject(Channel.WHATSAPP, ["+12025550100"], ["HX" + "0" * 32]),
}


@pytest.mark.parametrize("name", SUBJECTS)
def test_the_page_says_what_is_asked_beforehand(name: str) -> None:
    text = (DOCS / "providers" / f"{name}.md").read_text(encoding="utf-8")
    section = text.partition("\n## What can be asked beforehand\n")[2].partition("\n## ")[0]
    rows = [row for row in section.split("\n") if row.startswith("| ")][2:]
    provider = _shown_provider(name)
    assert isinstance(provider, AsksOnline)
    checks = provider.online_checks(SUBJECTS[name])
    assert [row.strip("| ").split(" | ")[0] for row in rows] == [check.what for check in checks]
    for check, row in zip(checks, rows, strict=True):
        try:
            request = next(check.ask())
        except StopIteration:
            assert "cannot be asked beforehand" in row
        else:
            assert request.method == "GET"
            assert all(piece in row for piece in _ID.split(request.url.path))


def _ways(name: str) -> Sequence[LookUp]:
    """Every look-up that a provider can have."""
    return _shown_provider(name).look_ups()


def _shown_provider(name: str) -> Provider:
    """A provider with all the settings that its page shows."""
    text = (DOCS / "providers" / f"{name}.md").read_text(encoding="utf-8")
    shown = [YAML(typ="safe").load(block.text) for block in blocks(text, "yaml")]
    whole = next(definition for definition in shown if "recipients" in definition)["provider"]
    for more in (part["provider"] for part in shown if set(part) == {"provider"}):
        whole = whole | {key: value for key, value in more.items() if key == "twilio"}
    chosen = registry.find(name)
    assert chosen is not None
    settings = chosen.Settings.model_validate(whole)
    secrets = {field: "a-key" for field, _ in secrets_of(settings)}
    return chosen(settings, secrets, None)


@pytest.mark.parametrize("name", MESSAGES)
def test_every_page_answers_the_same_questions(name: str) -> None:
    text = (DOCS / "providers" / f"{name}.md").read_text(encoding="utf-8")
    for heading in (
        "What it sends",
        "A definition",
        "What its answers mean here",
        "Limits",
        "What is known, and how sure",
        "Going live",
        "What can be asked beforehand",
        "Unknown",
    ):
        assert f"\n## {heading}\n" in text
