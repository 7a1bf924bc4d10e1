"""The vendor is asked about whoever is unknown; what the sandbox really has decides."""

from __future__ import annotations

import csv
import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import anyio
import pytest

import campaign
from campaign.api import Campaign
from campaign.channel import Channel
from campaign.deciding import As
from campaign.errors import InvalidInput
from campaign.ledger.protocol import State
from campaign.reconciling import Reconciled, reconcile
from campaign.sandbox import SandboxConfig, SandboxServer
from tests.cli.commands import campaign as command
from tests.run.campaigns import ENVIRONMENT, KINDS, Recipe
from tests.run.lists import number, write_mixed
from tests.run.truth import results_of

PEOPLE = 60
SID = "AC" + "0" * 32
SECRETS = ENVIRONMENT | {"TOKEN": "another-secret-of-twilio"}
LOST = {"drop_after": 0.2, "drop_before": 0.2}
"""A fifth of the answers is lost after the vendor took the message, a fifth before."""

CONFIG = {
    "synthflow": {"chats_carry_number": True},
    "twilio": {"accounts": {SID: SECRETS["TOKEN"]}, "zild_numbers": {"12": "+12025550199"}},
}


@pytest.fixture
def server() -> Iterator[SandboxServer]:
    with SandboxServer(SandboxConfig.model_validate(CONFIG | {"faults": LOST})) as one:
        yield one


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


def few(folder: Path) -> None:
    rows = "".join(f"{number(place)},Ana,Plus\n" for place in range(3))
    (folder / "list.csv").write_text("Phone,First Name,Plan\n" + rows, encoding="utf-8")


AUTHORITATIVE = [
    ("synthflow", Channel.SMS),
    ("synthflow", Channel.WHATSAPP),
    ("zild", Channel.WHATSAPP),
]
ONLY_FINDS = [
    ("sendbird", Channel.SMS),
    ("sendbird", Channel.MESSENGER),
    ("whippy", Channel.PHONE),
    ("whippy", Channel.EMAIL),
    ("whippy", Channel.WHATSAPP),
    ("synthflow", Channel.SMS),
    ("synthflow", Channel.WHATSAPP),
]


@pytest.mark.parametrize(("provider", "channel"), AUTHORITATIVE)
def test_a_list_that_is_authoritative_settles_everybody_and_the_next_run_sends_to_the_rest(
    tmp_path: Path, server: SandboxServer, provider: str, channel: Channel
) -> None:
    loaded = prepared(tmp_path, server, provider, channel, twilio=True)
    before, had = states(loaded, tmp_path), set(server.journal.addresses())
    unknown = {address for address, state in before.items() if state == "unknown"}
    found = asked(loaded)
    after = states(loaded, tmp_path)
    for address in unknown:
        assert after[address] == ("accepted" if address in had else "pending"), address
    assert (found.asked, found.exit_code, found.unknown.total()) == (len(unknown), 0, 0)
    assert found.sent == len(unknown & had)
    assert found.not_sent == len(unknown - had) > 0
    assert len(server.journal) == len(had), "asking sends nobody a message"
    summary = loaded.run()
    assert summary.exit_code == 0
    sent = server.journal.addresses()
    assert max(sent.values()) == 1
    assert set(sent) == {address for address, state in before.items() if state != "skipped"}


@pytest.mark.parametrize(("provider", "channel"), ONLY_FINDS)
def test_a_look_up_that_only_finds_settles_whom_it_finds_and_nobody_else(
    tmp_path: Path, server: SandboxServer, provider: str, channel: Channel
) -> None:
    loaded = prepared(tmp_path, server, provider, channel, twilio=False)
    before, had = states(loaded, tmp_path), set(server.journal.addresses())
    unknown = {address for address, state in before.items() if state == "unknown"}
    found = asked(loaded)
    after = states(loaded, tmp_path)
    for address in unknown:
        assert after[address] == ("accepted" if address in had else "unknown"), address
    assert (found.sent, found.not_sent) == (len(unknown & had), 0)
    assert found.exit_code == 3
    assert found.unknown.total() == len(unknown - had)


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
    nobody_is_said_not_to_have_been_sent_to(asked(loaded), "this run has reached nobody")


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


def test_what_was_found_is_kept_as_evidence_with_who_and_where(
    tmp_path: Path, server: SandboxServer
) -> None:
    loaded = prepared(tmp_path, server, "synthflow", Channel.SMS, twilio=True)
    asked(loaded)
    with loaded.view() as view:
        settled = [
            found
            for address in server.journal.addresses()
            for found in view.find(address)
            if found.decisions
        ]
        told = [what for _, what, _ in view.events]
    assert settled
    for found in settled:
        (decided,) = found.decisions
        assert found.entry is not None
        assert (decided.was, decided.becomes) == ("unknown", "accepted")
        assert found.entry.reason == "looked_up_sent"
        assert decided.evidence["sid"] == found.entry.provider_id
        assert decided.why is not None
        assert decided.why.startswith("the message list of your Twilio account: Twilio has the")
    assert told[-1] == "reconciled"
    kept = (tmp_path / "campaign-ledger.db").read_bytes()
    for secret in SECRETS.values():
        assert secret.encode() not in kept


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


