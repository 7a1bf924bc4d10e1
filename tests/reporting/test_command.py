"""``campaign report``, and what the other commands say of what came back."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.commands import campaign
from tests.reporting.stage import Stage, stage, what_people_did


@pytest.fixture
def told(tmp_path: Path) -> Stage:
    found = stage(tmp_path, rows=30)
    found.hear(what_people_did)
    return found


def test_a_report_stands_beside_the_results_and_is_written_anew(told: Stage) -> None:
    for _ in range(2):
        done = campaign("report", told.definition, cwd=told.folder)
        assert done.returncode == 0, done.stderr
    (page,) = (told.folder / "output").rglob("report.html")
    assert (page.parent / "results.csv").exists()
    assert "people responded" in done.stderr
    assert page.read_text(encoding="utf-8").startswith("<!doctype html>")
    assert not [path for path in page.parent.iterdir() if path.name.startswith(".")]


@pytest.mark.parametrize("form", ["md", "json"])
def test_a_report_is_written_to_a_file_or_to_the_screen(told: Stage, form: str) -> None:
    path = told.folder / f"mine.{form}"
    for _ in range(2):
        done = campaign("report", told.definition, "--format", form, "--to", path, cwd=told.folder)
        assert done.returncode == 0, done.stderr
    shown = campaign("report", told.definition, "--format", form, "--to", "-", cwd=told.folder)
    assert len(shown.stdout.splitlines()) == len(path.read_text(encoding="utf-8").splitlines())
    if form == "json":
        assert json.loads(shown.stdout)["tables"] == json.loads(path.read_bytes())["tables"]


def test_a_report_replaces_nothing_but_a_report(told: Stage) -> None:
    mine = told.folder / "mine.html"
    mine.write_text("<!doctype html>\nmy own page\n", encoding="utf-8")
    for path in (mine, told.folder / "list.csv"):
        before = path.read_bytes()
        done = campaign("report", told.definition, "--to", path, cwd=told.folder)
        assert done.returncode == 2
        assert path.name in done.stderr
        assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--run", "nowhere"), "has no run nowhere"),
        (("--month", "2026-13"), "written as 2026-11"),
        (("--month", "1999-01"), "no run that was planned in 1999-01"),
        (("--all", "--month", "2026-11"), "--all"),
        (("--format", "pdf"), "html, md, json"),
        (("--to", "mine.md"), "add --format md"),
    ],
)
def test_what_cannot_be_reported_is_a_sentence(
    told: Stage, words: tuple[str, ...], said: str
) -> None:
    done = campaign("report", told.definition, *words, cwd=told.folder)
    assert done.returncode == 2
    assert said in done.stderr


def test_rehearsals_are_never_added_to_real_runs(told: Stage) -> None:
    with told.opened() as (ledger, _):
        (rehearsal,) = ledger.run_names(told.loaded().name)
        how = {"provider": "synthflow", "channel": "sms"}
        ledger.ensure_run(told.loaded().name, "real", **how, sandbox=False)
    both = ("--run", "real", "--run", rehearsal)
    done = campaign("report", told.definition, *both, "--to", "-", cwd=told.folder)
    assert done.returncode == 2
    assert f"{rehearsal} is a rehearsal" in " ".join(done.stderr.split())


def test_all_runs_are_in_a_report_beside_their_folders(told: Stage) -> None:
    assert campaign("report", told.definition, "--all", cwd=told.folder).returncode == 0
    path = told.folder / "output" / "test-campaign" / "report.html"
    assert 'data-table="runs"' in path.read_text(encoding="utf-8")


def test_status_and_show_say_what_came_back(told: Stage) -> None:
    answered = next(
        one for one in told.entries() if one.number % 8 == 4 and one.state == "accepted"
    )
    status = campaign("status", told.definition, cwd=told.folder).stdout
    data = json.loads(campaign("status", told.definition, "--json", cwd=told.folder).stdout)
    with told.opened() as (ledger, run_id):
        known = ledger.deliveries(run_id)
        when = ledger.columns(run_id, answered.number, answered.number)
    assert f"{known.replied} ever replied" in " ".join(status.split())
    assert data["deliveries"]["ever_replied"] == known.replied
    assert data["deliveries"]["nothing_heard"] == known.silent
    shown = campaign("show", told.definition, answered.key, "--json", cwd=told.folder)
    (row,) = json.loads(shown.stdout)
    assert row["delivery"].get("delivery") == when["delivery"][0]
    assert "delivery" in campaign("show", told.definition, answered.key, cwd=told.folder).stdout


def test_before_anything_was_heard_status_has_no_line_for_it(tmp_path: Path) -> None:
    found = stage(tmp_path, rows=5)
    assert "came back" not in campaign("status", found.definition, cwd=tmp_path).stdout
