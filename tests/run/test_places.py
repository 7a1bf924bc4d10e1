"""Where the files of a run are: behind links, under a lease, and when the ledger is gone."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

import campaign
from campaign.errors import InvalidInput, LeaseLost
from campaign.plan import making
from campaign.plan.frozen import Plan
from campaign.sandbox import SandboxConfig, SandboxServer
from tests.run.campaigns import ENVIRONMENT, Recipe
from tests.run.lists import number

_ONE_KEY = SandboxConfig.model_validate({"synthflow": {"keys": ["good"]}})


def write_list(folder: Path, people: int) -> None:
    rows = "".join(f"{number(place)},Ana,Plus\n" for place in range(people))
    (folder / "list.csv").write_text("Phone,First Name,Plan\n" + rows, encoding="utf-8")


def plans(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("plan*.parquet"))


@pytest.mark.parametrize("linked", ["folder", "file"])
def test_a_run_resumes_and_is_looked_at_where_the_ledger_is_behind_a_link(
    tmp_path: Path, linked: str
) -> None:
    here, far = tmp_path / "here", tmp_path / "far" / "away" / "from" / "here"
    here.mkdir()
    far.mkdir(parents=True)
    if linked == "folder":
        (here / "led").symlink_to(far)
    else:
        (here / "led").mkdir()
        (far / "l.db").touch()
        (here / "led" / "l.db").symlink_to(far / "l.db")
    write_list(here, 3)
    definition = Recipe(more="ledger: led/l.db\n").write(here, "list.csv", None)
    loaded = campaign.load(definition)
    loaded.run(limit=1)
    assert loaded.run().counts.accepted == 3
    with loaded.view() as view:
        assert view.plan.planned == 3


def test_a_linked_definition_is_the_same_campaign_with_the_same_ledger(tmp_path: Path) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    here.mkdir()
    there.mkdir()
    write_list(here, 3)
    with SandboxServer() as server:
        definition = Recipe().write(here, "list.csv", server.url_for("synthflow"))
        link = there / "linked.yaml"
        link.symlink_to(definition)
        campaign.load(definition, environment=ENVIRONMENT).run()
        again = campaign.load(link, environment=ENVIRONMENT).run()
        assert len(server.journal) == 3
    assert again.sent == 0
    assert [path.name for path in there.iterdir()] == ["linked.yaml"]


def test_a_linked_definition_is_named_as_it_was_given_where_something_is_wrong(
    tmp_path: Path,
) -> None:
    (tmp_path / "real.yaml").write_text("name: 1\n", encoding="utf-8")
    link = tmp_path / "linked.yaml"
    link.symlink_to(tmp_path / "real.yaml")
    with pytest.raises(InvalidInput) as caught:
        campaign.load(link)
    assert {problem.file for problem in caught.value.problems} == {link}


def test_who_lost_the_run_while_planning_leaves_the_new_owners_plan_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_list(tmp_path, 3)
    definition = Recipe().write(tmp_path, "list.csv", None)
    loaded = campaign.load(definition)
    make, others = making.make, []

    def slow(question: making.Question, target: Path) -> tuple[Plan, str]:
        if not others:
            others.append("begins")
            ledger = sqlite3.connect(str(loaded.job.ledger({})))
            with ledger:
                ledger.execute("UPDATE run SET heartbeat_at = 0")
            ledger.close()
            campaign.load(definition).run(limit=1)
            (target.parent / "rejects.csv").write_text("of the new owner", encoding="utf-8")
        return make(question, target)

    monkeypatch.setattr(making, "make", slow)
    with pytest.raises(LeaseLost):
        loaded.run()
    assert plans(tmp_path) == ["plan-2.parquet"]
    (rejects,) = tmp_path.rglob("rejects.csv")
    assert rejects.read_text(encoding="utf-8") == "of the new owner"
    assert loaded.run().counts.accepted == 3


def test_a_plan_that_was_replaced_is_deleted_only_when_the_new_one_is_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_list(tmp_path, 3)
    with SandboxServer(_ONE_KEY) as server:
        url = server.url_for("synthflow")
        definition = Recipe().write(tmp_path, "list.csv", url)
        campaign.load(definition, environment={"KEY": "bad"}).run()
        Recipe(message="message: Corrected\n").write(tmp_path, "list.csv", url)
        corrected = campaign.load(definition, environment={"KEY": "good"})

        def broken(*_: object) -> None:
            raise RuntimeError("the ledger broke")

        with monkeypatch.context() as patch:
            patch.setattr("campaign.ledger.sql_ledger.SqlLedger.set_plan", broken)
            with pytest.raises(RuntimeError, match="the ledger broke"):
                corrected.run()
        assert plans(tmp_path) == ["plan-1.parquet"]
        assert corrected.run().counts.accepted == 3
    assert plans(tmp_path) == ["plan-3.parquet"]


def test_a_run_that_another_process_planned_meanwhile_is_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from campaign import execution

    write_list(tmp_path, 3)
    with SandboxServer() as server:
        definition = Recipe().write(tmp_path, "list.csv", server.url_for("synthflow"))
        held, others = execution.held, []

        def late(*arguments: object, **more: object) -> object:
            if not others:
                others.append("runs")
                campaign.load(definition, environment=ENVIRONMENT).run(limit=1)
            return held(*arguments, **more)  # type: ignore[arg-type]

        monkeypatch.setattr(execution, "held", late)
        summary = campaign.load(definition, environment=ENVIRONMENT).run()
        assert server.journal.addresses() == {number(place): 1 for place in range(3)}
    assert summary.counts.accepted == 3


@pytest.mark.parametrize("gone", ["lost", "elsewhere", "emptied"])
@pytest.mark.parametrize("left", ["plan", "results"])
def test_a_run_that_the_ledger_does_not_know_is_not_begun_again(
    tmp_path: Path, gone: str, left: str
) -> None:
    write_list(tmp_path, 3)
    with SandboxServer() as server:
        url = server.url_for("synthflow")
        definition = Recipe().write(tmp_path, "list.csv", url)
        summary = campaign.load(definition, environment=ENVIRONMENT).run()
        for path in [*summary.results.parent.iterdir()]:
            if not path.name.startswith(left):
                path.unlink()
        if gone == "elsewhere":
            Recipe(more="ledger: other.db\n").write(tmp_path, "list.csv", url)
        else:
            Path(str(summary.ledger)).unlink()
            if gone == "emptied":
                Path(str(summary.ledger)).touch()
        for _ in range(2):
            with pytest.raises(InvalidInput, match=r"the ledger .* does not know; sending would"):
                campaign.load(definition, environment=ENVIRONMENT).run()
        assert len(server.journal) == 3
    if gone == "lost":
        assert not summary.ledger.exists, "the lost one could not be put back in its place"


def test_a_planning_that_was_killed_before_the_ledger_knew_is_simply_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_list(tmp_path, 3)
    with SandboxServer() as server:
        definition = Recipe().write(tmp_path, "list.csv", server.url_for("synthflow"))
        loaded = campaign.load(definition, environment=ENVIRONMENT)

        def killed(*_: object) -> None:
            raise KeyboardInterrupt

        with monkeypatch.context() as patch:
            patch.setattr("campaign.ledger.sql_ledger.SqlLedger.set_plan", killed)
            patch.setattr(Path, "unlink", lambda *_, **__: None)
            with pytest.raises(KeyboardInterrupt):
                loaded.run()
        assert "plan-1.parquet" in plans(tmp_path)
        assert loaded.run().counts.accepted == 3


def test_a_list_that_cannot_be_read_does_not_stop_a_run_that_has_its_plan(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_list(tmp_path, 3)
    with SandboxServer() as server:
        definition = Recipe().write(tmp_path, "list.csv", server.url_for("synthflow"))
        loaded = campaign.load(definition, environment=ENVIRONMENT)
        loaded.run(limit=1)

        def locked(path: Path) -> bytes:
            raise PermissionError(13, "Permission denied", str(path))

        monkeypatch.setattr("campaign.audience.fingerprint.sha256_of", locked)
        assert loaded.run().counts.accepted == 3


def test_a_refused_change_says_what_a_new_name_would_do_and_how_to_leave_people_out(
    tmp_path: Path,
) -> None:
    write_list(tmp_path, 3)
    with SandboxServer() as server:
        url = server.url_for("synthflow")
        definition = Recipe().write(tmp_path, "list.csv", url)
        first = campaign.load(definition, environment=ENVIRONMENT).run(limit=1)
        changed = Recipe(message="message: Other\n").write(tmp_path, "list.csv", url)
        with pytest.raises(InvalidInput, match=r"messages everybody again .* results\.csv") as told:
            campaign.load(changed, environment=ENVIRONMENT).run()
        assert "`where: state = 'pending'`" in str(told.value)

        results = first.results.relative_to(tmp_path).as_posix()
        rest = {"where": "state = 'pending'"}
        recipe = Recipe(name="the-rest", message="message: Other\n", recipients=rest)
        summary = campaign.load(recipe.write(tmp_path, results, url), environment=ENVIRONMENT).run()
        assert server.journal.addresses() == {number(place): 1 for place in range(3)}
    assert summary.counts.accepted == 2
