"""``retry`` changes nobody's state before everything allows it and the person has said yes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import anyio
import pytest

import campaign
from campaign.api import Campaign
from campaign.deciding import again
from campaign.errors import InvalidInput
from campaign.ledger.records import State
from campaign.reporting.summary import Summary
from campaign.sandbox import SandboxServer
from tests.cli.commands import campaign as command
from tests.run.campaigns import ENVIRONMENT, Recipe
from tests.run.lists import number

PEOPLE = 5
UNKNOWN = ("retry", "campaign.yaml", "--state", "unknown", "--accept-duplicates", "--yes")


@pytest.fixture
def server() -> Iterator[SandboxServer]:
    with SandboxServer() as one:
        yield one


@pytest.fixture
def lost(tmp_path: Path, server: SandboxServer) -> Campaign:
    """A run of which every answer was lost."""
    rows = "".join(f"{number(place)},Ana,Plus\n" for place in range(PEOPLE))
    (tmp_path / "list.csv").write_text("Phone,First Name,Plan\n" + rows, encoding="utf-8")
    definition = Recipe().write(tmp_path, "list.csv", server.url_for("synthflow"))
    one = campaign.load(definition, environment=ENVIRONMENT)
    server.set_faults({"drop_after": 1.0})
    assert one.run().counts.unknown == PEOPLE
    server.set_faults({})
    return one


def unknown(one: Campaign) -> int:
    with one.view() as view:
        return view.counts.unknown


def test_a_no_leaves_everybody_as_they_were(lost: Campaign, server: SandboxServer) -> None:
    async def declined() -> Summary:
        return await lost.run_async(again=again(State.UNKNOWN), confirm=lambda about: False)

    summary = anyio.run(declined)
    assert (summary.exit_code, summary.counts.unknown) == (130, PEOPLE)
    assert lost.run().sent == 0
    assert len(server.journal) == PEOPLE


def test_a_yes_was_asked_about_all_of_them_and_sends(lost: Campaign, server: SandboxServer) -> None:
    asked = []

    async def agreed() -> Summary:
        return await lost.run_async(
            again=again(State.UNKNOWN), confirm=lambda about: bool(asked.append(about) or True)
        )

    summary = anyio.run(agreed)
    assert [about.to_send for about in asked] == [PEOPLE]
    assert (summary.sent, summary.counts.accepted) == (PEOPLE, PEOPLE)
    assert summary.settled == PEOPLE
    assert lost.verify().is_sound


@pytest.mark.parametrize(
    "wrong",
    [
        "schedule: {not_after: '2020-01-01T09:00:00Z'}\n",
        "message: Another text\n",
    ],
    ids=["the hour", "the text"],
)
def test_what_refuses_the_run_leaves_everybody_unknown(
    lost: Campaign, server: SandboxServer, tmp_path: Path, wrong: str
) -> None:
    path = tmp_path / "campaign.yaml"
    text = path.read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if not line.startswith(wrong.split(":")[0] + ":")]
    path.write_text("\n".join(lines) + "\n" + wrong, encoding="utf-8")
    done = command(*UNKNOWN, cwd=tmp_path)
    assert done.returncode == 2, done.stdout
    path.write_text(text, encoding="utf-8")
    assert unknown(lost) == PEOPLE
    assert len(server.journal) == PEOPLE


def test_a_missing_key_leaves_everybody_unknown(
    lost: Campaign, server: SandboxServer, tmp_path: Path
) -> None:
    done = command(*UNKNOWN, cwd=tmp_path, KEY="")
    assert (done.returncode, "KEY is not set" in done.stderr) == (2, True)
    assert unknown(lost) == PEOPLE


def test_the_command_sends_again_to_whom_it_said(
    lost: Campaign, server: SandboxServer, tmp_path: Path
) -> None:
    done = command(*UNKNOWN, cwd=tmp_path)
    assert (done.returncode, unknown(lost)) == (0, 0)
    assert "5 unknown recipients are to be sent to again." in done.stderr
    assert server.journal.addresses() == {number(place): 2 for place in range(PEOPLE)}


def test_without_consent_nobody_unknown_is_sent_to_again(lost: Campaign, tmp_path: Path) -> None:
    done = command("retry", "campaign.yaml", "--state", "unknown", "--yes", cwd=tmp_path)
    assert (done.returncode, unknown(lost)) == (2, PEOPLE)
    assert "campaign reconcile" in done.stderr


def test_a_code_that_nobody_has_is_refused_and_those_there_are_named(
    lost: Campaign, tmp_path: Path
) -> None:
    with pytest.raises(InvalidInput, match=r"with typo\. There are: connection_lost \(5\)\."):
        lost.send_again(state=State.UNKNOWN, codes=["typo"], accept_duplicates=True)
    done = command("retry", "campaign.yaml", "--reason", "refussed", cwd=tmp_path)
    assert (done.returncode, "Nobody is failed at all." in done.stderr) == (2, True)


def test_with_nobody_to_mend_it_says_so(
    lost: Campaign, server: SandboxServer, tmp_path: Path
) -> None:
    done = command("retry", "campaign.yaml", "--yes", cwd=tmp_path)
    assert done.returncode == 3
    assert "Nobody is failed in a way that a resend can mend" in done.stderr
    assert len(server.journal) == PEOPLE


def test_a_check_says_that_a_run_would_refuse_a_change(lost: Campaign, tmp_path: Path) -> None:
    assert not any("has begun with another" in warning for warning in lost.plan().warnings)
    path = tmp_path / "campaign.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("Hi ", "Dear "), encoding="utf-8")
    (tmp_path / "list.csv").write_text(f"Phone,First Name,Plan\n{number(9)},Ana,Plus\n")
    changed = campaign.load(path, environment=ENVIRONMENT)
    warning = changed.plan().warnings[-1]
    assert "begun with another `message` and another recipient list: `campaign run` refu" in warning
