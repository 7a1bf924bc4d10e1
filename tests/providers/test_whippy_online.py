"""Whippy is asked about its agent and its channels."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx
import pytest

from campaign.channel import Channel
from tests.providers.online_checks import Asked, asked
from tests.providers.vendors import AGENT, SENDER, answer

GOOD: Mapping[str, Any] = {"id": AGENT, "status": "active", "deleted_at": None}
CHANNEL: Mapping[str, Any] = {"phone": SENDER, "support_ai_agent": True}
OTHER: Mapping[str, Any] = {"phone": "+12025550111"}


def of(
    agent: object = None,
    channels: object = None,
    *,
    status: int = 200,
    channel: Channel = Channel.PHONE,
    sender: str = SENDER,
    **settings: Any,
) -> Asked:
    def vendor(request: httpx.Request) -> httpx.Response:
        if request.url.path == f"/v1/agents/{AGENT}":
            return answer(status, {"data": GOOD} if agent is None else agent)
        assert request.url.path == "/v1/channels"
        return answer(200, {"data": [CHANNEL] if channels is None else channels})

    return asked("whippy", vendor, channel=channel, senders=(sender,), **settings)


def test_an_active_agent_and_a_channel_of_that_number_are_right() -> None:
    found = of()
    assert (found["key"], found["agent"], found[f"sender {SENDER}"]) == ("ok", "ok", "ok")
    assert found.requests[0].headers["X-WHIPPY-KEY"]


def test_the_agent_may_stand_in_the_answer_itself() -> None:
    assert of(GOOD)["agent"] == "ok"


@pytest.mark.parametrize(
    ("agent", "status", "verdict"),
    [
        ({"data": {**GOOD, "status": "inactive"}}, 200, "wrong"),
        ({"data": {**GOOD, "deleted_at": "2026-01-05T09:00:00Z"}}, 200, "wrong"),
        ({"errors": [{"description": "Agent not found"}]}, 404, "wrong"),
        ({"data": {**GOOD, "status": None}}, 200, "unknown"),
        ({"data": {**GOOD, "id": "another"}}, 200, "unknown"),
        ([], 200, "unknown"),
        ({}, 500, "unknown"),
    ],
)
def test_an_agent_is_right_or_wrong_only_where_the_answer_says_so(
    agent: object, status: int, verdict: str
) -> None:
    found = of(agent, status=status)
    assert found["agent"] == verdict
    assert found["key"] == "ok"


def test_the_word_for_an_active_agent_is_a_setting() -> None:
    live = {"data": {**GOOD, "status": "Live"}}
    assert of(live)["agent"] == "wrong"
    assert of(live, active_statuses=["live"])["agent"] == "ok"


@pytest.mark.parametrize(
    ("channels", "verdict"),
    [
        ([OTHER, CHANNEL], "ok"),
        ([OTHER], "wrong"),
        ([{**CHANNEL, "support_ai_agent": False}], "unknown"),
        ([], "unknown"),
        ([OTHER] * 500, "unknown"),
        ("none", "unknown"),
    ],
)
def test_a_sender_is_wrong_only_where_the_whole_list_lacks_it(
    channels: object, verdict: str
) -> None:
    assert of(channels=channels)[f"sender {SENDER}"] == verdict


@pytest.mark.parametrize("channel", [Channel.EMAIL, Channel.WHATSAPP])
def test_a_list_of_numbers_does_not_show_that_another_kind_of_channel_is_missing(
    channel: Channel,
) -> None:
    sender = "us@example.org" if channel is Channel.EMAIL else SENDER
    found = of(channels=[OTHER], channel=channel, sender=sender)
    assert found[f"sender {sender}"] == "unknown"
