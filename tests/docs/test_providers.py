"""The request that a provider's page shows is the one that the provider makes."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

import campaign
from campaign.channel import Channel
from campaign.providers.protocol import Message, TemplateUse

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
def test_every_page_answers_the_same_questions(name: str) -> None:
    text = (DOCS / "providers" / f"{name}.md").read_text(encoding="utf-8")
    for heading in (
        "What it sends",
        "A definition",
        "What its answers mean here",
        "Limits",
        "What is known, and how sure",
        "Going live",
        "Unknown",
    ):
        assert f"\n## {heading}\n" in text