def test_a_vendor_that_is_down_settles_nobody(tmp_path: Path, server: SandboxServer) -> None:
    loaded = prepared(tmp_path, server, "synthflow", Channel.SMS, twilio=True)
    server.set_faults({"lookup_errors": 1.0})
    found = asked(loaded)
    assert (found.sent, found.not_sent, found.failed) == (0, 0, 0)
    assert found.unknown.total() == found.asked


def test_a_vendor_that_stumbles_is_asked_again(tmp_path: Path, server: SandboxServer) -> None:
    loaded = prepared(tmp_path, server, "synthflow", Channel.SMS, twilio=True)
    server.set_faults({"lookup_errors": 0.3, "lookup_throttle": 0.2})
    assert asked(loaded).exit_code == 0


def test_a_key_that_is_refused_is_said_and_settles_nobody(
    tmp_path: Path, server: SandboxServer
) -> None:
    loaded = prepared(tmp_path, server, "zild", Channel.WHATSAPP, twilio=True)

    async def ask() -> Reconciled:
        return await reconcile(loaded.job, SECRETS | {"TOKEN": "wrong-token"})

    found = anyio.run(ask)
    assert found.unknown.total() == found.asked
    (detail,) = found.unknown
    assert "Twilio refused the key (HTTP 401)" in detail
    assert "wrong-token" not in detail


def test_with_nobody_unknown_nobody_is_asked(tmp_path: Path, server: SandboxServer) -> None:
    server.set_faults({})
    few(tmp_path)
    definition = Recipe().write(tmp_path, "list.csv", server.url_for("synthflow"))
    loaded = campaign.load(definition, environment=SECRETS)
    loaded.run()
    found = loaded.reconcile()
    assert (found.asked, found.exit_code) == (0, 0)
    assert server.lookups.as_dict()["requests"] == 0


def test_a_vendor_without_a_look_up_says_so_and_names_the_way_out(
    tmp_path: Path, server: SandboxServer
) -> None:
    loaded = prepared(tmp_path, server, "zild", Channel.WHATSAPP, twilio=False)
    with pytest.raises(InvalidInput, match=r"Zild.* offers no way to ask.*campaign resolve"):
        loaded.reconcile()


def test_a_rehearsal_is_not_asked_about(tmp_path: Path) -> None:
    few(tmp_path)
    loaded = campaign.load(Recipe().write(tmp_path, "list.csv", None), environment=SECRETS)
    loaded.run()
    with pytest.raises(InvalidInput, match="A rehearsal messages nobody"):
        loaded.reconcile()


def test_a_claim_that_a_crash_left_open_is_asked_about_too(
    tmp_path: Path, server: SandboxServer
) -> None:
    loaded = prepared(tmp_path, server, "synthflow", Channel.SMS, twilio=True)
    asked(loaded)
    with loaded.view() as view:
        victim = next(view.find(address)[0] for address in server.journal.addresses())
    with closing(sqlite3.connect(tmp_path / "campaign-ledger.db")) as db, db:
        number = victim.planned["number"]
        db.execute("UPDATE recipient SET state = 'sending' WHERE number = ?", (number,))
        db.execute("DELETE FROM attempt WHERE number = ?", (number,))
        db.execute("UPDATE tally SET rows = rows - 1 WHERE state = 'accepted'")
        db.execute("UPDATE tally SET rows = 1 WHERE state = 'sending'")
    found = asked(loaded)
    assert (found.asked, found.sent) == (1, 1)
    with loaded.view() as view:
        assert view.find(victim.planned["key"])[0].entry.state is State.ACCEPTED  # type: ignore[union-attr]


def test_the_command_says_what_it_found_and_exits_with_3_while_somebody_is_unknown(
    tmp_path: Path, server: SandboxServer
) -> None:
    prepared(tmp_path, server, "whippy", Channel.PHONE, twilio=False)
    done = command("reconcile", "campaign.yaml", cwd=tmp_path)
    assert done.returncode == 3, done.stderr
    assert "the vendor has the message; now accepted." in done.stdout
    assert "still unknown." in done.stdout
    assert "campaign resolve" in done.stdout
    again = command("reconcile", "campaign.yaml", "--json", cwd=tmp_path)
    told = json.loads(again.stdout)
    assert (told["sent"], told["exit_code"], again.returncode) == (0, 3, 3)
    assert told["unknown"] == told["asked"] > 0


def test_results_name_the_reason_of_a_look_up(tmp_path: Path, server: SandboxServer) -> None:
    loaded = prepared(tmp_path, server, "synthflow", Channel.SMS, twilio=True)
    asked(loaded)
    summary = loaded.run()
    rows = results_of(summary)
    assert {row["reason"] for row in rows if row["state"] == "accepted"} == {"", "looked_up_sent"}
