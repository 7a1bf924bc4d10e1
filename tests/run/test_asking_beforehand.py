"""``check --online``: what the vendor says of key, agent, sender and template beforehand."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

import campaign
from campaign import online
from campaign.channel import Channel
from campaign.providers.online import OnlineCheck, Questions, Subject, ok
from campaign.providers.synthflow import Synthflow
from campaign.sandbox import SandboxConfig, SandboxServer
from tests.cli.commands import campaign as command
from tests.run.campaigns import AGENT, ENVIRONMENT, EVERY_WAY, Recipe
from tests.run.lists import number
from tests.run.reconciled import SECRETS, SID, account_at

TEMPLATE = "HX" + "0" * 32
SENDERS = ("+12025550100", "+12025550101")


@pytest.fixture(autouse=True)
def _a_vendor_that_may_be_asked_often(monkeypatch: pytest.MonkeyPatch) -> None:
    """How fast a real vendor is asked is a promise to it, and no test has to wait for that."""
    monkeypatch.setattr(online, "_RATE", 1000.0)


def write(folder: Path, server: SandboxServer | None, recipe: Recipe) -> Path:
    (folder / "list.csv").write_text(
        "Phone,First Name,Plan,Last inbound at,User ID,E-mail\n"
        f"{number(1)},Ana,Plus,,u1,a@example.org\n",
        encoding="utf-8",
    )
    url = None if server is None else server.url_for(recipe.provider)
    return recipe.write(folder, "list.csv", url)


def asked(path: Path, environment: dict[str, str] = ENVIRONMENT) -> dict[str, str]:
    found = campaign.load(path, environment=environment).ask_online()
    for finding in found:
        assert not any(secret in str(finding) for secret in SECRETS.values())
    return {finding.what: finding.verdict.value for finding in found}


def sandbox(**config: Any) -> SandboxServer:
    return SandboxServer(SandboxConfig.model_validate(config))


@pytest.fixture
def server() -> Iterator[SandboxServer]:
    with SandboxServer() as one:
        yield one


@pytest.mark.parametrize(("provider", "channel"), EVERY_WAY)
def test_nothing_is_wrong_with_what_the_vendor_knows_and_nobody_is_messaged(
    provider: str, channel: Channel, tmp_path: Path, server: SandboxServer
) -> None:
    found = asked(write(tmp_path, server, Recipe(provider, channel)))
    assert found
    assert "wrong" not in found.values()
    assert len(server.journal) == 0
    assert not (tmp_path / "campaign-ledger.db").exists()


@pytest.mark.parametrize(("provider", "channel"), EVERY_WAY)
def test_a_rehearsal_asks_the_sandbox(provider: str, channel: Channel, tmp_path: Path) -> None:
    found = asked(write(tmp_path, None, Recipe(provider, channel)), {})
    assert found
    assert "wrong" not in found.values()


def test_a_wrong_key_an_inactive_agent_and_a_channel_of_somebody_else_are_told(
    tmp_path: Path,
) -> None:
    recipe = Recipe("whippy", Channel.PHONE)
    with sandbox(whippy={"keys": ["another"]}) as server:
        assert asked(write(tmp_path, server, recipe)) == {
            "key": "wrong",
            "sender +12025550100": "unknown",
            "agent": "unknown",
        }
    config = {"inactive_agents": [AGENT], "channels": ["+12025550155"]}
    with sandbox(whippy=config) as server:
        assert asked(write(tmp_path, server, recipe)) == {
            "key": "ok",
            "sender +12025550100": "wrong",
            "agent": "wrong",
        }


def test_your_own_twilio_account_tells_about_sender_and_template(tmp_path: Path) -> None:
    config = {
        "accounts": {SID: SECRETS["TOKEN"]},
        "senders": {SENDERS[0]: "ONLINE", SENDERS[1]: "OFFLINE"},
        "templates": {TEMPLATE: "paused"},
    }
    with sandbox(twilio=config) as server:
        recipe = Recipe("synthflow", Channel.WHATSAPP, settings=account_at(server))
        assert asked(write(tmp_path, server, recipe), SECRETS) == {
            "key": "ok",
            "agent": "ok",
            "Twilio account": "ok",
            f"sender {SENDERS[0]}": "ok",
            f"sender {SENDERS[1]}": "wrong",
            f"template {TEMPLATE}": "wrong",
        }


def test_a_vendor_that_cannot_be_reached_says_nothing(tmp_path: Path) -> None:
    with SandboxServer() as server:
        path = write(tmp_path, server, Recipe(retry="retry: {first_wait: 10ms}\n"))
    found = campaign.load(path, environment=ENVIRONMENT).ask_online()
    assert {finding.verdict.value for finding in found} == {"unknown"}
    assert "no answer: ConnectError" in found[0].sentence


@pytest.mark.parametrize("faults", [{"lookup_errors": 1.0}, {"lookup_throttle": 1.0}])
def test_a_vendor_in_trouble_says_nothing_and_is_asked_twice(
    faults: dict[str, float], tmp_path: Path, server: SandboxServer
) -> None:
    server.set_faults({**faults, "retry_after": 0.01, "retry_after_header": True})
    found = asked(write(tmp_path, server, Recipe(retry="retry: {first_wait: 10ms}\n")))
    assert set(found.values()) == {"unknown"}
    with httpx.Client(trust_env=False) as client:
        counted = client.get(f"{server.url}/_sandbox/lookups").json()
    assert counted["requests"] == 2 * len({"key", "agent"} & set(found))


def test_a_key_that_is_not_set_is_wrong_and_nobody_is_asked(
    tmp_path: Path, server: SandboxServer
) -> None:
    found = campaign.load(write(tmp_path, server, Recipe()), environment={}).ask_online()
    assert [(one.what, one.verdict.value) for one in found] == [("api_key", "wrong")]
    assert "KEY is not set" in found[0].sentence


def test_a_provider_that_asks_nothing_is_said_to_ask_nothing(
    tmp_path: Path, server: SandboxServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Synthflow, "online_checks", lambda self, subject: ())
    assert asked(write(tmp_path, server, Recipe())) == {"everything": "unknown"}


def test_a_check_that_sends_or_breaks_or_never_ends_is_one_unknown_and_no_more(
    tmp_path: Path, server: SandboxServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = server.url_for("synthflow")

    def sends() -> Questions:
        yield httpx.Request("POST", url + "/v2/chat/outbound", json={})
        return [ok("sending", "it was sent")]

    def breaks() -> Questions:
        yield from ()
        raise RuntimeError(f"with {ENVIRONMENT['KEY']} in it")

    def endless() -> Questions:
        while True:
            yield httpx.Request("GET", url + "/v2/chat")

    def right() -> Questions:
        yield from ()
        return [ok("right", f"takes {ENVIRONMENT['KEY']}")]

    def checks(self: Synthflow, subject: Subject) -> list[OnlineCheck]:
        assert tuple(subject.senders) == SENDERS
        every = {"sends": sends, "breaks": breaks, "endless": endless, "right": right}
        return [OnlineCheck(what, ask) for what, ask in every.items()]

    monkeypatch.setattr(Synthflow, "online_checks", checks)
    assert asked(write(tmp_path, server, Recipe())) == {
        "sends": "unknown",
        "breaks": "unknown",
        "endless": "unknown",
        "right": "ok",
    }
    assert len(server.journal) == 0


def test_the_command_exits_with_2_where_the_vendor_objects_and_says_what_to_do(
    tmp_path: Path,
) -> None:
    with sandbox(synthflow={"keys": ["another"]}) as server:
        path = write(tmp_path, server, Recipe())
        told = command("check", path, "--online", cwd=tmp_path)
        machine = command("check", path, "--online", "--json", cwd=tmp_path)
    assert told.returncode == machine.returncode == 2
    assert "1 of 1 on the list will get it" in told.stdout
    assert "Copy it again from the vendor's settings" in told.stdout
    online = {one["what"]: one["verdict"] for one in json.loads(machine.stdout)["online"]}
    assert online["key"] == "wrong"


def test_the_command_exits_with_0_where_something_cannot_be_asked(
    tmp_path: Path, server: SandboxServer
) -> None:
    path = write(tmp_path, server, Recipe())
    told = command("check", path, "--online", cwd=tmp_path)
    assert told.returncode == 0, told.stderr
    assert "cannot be asked beforehand" in told.stdout
    assert "online" not in json.loads(command("check", path, "--json", cwd=tmp_path).stdout)


def test_the_template_of_every_variant_is_asked_about_once(tmp_path: Path) -> None:
    paused, other = TEMPLATE, "HX" + "1" * 32
    split = (
        "message:\n  template: {id: " + other + "}\n"
        "variants:\n  a: {share: 40%}\n"
        "  b: {template: {id: " + paused + "}}\n"
        "  c: {template: {id: " + other + ", language: de}}\n"
    )
    config = {
        "accounts": {SID: SECRETS["TOKEN"]},
        "templates": {paused: "paused", other: "approved"},
    }
    with sandbox(twilio=config) as server:
        recipe = Recipe("synthflow", Channel.WHATSAPP, message=split, settings=account_at(server))
        found = campaign.load(write(tmp_path, server, recipe), environment=SECRETS).ask_online()
    templates = [(one.what, one.verdict.value) for one in found if "template" in one.what]
    assert templates == [(f"template {other}", "ok"), (f"template {paused}", "wrong")]
