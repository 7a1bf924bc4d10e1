"""The short form of the crash proof; the long one is ``python -m tests.crash.proof``."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from campaign.sandbox import SandboxServer
from tests.crash.campaign_of_crashes import (
    SHORT,
    crash_until,
    finish_and_judge,
    write_campaign,
)
from tests.crash.sender import OF_RECOVERY, POINTS


@pytest.mark.parametrize("point", [name for name in POINTS if name != "nowhere"])
def test_a_kill_at_every_named_point_sends_nobody_twice_and_forgets_nobody(
    point: str, ledger_line: str, tmp_path: Path
) -> None:
    # The first one leaves something to recover.
    points = ["after_claim", point] if point in OF_RECOVERY else [point]
    with SandboxServer() as server:
        url = server.url_for("synthflow")
        definition = write_campaign(tmp_path, 150, url, ledger_line, timeout=SHORT)
        chance = random.Random(point)
        story = crash_until(definition, server, len(points), chance, iter(points), latest=5)
        finish_and_judge(definition, server, 150)
    assert story.kills[point] == 1


def test_kills_at_any_instant_send_nobody_twice_and_forget_nobody(
    ledger_line: str, tmp_path: Path
) -> None:
    with SandboxServer() as server:
        url = server.url_for("synthflow")
        definition = write_campaign(tmp_path, 1000, url, ledger_line, timeout=SHORT)
        story = crash_until(definition, server, 4, random.Random(1))
        summary = finish_and_judge(definition, server, 1000)
    assert sum(story.kills.values()) == 4
    assert summary.counts.accepted > 500
