"""The vendor is asked about whoever is unknown; what the sandbox really has decides."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import anyio
import pytest

import campaign
from campaign.channel import Channel
from campaign.errors import InvalidInput
from campaign.ledger.records import State
from campaign.reconciling import Reconciled, reconcile
from campaign.sandbox import SandboxConfig, SandboxServer
from tests.cli.commands import campaign as command
from tests.run.campaigns import Recipe
from tests.run.lists import number
from tests.run.reconciled import AUTHORITATIVE, CONFIG, LOST, SECRETS, asked, prepared, states
from tests.run.truth import results_of


@pytest.fixture
def server() -> Iterator[SandboxServer]:
    with SandboxServer(SandboxConfig.model_validate(CONFIG | {"faults": LOST})) as one:
        yield one


def few(folder: Path) -> None:
    rows = "".join(f"{number(place)},Ana,Plus\n" for place in range(3))
    (folder / "list.csv").write_text("Phone,First Name,Plan\n" + rows, encoding="utf-8")


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
