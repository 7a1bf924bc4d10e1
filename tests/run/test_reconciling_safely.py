"""Nobody is said not to have been sent to unless the account itself shows that it can tell."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import anyio
import pytest

import campaign
from campaign.channel import Channel
from campaign.deciding import As
from campaign.ledger.records import State
from campaign.reconciling import Reconciled, reconcile
from campaign.sandbox import SandboxConfig, SandboxServer
from tests.run.campaigns import Recipe
from tests.run.lists import number
from tests.run.reconciled import (
    AUTHORITATIVE,
    CONFIG,
    LOST,
    SECRETS,
    account_at,
    asked,
    prepared,
    states,
    written,
)


@pytest.fixture
def server() -> Iterator[SandboxServer]:
    with SandboxServer(SandboxConfig.model_validate(CONFIG | {"faults": LOST})) as one:
        yield one


def nobody_is_said_not_to_have_been_sent_to(found: Reconciled, why: str) -> None:
    assert (found.not_sent, found.exit_code) == (0, 3)
    assert found.unknown.total() == found.asked - found.sent > 0
    assert any(why in detail for detail in found.unknown)


@pytest.mark.parametrize(("provider", "channel"), AUTHORITATIVE)
def test_a_sending_machine_whose_clock_was_fast_gets_nobody_a_second_message(
    tmp_path: Path, server: SandboxServer, provider: str, channel: Channel
) -> None:
    loaded = prepared(tmp_path, server, provider, channel, twilio=True)
    fast = timedelta(minutes=3) // timedelta(milliseconds=1)
    with closing(sqlite3.connect(tmp_path / "campaign-ledger.db")) as db, db:
        db.execute("UPDATE recipient SET claimed_at = claimed_at + ?", (fast,))
    nobody_is_said_not_to_have_been_sent_to(asked(loaded), "not certain to be this one")
    loaded.run()
    assert max(server.journal.addresses().values()) == 1


def test_an_account_with_the_traffic_of_others_alone_is_not_believed(
    tmp_path: Path, server: SandboxServer
) -> None:
    with SandboxServer(SandboxConfig.model_validate(CONFIG)) as elsewhere:
        theirs = tmp_path / "theirs"
        theirs.mkdir()
        (theirs / "list.csv").write_text(
            f"Phone,First Name,Plan\n{number(9000)},Zoë,Plus\n", encoding="utf-8"
        )
        recipe = Recipe(provider="zild", channel=Channel.WHATSAPP, name="another")
        url = elsewhere.url_for("zild")
        others = campaign.load(recipe.write(theirs, "list.csv", url), environment=SECRETS)
        assert others.run().counts.accepted == 1
        loaded = prepared(
            tmp_path, server, "zild", Channel.WHATSAPP, twilio=True, account=elsewhere
        )
        nobody_is_said_not_to_have_been_sent_to(asked(loaded), "is it the account over which")


def test_a_run_that_has_reached_nobody_cannot_tell_whether_it_is_the_account(
    tmp_path: Path, server: SandboxServer
) -> None:
    server.set_faults({"drop_before": 1.0})
    loaded = written(tmp_path, server, "synthflow", Channel.SMS, account_at(server))
    assert loaded.run().counts.accepted == 0
    server.set_faults({})
    before = states(loaded, tmp_path)
    # What a person says to have been sent shows nothing of the account either.
    loaded.resolve(As.SENT, [next(who for who, state in before.items() if state == "unknown")])
    found = asked(loaded)
    nobody_is_said_not_to_have_been_sent_to(found, "this run has reached nobody")
    assert all("this run has reached nobody" in detail for detail in found.unknown)


@pytest.mark.parametrize(("provider", "channel"), AUTHORITATIVE)
def test_one_whom_the_run_has_reached_is_found_however_far_away_in_the_list(
    tmp_path: Path,
    server: SandboxServer,
    monkeypatch: pytest.MonkeyPatch,
    provider: str,
    channel: Channel,
) -> None:
    monkeypatch.setattr("campaign.reconciling._NEIGHBOURS", 1)
    server.set_faults({})
    loaded = written(tmp_path, server, provider, channel, account_at(server))
    assert loaded.run(limit=1).counts.accepted == 1
    server.set_faults({"drop_before": 1.0})
    unknown = loaded.run().counts.unknown
    server.set_faults({})
    found = asked(loaded)
    # Synthflow sends from two numbers; what went out from one proves nothing of the other.
    share = 2 if provider == "synthflow" else 1
    assert found.asked == unknown > 15
    assert abs(found.not_sent - unknown / share) <= 5
    assert all("this run has reached nobody" in detail for detail in found.unknown)


def test_the_account_is_proved_once_and_not_for_each_recipient(
    tmp_path: Path, server: SandboxServer
) -> None:
    loaded = prepared(tmp_path, server, "zild", Channel.WHATSAPP, twilio=True)
    found = asked(loaded)
    asked_in_all = server.lookups.as_dict()["requests"]
    assert found.not_sent > 0
    # Those who are asked about at the same time may each ask for the proof.
    assert found.asked < asked_in_all <= found.asked + 8


def test_whom_somebody_else_settled_meanwhile_is_not_counted(
    tmp_path: Path, server: SandboxServer
) -> None:
    loaded = prepared(tmp_path, server, "synthflow", Channel.SMS, twilio=True)
    had = server.journal.addresses()
    with loaded.view() as view:
        unknown = [
            view.find(address)[0].planned["number"]
            for address in had
            if view.find(address)[0].entry.state is State.UNKNOWN  # type: ignore[union-attr]
        ]

    def meanwhile(way: str, done: int, of: int) -> None:
        if done == 0:
            with closing(sqlite3.connect(tmp_path / "campaign-ledger.db")) as db, db:
                query = "UPDATE recipient SET state = 'failed' WHERE number = ?"
                db.execute(query, (unknown[0],))

    async def ask() -> Reconciled:
        later = datetime.now(UTC) + timedelta(hours=2)
        return await reconcile(loaded.job, SECRETS, progress=meanwhile, now=lambda: later)

    assert anyio.run(ask).sent == len(unknown) - 1


def test_before_the_vendors_delay_nobody_is_said_not_to_have_been_sent_to(
    tmp_path: Path, server: SandboxServer
) -> None:
    loaded = prepared(tmp_path, server, "synthflow", Channel.SMS, twilio=True)
    found = asked(loaded, timedelta(0))
    assert (found.not_sent, found.exit_code) == (0, 3)
    assert found.sent > 0
    assert found.again_at is not None
    assert timedelta(minutes=50) < found.again_at - datetime.now(UTC) <= timedelta(hours=1)
    assert asked(loaded).not_sent == found.unknown.total()
