"""Who is scheduled leaves that by what is said of their message, at their own time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import pytest

import campaign
from campaign import arriving
from campaign.account import account_of
from campaign.api import Campaign
from campaign.arriving import Arrived
from campaign.channel import Channel
from campaign.outcomes.intake import Intake
from campaign.providers.heard import Happening, Heard
from campaign.sandbox import SandboxConfig, SandboxServer
from tests.run.campaigns import Recipe
from tests.run.lists import number
from tests.run.people import DAY, config, synced
from tests.run.reconciled import SECRETS

HOUR = timedelta(hours=1)


@pytest.fixture
def nobody_begins() -> Iterator[SandboxServer]:
    with SandboxServer(SandboxConfig.model_validate(config({"failed_to_begin": 1}))) as one:
        yield one


@pytest.fixture
def all_arrive() -> Iterator[SandboxServer]:
    people = {"delivered": {"share": 1, "after": ["2s", "3s"]}}
    with SandboxServer(SandboxConfig.model_validate(config(people))) as one:
        yield one


def defined(folder: Path, server: SandboxServer, at: datetime) -> Campaign:
    rows = "".join(f"{number(place)}\n" for place in range(12))
    (folder / "list.csv").write_text(f"Phone\n{rows}", encoding="utf-8")
    message = f"message: {{schedule_at: {at:%Y-%m-%dT%H:%M:%SZ}}}\n"
    recipe = Recipe("whippy", Channel.PHONE, message=message)
    path = recipe.write(folder, "list.csv", server.url_for("whippy"))
    return campaign.load(path, environment=SECRETS)


def writes(loaded: Campaign, person: str, at: datetime) -> None:
    account = account_of(loaded.job, loaded.job.provider(SECRETS, None), sandbox=False)
    said = Heard(Happening.REPLIED, at, address=person, text="What are your hours?")
    with closing(loaded.job.ledger(SECRETS).open(create=False)) as ledger:
        assert Intake(ledger, account, "a test").take([said]).changed == 1


def test_whoever_writes_before_their_time_is_still_scheduled_afterwards(
    tmp_path: Path, nobody_begins: SandboxServer
) -> None:
    server = nobody_begins
    now = server.clock.now()
    loaded = defined(tmp_path, server, now + 3 * HOUR)
    assert loaded.run().counts.scheduled == 12
    writes(loaded, number(3), now + HOUR)
    server.clock.advance(DAY)
    assert synced(loaded, server).arrived == Arrived(missing=12)
    writes(loaded, number(4), now + 4 * HOUR)
    assert synced(loaded, server).arrived == Arrived(accepted=1, missing=11)


def test_the_time_is_the_one_that_was_asked_for_whatever_the_definition_says_by_now(
    tmp_path: Path, all_arrive: SandboxServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(arriving, "_PAGE", 5)
    server = all_arrive
    assert defined(tmp_path, server, server.clock.now() + 3 * HOUR).run().counts.scheduled == 12
    server.clock.advance(DAY)
    later = defined(tmp_path, server, server.clock.now() + 10 * DAY)
    assert synced(later, server).arrived == Arrived(accepted=12)
    assert later.verify().is_sound
