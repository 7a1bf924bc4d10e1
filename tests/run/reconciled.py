"""Runs with lost answers, and the vendor asked about them as if some time had passed."""

from __future__ import annotations

import csv
from datetime import UTC, datetime, timedelta
from pathlib import Path

import anyio

import campaign
from campaign.api import Campaign
from campaign.channel import Channel
from campaign.reconciling import Reconciled, reconcile
from campaign.sandbox import SandboxServer
from tests.run.campaigns import ENVIRONMENT, KINDS, Recipe
from tests.run.lists import write_mixed

PEOPLE = 60
SID = "AC" + "0" * 32
SECRETS = ENVIRONMENT | {"TOKEN": "another-secret-of-twilio"}
LOST = {"drop_after": 0.2, "drop_before": 0.2}
"""A fifth of the answers is lost after the vendor took the message, a fifth before."""

CONFIG = {
    "synthflow": {"chats_carry_number": True},
    "twilio": {"accounts": {SID: SECRETS["TOKEN"]}, "zild_numbers": {"12": "+12025550199"}},
}

AUTHORITATIVE = [
    ("synthflow", Channel.SMS),
    ("synthflow", Channel.WHATSAPP),
    ("zild", Channel.WHATSAPP),
]


def account_at(server: SandboxServer) -> str:
    return (
        f"  twilio:\n    account_sid: {SID}\n    auth_token: ${{TOKEN}}\n"
        f"    base_url: {server.url_for('twilio')}\n"
    )


def written(
    folder: Path, server: SandboxServer, provider: str, channel: Channel, settings: str
) -> Campaign:
    write_mixed(folder / "list.csv", channel, KINDS.get(channel, "number"), PEOPLE)
    recipe = Recipe(provider=provider, channel=channel, settings=settings)
    definition = recipe.write(folder, "list.csv", server.url_for(provider))
    return campaign.load(definition, environment=SECRETS)


def prepared(
    folder: Path,
    server: SandboxServer,
    provider: str,
    channel: Channel,
    *,
    twilio: bool,
    account: SandboxServer | None = None,
) -> Campaign:
    """Send with lost answers; then nothing goes wrong any more."""
    settings = account_at(account or server) if twilio else ""
    loaded = written(folder, server, provider, channel, settings)
    summary = loaded.run()
    assert summary.counts.unknown > 5
    assert summary.counts.accepted > 5
    server.set_faults({})
    return loaded


def asked(loaded: Campaign, after: timedelta = timedelta(hours=2)) -> Reconciled:
    """Reconcile, as if so much time had passed."""

    async def ask() -> Reconciled:
        return await reconcile(loaded.job, SECRETS, now=lambda: datetime.now(UTC) + after, run=None)

    return anyio.run(ask)


def states(loaded: Campaign, folder: Path) -> dict[str, str]:
    with loaded.view() as view:
        view.results(folder / "now.csv")
    with (folder / "now.csv").open(newline="", encoding="utf-8") as file:
        rows = [(row["address"], row["state"]) for row in csv.DictReader(file)]
    # A repeat of somebody's row is skipped, and says nothing of them.
    return dict(rows) | {address: state for address, state in rows if state != "skipped"}
