"""What a person sees at the command line, and what a machine does."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from campaign.sandbox import SandboxServer
from tests.cli.commands import campaign
from tests.plan.planned import LIST, SMS
from tests.run.campaigns import Recipe
from tests.run.lists import number


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "list.csv").write_text(
        "Phone,First Name,Plan\n"
        f"{number(1)},Ana,Plus\n"
        f"{number(2)},,Plus\n"
        f"{number(1)},Ana,Plus\n"
        f"{number(4)},Zoë,Basic\n",
        encoding="utf-8",
    )
    Recipe().write(tmp_path, "list.csv", None)
    return tmp_path


@pytest.mark.parametrize("provider", ["sendbird", "zild", "whippy", "synthflow"])
def test_init_then_run_works_for_every_provider(provider: str, tmp_path: Path) -> None:
    wrote = campaign("init", provider, "first.yaml", cwd=tmp_path)
    (tmp_path / "recipients.csv").write_text(
        "phone,email,user_id,first_name,name,plan\n"
        f"{number(1)},ana@example.org,user-1,Ana,Ana,Plus\n",
        encoding="utf-8",
    )
    ran = campaign("run", "first.yaml", "--json", cwd=tmp_path)
    assert wrote.returncode == 0, wrote.stderr
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert json.loads(ran.stdout.splitlines()[-1])["counts"]["accepted"] == 1


def test_init_never_writes_over_a_file(tmp_path: Path) -> None:
    (tmp_path / "campaign.yaml").write_text("mine")
    done = campaign("init", "zild", cwd=tmp_path)
    assert done.returncode == 2
    assert "exists already" in done.stderr
    assert (tmp_path / "campaign.yaml").read_text() == "mine"


def test_check_says_who_gets_it_and_who_does_not_and_why(folder: Path) -> None:
    done = campaign("check", "campaign.yaml", cwd=folder)
    assert done.returncode == 0
    assert "2 of 4 on the list will get it." in done.stdout
    assert "duplicate of row 2" in done.stdout
    assert "row 3 (first_name is blank)" in done.stdout
    assert "Hi Zoë, your plan is Basic." in done.stdout
    assert not (folder / "campaign-ledger.db").exists()


@pytest.mark.parametrize("wrong", ["message: '{{ first_name'", "colour: red", "sender: ''"])
def test_a_definition_that_is_no_longer_valid_has_no_page_of_an_earlier_check(
    wrong: str, folder: Path
) -> None:
    campaign("check", "campaign.yaml", cwd=folder)
    (page,) = folder.rglob("check.html")
    spoil(folder / "campaign.yaml", wrong)
    assert campaign("check", "campaign.yaml", cwd=folder).returncode == 2
    assert not page.exists()


@pytest.mark.parametrize("wrong", ["recipients: [list.csv", "name: X"])
def test_a_file_that_does_not_say_which_campaign_it_is_costs_nobody_a_page(
    wrong: str, folder: Path
) -> None:
    campaign("check", "campaign.yaml", cwd=folder)
    (page,) = folder.rglob("check.html")
    spoil(folder / "campaign.yaml", wrong)
    assert campaign("check", "campaign.yaml", cwd=folder).returncode == 2
    assert page.exists()


def spoil(definition: Path, wrong: str) -> None:
    """Write a line in place of the one with the same key."""
    key = wrong.partition(":")[0]
    lines = definition.read_text(encoding="utf-8").splitlines()
    kept = [line for line in lines if not line.startswith(f"{key}:")]
    definition.write_text("\n".join([*kept, wrong]), encoding="utf-8")


def test_a_dry_run_sends_nothing(folder: Path) -> None:
    done = campaign("run", "campaign.yaml", "--dry-run", "--json", cwd=folder)
    assert done.returncode == 0
    assert json.loads(done.stdout)["counts"] == {"planned": 4, "sendable": 2, "skipped": 2}
    assert not (folder / "campaign-ledger.db").exists()


def test_run_in_a_log_gives_plain_lines_and_leaves_results(folder: Path) -> None:
    done = campaign("run", "campaign.yaml", cwd=folder)
    assert done.returncode == 0, done.stderr
    assert "\x1b" not in done.stdout
    assert "0 done, 0 unknown, 2 to send" in done.stdout
    (results,) = folder.rglob("results.csv")
    with results.open(newline="", encoding="utf-8") as file:
        states = [(line["First Name"], line["state"]) for line in csv.DictReader(file)]
    assert states == [
        ("Ana", "accepted"),
        ("", "skipped"),
        ("Ana", "skipped"),
        ("Zoë", "accepted"),
    ]


def test_run_with_json_prints_one_object_a_line(folder: Path) -> None:
    done = campaign("run", "campaign.yaml", "--json", cwd=folder)
    events = [json.loads(line) for line in done.stdout.splitlines()]
    assert {"preparing", "started", "finished"} <= {event["event"] for event in events}
    assert events[-1]["exit_code"] == done.returncode == 0
    assert events[-1]["counts"]["planned"] == 4


def test_status_results_and_show_read_the_ledger_from_any_folder(
    folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    campaign("run", "campaign.yaml", cwd=folder)
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    definition = folder / "campaign.yaml"

    status = campaign("status", definition, "--json", cwd=elsewhere)
    assert json.loads(status.stdout)["counts"]["accepted"] == 2

    results = campaign("results", definition, "-o", "all.parquet", cwd=elsewhere)
    assert results.returncode == 0, results.stderr
    assert (elsewhere / "all.parquet").read_bytes()[:4] == b"PAR1"

    show = campaign("show", definition, number(1), "--json", cwd=elsewhere)
    first, second = json.loads(show.stdout)
    assert (first["row"], first["state"]) == (2, "accepted")
    assert (second["row"], second["state"], second["detail"]) == (
        4,
        "skipped",
        "duplicate of row 2",
    )
    assert first["message"]["message:text"] == "Hi Ana, your plan is Plus."
    assert "row" in campaign("show", definition, "3", cwd=elsewhere).stdout


@pytest.mark.parametrize(
    "words",
    [
        ("check", "campaign.yaml"),
        ("status", "campaign.yaml"),
        ("show", "campaign.yaml", number(1)),
        ("suppress", "list", "campaign.yaml"),
        ("test", "campaign.yaml", "--to", number(9)),
        ("reconcile", "campaign.yaml"),
        ("ledger", "verify", "campaign.yaml"),
        ("providers",),
    ],
)
def test_every_command_answers_a_program_on_one_line(words: tuple[str, ...], folder: Path) -> None:
    campaign("run", "campaign.yaml", cwd=folder)
    (line,) = campaign(*words, "--json", cwd=folder).stdout.splitlines()
    assert json.loads(line) is not None


def test_looking_at_a_campaign_that_never_ran_is_a_sentence(folder: Path) -> None:
    done = campaign("status", "campaign.yaml", cwd=folder)
    assert done.returncode == 1
    assert "There is no ledger" in done.stderr
    assert "Traceback" not in done.stderr


def test_every_error_of_a_definition_comes_at_once_with_line_and_column(tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_text(
        "name: Bad Name\nchanel: sms\nchannel: smss\nprovider: {name: sendbrid}\n"
        "recipients: nobody.csv\nrate: fast\n",
        encoding="utf-8",
    )
    done = campaign("run", "bad.yaml", cwd=tmp_path)
    assert done.returncode == 2
    for place in ("bad.yaml:1:", "bad.yaml:2:", "bad.yaml:3:", "bad.yaml:4:", "bad.yaml:6:"):
        assert place in done.stderr
    assert "Traceback" not in done.stderr


def test_errors_for_machines_are_json(tmp_path: Path) -> None:
    done = campaign("check", "absent.yaml", "--json", cwd=tmp_path)
    assert done.returncode == 2
    error = json.loads(done.stdout)
    assert (error["event"], error["exit_code"]) == ("error", 2)
    assert error["problems"][0]["file"] == "absent.yaml"


def test_a_column_that_the_message_wants_and_the_list_lacks_is_found_with_a_hint(
    folder: Path,
) -> None:
    Recipe(message="message: 'Hi {{ frist_name }}'\n").write(folder, "list.csv", None)
    done = campaign("check", "campaign.yaml", cwd=folder)
    assert done.returncode == 2
    assert "campaign.yaml:" in done.stderr
    assert 'no column "frist_name"' in done.stderr
    assert "First Name" in done.stderr


def test_a_live_run_does_not_ask_where_nobody_can_answer(folder: Path) -> None:
    with SandboxServer() as server:
        Recipe().write(folder, "list.csv", server.url_for("synthflow"))
        done = campaign("run", "campaign.yaml", cwd=folder)
        assert done.returncode == 0, done.stderr
        assert len(server.journal) == 2


def test_providers_and_schema_are_for_people_and_machines(tmp_path: Path) -> None:
    people = campaign("providers", cwd=tmp_path)
    machines = json.loads(campaign("providers", "--json", cwd=tmp_path).stdout)
    schema = json.loads(campaign("schema", cwd=tmp_path).stdout)
    for name in ("sendbird", "zild", "whippy", "synthflow"):
        assert name in people.stdout
        assert machines[name]["default_rate"] > 0
    assert "asked, posted" in people.stdout
    assert machines["whippy"]["webhooks"] == ["Whippy's webhook"]
    assert machines["whippy"]["polls"] == ["Whippy's conversations"]
    assert schema["$schema"].startswith("https://json-schema.org/")


def test_help_names_every_command(tmp_path: Path) -> None:
    done = campaign("--help", cwd=tmp_path)
    for name in (
        "init",
        "resolve",
        "retry",
        "check",
        "run",
        "status",
        "results",
        "report",
        "show",
        "providers",
        "schema",
        "sandbox",
    ):
        assert f"  {name} " in done.stdout


def test_resolve_and_retry_ask_for_what_they_need_to_know(folder: Path) -> None:
    campaign("run", "campaign.yaml", cwd=folder)
    for words, sentence in (
        (("resolve", "campaign.yaml", "--all"), "Say what became of them"),
        (("resolve", "campaign.yaml", "--as", "sent"), "Name the recipients, or say --all"),
        (("retry", "campaign.yaml", "--state", "accepted"), "Only failed or unknown"),
        (("retry", "campaign.yaml", "--state", "unknown"), "may have got the message"),
    ):
        done = campaign(*words, cwd=folder)
        assert done.returncode == 2
        assert sentence in done.stderr


def test_a_person_resolves_an_unknown_and_the_ledger_keeps_why(folder: Path) -> None:
    with SandboxServer() as server:
        Recipe().write(folder, "list.csv", server.url_for("synthflow"))
        server.set_faults({"drop_before": 1.0})
        assert campaign("run", "campaign.yaml", cwd=folder).returncode == 3
        server.set_faults({})
        words = ("resolve", "campaign.yaml", number(1), "--as", "not-sent", "--why", "asked them")
        done = campaign(*words, cwd=folder)
        assert "1 unknown recipient is now resolved as not-sent." in done.stdout
        assert campaign("run", "campaign.yaml", cwd=folder).returncode == 3
        assert list(server.journal.addresses()) == [number(1)]
    show = campaign("show", "campaign.yaml", number(1), cwd=folder)
    assert "unknown → pending by" in show.stdout
    assert "asked them" in show.stdout


def test_retry_sends_again_to_those_with_the_reason_that_is_named(folder: Path) -> None:
    with SandboxServer() as server:
        Recipe().write(folder, "list.csv", server.url_for("synthflow"))
        server.set_faults({"invalid_recipients": [number(1)]})
        assert campaign("run", "campaign.yaml", cwd=folder).returncode == 3
        server.set_faults({})
        done = campaign("retry", "campaign.yaml", "--reason", "refused", cwd=folder)
        assert done.returncode == 0, done.stdout + done.stderr
        assert "1 failed recipient is to be sent to again." in done.stderr
        assert set(server.journal.addresses().values()) == {1}
        assert len(server.journal) == 2


def test_results_are_never_written_over_what_the_campaign_needs(folder: Path) -> None:
    campaign("run", "campaign.yaml", cwd=folder)
    for name in ("list.csv", "campaign.yaml", "campaign-ledger.db"):
        before = (folder / name).read_bytes()
        done = campaign("results", "campaign.yaml", "--out", name, cwd=folder)
        assert done.returncode == 2
        assert "the campaign itself needs" in done.stderr
        assert (folder / name).read_bytes() == before


def test_results_take_the_place_of_results_and_of_nothing_else(folder: Path) -> None:
    campaign("run", "campaign.yaml", cwd=folder)
    (folder / "notes.csv").write_text("state,note\nopen,call Kim\n", encoding="utf-8")
    (folder / "notes.parquet").write_text("not a table", encoding="utf-8")
    for name in ("notes.csv", "notes.parquet"):
        before = (folder / name).read_bytes()
        done = campaign("results", "campaign.yaml", "--out", name, cwd=folder)
        assert done.returncode == 2
        assert "is there already" in done.stderr
        assert (folder / name).read_bytes() == before
    for name in ("found.csv", "found.csv", "found.parquet", "found.parquet"):
        assert campaign("results", "campaign.yaml", "--out", name, cwd=folder).returncode == 0


def test_the_version_is_told(tmp_path: Path) -> None:
    done = campaign("--version", cwd=tmp_path)
    assert done.stdout.startswith("campaign 0.")


def test_a_check_of_a_run_that_has_begun_tells_of_who_is_left(tmp_path: Path) -> None:
    rows = "".join(f"+4917139200{place:02},Ana\n" for place in range(5))
    (tmp_path / "list.csv").write_text(f"Phone,First Name\n{rows}", encoding="utf-8")
    (tmp_path / "campaign.yaml").write_text(SMS + LIST + "rate: 1/s\n", encoding="utf-8")
    campaign("run", "campaign.yaml", "--limit", "1", cwd=tmp_path)
    found = json.loads(campaign("check", "campaign.yaml", "--json", cwd=tmp_path).stdout)
    assert found["counts"] == {"planned": 5, "sendable": 5}
    assert (found["left"], found["already"]["accepted"], found["seconds"]) == (4, 1, 4.0)
    shown = campaign("check", "campaign.yaml", cwd=tmp_path).stdout
    assert "1 has an outcome in this run already, 4 are left." in " ".join(shown.split())
