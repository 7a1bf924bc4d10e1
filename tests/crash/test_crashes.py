"""The short form of the crash proof; the long one is ``python -m tests.crash.proof``."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from campaign.sandbox import SandboxConfig, SandboxServer
from tests.crash.campaign_of_crashes import (
    CONCURRENCY,
    FAULTS,
    crash_until,
    finish_and_judge,
    write_campaign,
)
from tests.crash.sender import POINTS


@pytest.mark.parametrize("point", [name for name in POINTS if name != "nowhere"])
def test_a_kill_at_every_named_point_sends_nobody_twice_and_forgets_nobody(
    point: str, tmp_path: Path
) -> None:
    with SandboxServer(SandboxConfig.model_validate({"faults": FAULTS})) as server:
        definition = write_campaign(tmp_path, 150, server.url_for("synthflow"))
        story = crash_until(definition, server, 2, random.Random(point), (point,))
        finish_and_judge(definition, server, 150)
    assert story.kills[point] >= 1
    assert max(story.unknown_per_kill) <= CONCURRENCY


def test_kills_at_any_instant_send_nobody_twice_and_forget_nobody(tmp_path: Path) -> None:
    with SandboxServer(SandboxConfig.model_validate({"faults": FAULTS})) as server:
        definition = write_campaign(tmp_path, 1500, server.url_for("synthflow"))
        story = crash_until(definition, server, 6, random.Random(1))
        summary = finish_and_judge(definition, server, 1500)
    assert sum(story.kills.values()) == 6
    assert max(story.unknown_per_kill) <= CONCURRENCY
    assert summary.counts.accepted > 1000
