"""Times of the last message as lists really have them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import campaign
from campaign.channel import Channel
from tests.run.campaigns import Recipe
from tests.run.lists import number


def test_times_that_cannot_be_read_are_told_before_anything_is_sent(tmp_path: Path) -> None:
    hour_ago = (datetime.now(UTC) - timedelta(hours=1)).isoformat()
    (tmp_path / "list.csv").write_text(
        "Phone,First Name,Plan,Last inbound at\n"
        f"{number(1)},Ana,x,{hour_ago}\n"
        f"{number(2)},Ana,x,20.11.2026 10:00\n"
        f"{number(3)},Ana,x,\n",
        encoding="utf-8",
    )
    recipe = Recipe(
        "synthflow", Channel.WHATSAPP, message="message: Hi\nwindow: {column: Last inbound at}\n"
    )
    found = campaign.load(recipe.write(tmp_path, "list.csv", None)).plan()
    assert found.counts == {"planned": 3, "sendable": 1, "skipped": 2}
    assert found.warnings[0].startswith("1 time of a last message cannot be read")
    assert "the first in row 3" in found.warnings[0]
    details = [row["reason_detail"] for row in found.examples["window_closed"]]
    assert details[0].startswith("the time cannot be read")
    assert details[1] is None


def test_a_key_that_moved_to_another_variable_is_no_change_of_the_campaign(tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text(f"Phone\n{number(1)}\n", encoding="utf-8")
    path = Recipe(message="message: Hi\n").write(tmp_path, "list.csv", "http://127.0.0.1:1")
    before = campaign.load(path).job.loaded.fingerprint
    path.write_text(path.read_text().replace("${KEY}", "${OTHER}"))
    assert campaign.load(path).job.loaded.fingerprint == before
    path.write_text(path.read_text().replace("Hi", "Ho"))
    assert campaign.load(path).job.loaded.fingerprint != before
