"""A command loads what it needs and no more, so that it answers at once.

Which modules were loaded is asked, and not how long it took: that is what a benchmark is for
(`python -m benchmarks startup`).
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.commands import campaign, environment

_HEAVY = frozenset(
    {
        *("anyio", "asyncio", "httpx", "jinja2", "phonenumbers", "polars", "psycopg"),
        *("pygal", "pygments", "starlette", "uvicorn"),
    }
)
_MAIN = """
import sys
from campaign.cli import main
try:
    main()
except SystemExit as ended:
    if ended.code:
        raise
print("LOADED", *sys.modules)
"""


@pytest.fixture
def sent(tmp_path: Path) -> Path:
    """A folder with a rehearsal that is over, and somebody on the ledger's suppression list."""
    (tmp_path / "list.csv").write_text("phone,first_name\n+12025550110,Ana\n", encoding="utf-8")
    (tmp_path / "campaign.yaml").write_text(
        "name: small\n"
        "channel: sms\n"
        "provider:\n"
        "  {name: synthflow, sandbox: true, agent_id: 2a886b7d-d52d-4f8b-8ea0-19d3edc79214}\n"
        'sender: "+12025550100"\n'
        "recipients: list.csv\n"
        'message: "Hi {{ first_name }}"\n'
        "rate: 50/s\n",
        encoding="utf-8",
    )
    campaign("run", "campaign.yaml", cwd=tmp_path).check_returncode()
    listed = campaign("suppress", "add", "campaign.yaml", "+12025550111", cwd=tmp_path)
    listed.check_returncode()
    return tmp_path


def answer_of(*words: str, cwd: Path) -> tuple[str, frozenset[str]]:
    """Return what a command prints, and the modules that are loaded when it is done."""
    done = subprocess.run(
        [sys.executable, "-c", _MAIN, *words],
        cwd=cwd,
        env=environment(),
        capture_output=True,
        check=True,
        encoding="utf-8",
    )
    said, _, loaded = done.stdout.rpartition("LOADED")
    return said, frozenset(loaded.split())


@pytest.mark.parametrize(
    "words", [("--help",), ("--version",), ("run", "--help"), ("suppress", "--help")]
)
def test_what_a_command_is_for_is_told_without_loading_what_it_does(
    words: tuple[str, ...], tmp_path: Path
) -> None:
    said, loaded = answer_of(*words, cwd=tmp_path)
    assert "campaign" in said
    assert loaded & (_HEAVY | {"rich", "ruamel", "sqlite3", "campaign.job"}) == set()


def test_where_a_run_stands_is_told_without_what_plans_or_sends(sent: Path) -> None:
    said, loaded = answer_of("status", "campaign.yaml", cwd=sent)
    assert "accepted" in said
    assert loaded & (_HEAVY | {"campaign.job", "campaign.plan", "campaign.sending"}) == set()


def test_a_program_is_told_where_a_run_stands_without_tables(sent: Path) -> None:
    said, loaded = answer_of("status", "campaign.yaml", "--json", cwd=sent)
    assert json.loads(said)["counts"]["accepted"] == 1
    assert loaded & (_HEAVY | {"rich", "campaign.reporting"}) == set()


def test_the_suppression_list_is_shown_without_what_reads_addresses(sent: Path) -> None:
    said, loaded = answer_of("suppress", "list", "campaign.yaml", cwd=sent)
    assert "+12025550111" in said
    assert loaded & (_HEAVY | {"campaign.audience", "campaign.job"}) == set()


def test_one_recipient_is_shown_with_the_plan_and_without_what_makes_one(sent: Path) -> None:
    said, loaded = answer_of("show", "campaign.yaml", "+12025550110", "--json", cwd=sent)
    assert json.loads(said)[0]["state"] == "accepted"
    assert loaded & (_HEAVY - {"polars"}) == set()


def test_a_live_campaign_is_made_ready_without_a_web_server(sent: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", "import sys, campaign; campaign.load; print(*sys.modules)"],
        cwd=sent,
        env=environment(),
        capture_output=True,
        check=True,
        encoding="utf-8",
    )
    loaded = set(done.stdout.split())
    assert "campaign.execution" in loaded
    assert loaded & {"uvicorn", "starlette", "psycopg"} == set()


def test_a_run_is_looked_at_while_somebody_edits_the_text_of_its_message(sent: Path) -> None:
    definition = sent / "campaign.yaml"
    text = definition.read_text(encoding="utf-8")
    definition.write_text(text.replace("{{ first_name }}", "{{ first_n"), encoding="utf-8")
    assert campaign("check", "campaign.yaml", cwd=sent).returncode == 2
    assert "accepted" in campaign("status", "campaign.yaml", cwd=sent).stdout
    assert "accepted" in campaign("show", "campaign.yaml", "2", cwd=sent).stdout
