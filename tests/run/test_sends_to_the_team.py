"""One row's message to people of the team: the real one, once, and outside every count."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import anyio
import pytest

import campaign
from campaign.api import Campaign
from campaign.channel import Channel
from campaign.errors import InvalidInput, LedgerError
from campaign.ledger.records import State
from campaign.message.form import Form
from campaign.sandbox import SandboxConfig, SandboxServer
from campaign.testing import Preview, TeamTest
from tests.cli.commands import campaign as command
from tests.run.campaigns import ENVIRONMENT, EVERY_WAY, KINDS, Recipe
from tests.run.lists import number, write_mixed

BO, CY = "+1 202 555 0177", "+12025550178"
BO_AS_SENT = "+12025550177"
LIST = (
    "Phone,First Name,Plan\n"
    f"{number(1)},,Plus\n"
    f"{number(2)},Ana,Plus\n"
    f"{number(3)},Zoë,Basic\n"
    f"{number(2)},Ana,Plus\n"
)


@pytest.fixture
def server() -> Iterator[SandboxServer]:
    with SandboxServer(SandboxConfig()) as one:
        yield one


def write(folder: Path, server: SandboxServer | None, **recipe: Any) -> Path:
    (folder / "list.csv").write_text(LIST, encoding="utf-8")
    url = None if server is None else server.url_for("synthflow")
    return Recipe(**recipe).write(folder, "list.csv", url)


def load(folder: Path, server: SandboxServer, **recipe: Any) -> Campaign:
    return campaign.load(write(folder, server, **recipe), environment=ENVIRONMENT)


def sent(server: SandboxServer) -> list[tuple[str, str]]:
    """Who got what, as the vendor has it."""
    return [(entry.to, entry.request["initial_message"]) for entry in server.journal.entries()]


def in_the_ledger(folder: Path) -> list[tuple[str, str, str]]:
    with closing(sqlite3.connect(folder / "campaign-ledger.db")) as db:
        return db.execute("SELECT address, state, source FROM test_send ORDER BY id").fetchall()


def test_the_team_gets_what_the_first_person_on_the_list_would_get(
    tmp_path: Path, server: SandboxServer
) -> None:
    tested = load(tmp_path, server).test([BO, CY])
    assert sent(server) == [
        (BO_AS_SENT, "Hi Ana, your plan is Plus."),
        (CY, "Hi Ana, your plan is Plus."),
    ]
    assert tested.exit_code == 0
    assert [answer.state for answer in tested.answers] == [State.ACCEPTED] * 2
    assert in_the_ledger(tmp_path) == [
        (BO_AS_SENT, "accepted", "row 3 of list.csv"),
        (CY, "accepted", "row 3 of list.csv"),
    ]


def test_a_row_is_chosen_by_the_number_that_a_spreadsheet_shows(
    tmp_path: Path, server: SandboxServer
) -> None:
    tested = load(tmp_path, server).test([BO], as_row=4)
    assert sent(server) == [(BO_AS_SENT, "Hi Zoë, your plan is Basic.")]
    assert tested.preview.source == "row 4 of list.csv"


@pytest.mark.parametrize(
    ("row", "why"), [(2, "first_name is blank"), (5, "duplicate of row 3"), (99, "no row 99")]
)
def test_a_row_that_would_not_be_sent_to_is_refused_with_its_reason(
    row: int, why: str, tmp_path: Path, server: SandboxServer
) -> None:
    with pytest.raises(InvalidInput, match=why):
        load(tmp_path, server).test([BO], as_row=row)
    assert not sent(server)


def test_a_list_on_which_nobody_would_be_sent_to_has_no_message_to_test(
    tmp_path: Path, server: SandboxServer
) -> None:
    loaded = load(tmp_path, server, recipients={"where": "plan = 'Gold'"})
    with pytest.raises(InvalidInput, match="Nobody on the list would be sent to"):
        loaded.test([BO])


def test_an_address_that_may_not_be_messaged_stops_the_test_for_all(
    tmp_path: Path, server: SandboxServer
) -> None:
    (tmp_path / "out.csv").write_text(f"Phone\n{CY}\n", encoding="utf-8")
    loaded = load(tmp_path, server, more="suppress: out.csv\n")
    with pytest.raises(InvalidInput) as error:
        loaded.test([BO, "+1 800 FLOWERS", CY, "+12025550100", BO_AS_SENT])
    told = [problem.message for problem in error.value.problems]
    assert [what.partition(":")[0] for what in told] == [
        "no test is sent to +1 800 FLOWERS",
        f"no test is sent to {CY}",
        "no test is sent to +12025550100",
        f"{BO_AS_SENT} is named twice; each person gets one test",
    ]
    assert "suppression list" in told[1]
    assert "own senders" in told[2]
    assert error.value.problems[0].hint == "Write digits only."
    assert not sent(server)


@pytest.mark.parametrize("people", [0, 21])
def test_a_test_goes_to_a_few_people(people: int, tmp_path: Path, server: SandboxServer) -> None:
    with pytest.raises(InvalidInput, match="at least 1 and at most 20"):
        load(tmp_path, server).test([number(100 + one) for one in range(people)])


def test_a_run_after_a_test_is_as_one_without_it(tmp_path: Path, server: SandboxServer) -> None:
    loaded = load(tmp_path, server)
    loaded.test([number(2)])  # somebody who is on the list as well
    summary = loaded.run()
    assert (summary.counts.planned, summary.counts.accepted) == (4, 2)
    assert [who for who, _ in sent(server)] == [number(2), number(2), number(3)]
    loaded.test([BO])
    assert loaded.run().counts == summary.counts
    assert loaded.verify().is_sound


def test_a_lost_answer_is_unknown_and_the_next_test_to_that_person_says_so(
    tmp_path: Path, server: SandboxServer
) -> None:
    loaded = load(tmp_path, server)
    server.set_faults({"drop_after": 1.0})
    lost = loaded.test([BO])
    assert (lost.exit_code, lost.answers[0].state) == (3, State.UNKNOWN)
    assert len(sent(server)) == 1  # it did arrive, and was not sent again

    server.set_faults({})
    assert [one.address for one in loaded.test([BO, CY]).preview.open] == [BO_AS_SENT]
    assert not loaded.test([BO, CY]).preview.open


def test_a_process_that_is_killed_before_the_answer_leaves_a_test_that_may_have_arrived(
    tmp_path: Path, server: SandboxServer
) -> None:
    definition = write(tmp_path, server)
    code = (
        "import os, signal, sys, campaign\n"
        "from campaign.sending.clients import Clients\n"
        "async def killed(self, request):\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
        "Clients.send = killed\n"
        f"campaign.load(sys.argv[1]).test([{BO!r}])\n"
    )
    killed = subprocess.run(
        [sys.executable, "-c", code, str(definition)],
        env=os.environ | ENVIRONMENT,
        timeout=120,
        check=False,
    )
    assert killed.returncode == -signal.SIGKILL
    assert in_the_ledger(tmp_path) == [(BO_AS_SENT, "sending", "row 3 of list.csv")]
    told = command("test", definition, "--to", BO, cwd=tmp_path).stdout
    assert f"An earlier test to {BO_AS_SENT}, of " in told
    assert "has no answer: it may have arrived." in told


async def test_a_test_that_is_broken_off_may_have_arrived(
    tmp_path: Path, server: SandboxServer
) -> None:
    server.set_faults({"slow": {"seconds": 60}})
    loaded = load(tmp_path, server)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(loaded.test_async, [BO])
        while not sent(server):  # noqa: ASYNC110 - the sandbox tells nobody
            await anyio.sleep(0.01)
        tasks.cancel_scope.cancel()
    assert in_the_ledger(tmp_path) == [(BO_AS_SENT, "unknown", "row 3 of list.csv")]


def test_nothing_leaves_without_a_ledger(tmp_path: Path, server: SandboxServer) -> None:
    (tmp_path / "campaign-ledger.db").mkdir()
    with pytest.raises(LedgerError):
        load(tmp_path, server).test([BO])
    assert not sent(server)


def test_who_the_vendor_refuses_has_failed_and_the_others_get_it(
    tmp_path: Path, server: SandboxServer
) -> None:
    server.set_faults({"invalid_recipients": [BO_AS_SENT]})
    tested = load(tmp_path, server).test([BO, CY])
    assert [answer.state for answer in tested.answers] == [State.FAILED, State.ACCEPTED]
    assert tested.exit_code == 3


def test_a_key_that_is_refused_ends_the_test_and_is_not_shown(tmp_path: Path) -> None:
    config = SandboxConfig.model_validate({"synthflow": {"keys": ["another-key"]}})
    with SandboxServer(config) as server:
        tested = load(tmp_path, server).test([BO, CY])
    assert [answer.state for answer in tested.answers] == [State.FAILED, State.PENDING]
    assert tested.exit_code == 4
    assert ENVIRONMENT["KEY"] not in str(tested.as_dict())
    assert len(in_the_ledger(tmp_path)) == 1


def test_a_person_who_says_no_sends_nothing(tmp_path: Path, server: SandboxServer) -> None:
    asked: list[Preview] = []

    def no(preview: Preview) -> bool:
        asked.append(preview)
        return False

    tested = load(tmp_path, server).test([BO], confirm=no)
    assert (tested.exit_code, sent(server), in_the_ledger(tmp_path)) == (130, [], [])
    assert asked[0].texts == {"text": "Hi Ana, your plan is Plus."}


@pytest.mark.parametrize(("hours", "form"), [(1, Form.TEXT), (40, Form.TEMPLATE)])
def test_the_form_is_the_one_that_the_row_would_get_now(
    hours: int, form: Form, tmp_path: Path, server: SandboxServer
) -> None:
    last = (datetime.now(UTC) - timedelta(hours=hours)).isoformat()
    (tmp_path / "list.csv").write_text(
        f"Phone,First Name,Last inbound at\n{number(2)},Ana,{last}\n", encoding="utf-8"
    )
    recipe = Recipe(channel=Channel.WHATSAPP)
    path = recipe.write(tmp_path, "list.csv", server.url_for("synthflow"))
    tested = campaign.load(path, environment=ENVIRONMENT).test([BO])
    assert tested.preview.form is form
    (entry,) = server.journal.entries()
    assert ("template" in entry.request) == (form is Form.TEMPLATE)


def test_the_hours_and_a_time_to_schedule_for_do_not_hold_for_a_test(
    tmp_path: Path, server: SandboxServer
) -> None:
    (tmp_path / "list.csv").write_text(f"Phone\n{number(2)}\n", encoding="utf-8")
    recipe = Recipe(
        "whippy",
        Channel.PHONE,
        message="message: {schedule_at: 2099-12-01T09:00:00Z}\n",
        more="schedule: {not_after: 2020-01-01T12:00:00Z}\n",
    )
    path = recipe.write(tmp_path, "list.csv", server.url_for("whippy"))
    loaded = campaign.load(path, environment=ENVIRONMENT)
    with pytest.raises(InvalidInput):
        loaded.run()
    tested = loaded.test([BO])
    assert [answer.state for answer in tested.answers] == [State.ACCEPTED]
    (entry,) = server.journal.entries()
    assert entry.scheduled_at is None


@pytest.mark.parametrize(("provider", "channel"), EVERY_WAY)
def test_every_provider_can_be_tested_in_a_rehearsal(
    provider: str, channel: Channel, tmp_path: Path
) -> None:
    kind = KINDS.get(channel, "number")
    write_mixed(tmp_path / "list.csv", channel, kind, 40)
    path = Recipe(provider=provider, channel=channel).write(tmp_path, "list.csv", None)
    to = {"user_id": "bo", "email": "bo@example.org"}.get(kind, BO)
    tested: TeamTest = campaign.load(path, environment={}).test([to])
    assert tested.exit_code == 0, tested.as_dict()
    assert tested.preview.sandbox


def test_the_command_shows_the_message_and_says_what_became_of_it(tmp_path: Path) -> None:
    write(tmp_path, None)
    done = command("test", "campaign.yaml", "--to", BO, "--as-row", 4, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "a rehearsal, nobody is messaged" in done.stdout
    assert "The message of row 4 of list.csv, as text:" in done.stdout
    assert "Hi Zoë, your plan is Basic." in done.stdout
    assert f"{BO_AS_SENT}  accepted" in done.stdout
    assert "in no count of any run" in done.stdout
