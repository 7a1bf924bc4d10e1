"""The group that gets nothing: of those who would have got it, and always the same people."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

import pytest

import campaign
from campaign.sandbox import SandboxServer
from tests.plan.planned import SMS, plan_of, row, verdicts
from tests.run.campaigns import ENVIRONMENT, Recipe
from tests.run.lists import number
from tests.run.truth import (
    assert_another_run_sends_nothing,
    assert_every_row_is_somewhere,
    assert_the_journal_agrees,
)

LIST = "recipients: list.csv\n"
KEYED = "recipients: {files: list.csv, key: ID}\n"
HEADER = ("ID", "Phone", "First Name")


def in_holdout(seed: str, identity: str, share: float) -> bool:
    """The formula of the documents, once more."""
    return int(sha256(f"holdout:{seed}:{identity}".encode()).hexdigest()[:8], 16) < share * 2**32


MEMBERS = [n for n in range(100) if in_holdout("spring", number(n), 0.2)]
OTHERS = [n for n in range(100) if n not in MEMBERS]


def person(n: int, key: str = "") -> tuple[str, str, str]:
    return (key or f"C{n}", number(n), "Ana")


def held_out(folder: Path, line: str, definition: str = SMS + LIST) -> list[int]:
    plan = plan_of(folder, f"{definition}{line}\n", HEADER, *(person(n) for n in range(100)))
    return [n for n, verdict in enumerate(verdicts(plan)) if verdict == "holdout"]


def test_the_share_of_those_who_would_get_it_is_left_out_and_says_why(tmp_path: Path) -> None:
    people = [person(n) for n in range(100)]
    plan = plan_of(tmp_path, f"{SMS}{LIST}holdout: 20%\n", HEADER, *people)
    found = [n for n, verdict in enumerate(verdicts(plan)) if verdict == "holdout"]
    assert found == MEMBERS
    assert 10 < len(MEMBERS) < 30
    assert plan.refusals == {("skipped", "holdout"): len(MEMBERS)}
    assert plan.planned == plan.sendable + len(MEMBERS)
    told = row(plan, MEMBERS[0])
    assert (told["verdict"], told["reason_column"], told["reason_detail"]) == (
        "skipped", "phone", None,
    )  # fmt: skip


def test_campaigns_with_one_seed_leave_out_the_same_people_and_others_do_not(
    tmp_path: Path,
) -> None:
    autumn = SMS.replace("name: spring", "name: autumn") + LIST
    assert held_out(tmp_path, "holdout: {share: 20%, seed: spring}", autumn) == MEMBERS
    assert held_out(tmp_path, "holdout: 20%", autumn) != MEMBERS


def test_a_larger_share_keeps_everybody_who_was_left_out_before(tmp_path: Path) -> None:
    assert set(held_out(tmp_path, "holdout: 40%")) > set(MEMBERS)


def test_a_number_written_differently_is_the_same_person(tmp_path: Path) -> None:
    one, other = number(MEMBERS[0]), number(OTHERS[0])
    spaced = [f"{n[:2]} ({n[2:5]}) {n[5:]}" for n in (one, other)]
    rows = [(str(place), text, "Ana") for place, text in enumerate(spaced)]
    plan = plan_of(tmp_path, f"{SMS}{LIST}holdout: 20%\n", HEADER, *rows)
    assert verdicts(plan) == ["holdout", "send"]


def test_whoever_another_rule_refuses_is_no_member(tmp_path: Path) -> None:
    member = number(MEMBERS[0])
    plan = plan_of(tmp_path, f"{SMS}{LIST}holdout: 20%\n", HEADER, ("1", member, ""))
    assert verdicts(plan) == ["missing_variable"]


def test_a_member_with_two_rows_is_one_member_and_gets_it_through_neither(tmp_path: Path) -> None:
    """The second row has the same key and another number, which is not in the holdout by itself."""
    first, second = person(MEMBERS[0], "C"), person(OTHERS[0], "C")
    plan = plan_of(tmp_path, f"{SMS}{KEYED}holdout: 20%\n", HEADER, first, second)
    assert verdicts(plan) == ["holdout", "duplicate_key"]
    turned = plan_of(tmp_path, f"{SMS}{KEYED}holdout: 20%\n", HEADER, second, first)
    assert verdicts(turned) == ["send", "duplicate_key"]


@pytest.mark.parametrize("limit", [None, 7])
def test_members_get_nothing_now_or_in_a_later_execution_and_every_row_is_counted(
    tmp_path: Path, limit: int | None
) -> None:
    people = "".join(f"{number(n)},Ana,Plus\n" for n in range(100))
    (tmp_path / "list.csv").write_text("Phone,First Name,Plan\n" + people, "utf-8")
    more = "holdout: {share: 20%, seed: spring}\n"
    with SandboxServer() as server:
        definition = Recipe(more=more).write(tmp_path, "list.csv", server.url_for("synthflow"))
        loaded = campaign.load(definition, environment=ENVIRONMENT)
        if limit is not None:
            loaded.run(limit=limit)
        summary = loaded.run()
        assert set(server.journal.addresses()) == {number(n) for n in OTHERS}
        assert_every_row_is_somewhere(summary, 100)
        assert_the_journal_agrees(server, summary)
        assert_another_run_sends_nothing(server, definition, summary)
    assert summary.reasons["skipped", "holdout"] == len(MEMBERS)
    assert summary.counts.skipped == len(MEMBERS)


def test_whoever_has_the_message_keeps_it_when_a_holdout_comes_in_later(tmp_path: Path) -> None:
    people = "".join(f"{number(n)},Ana,Plus\n" for n in range(100))
    (tmp_path / "list.csv").write_text("Phone,First Name,Plan\n" + people, "utf-8")
    with SandboxServer() as server:
        url = server.url_for("synthflow")
        definition = Recipe().write(tmp_path, "list.csv", url)
        campaign.load(definition, environment=ENVIRONMENT).run(limit=50)
        reached = set(server.journal.addresses())
        Recipe(more="holdout: {share: 20%, seed: spring}\n").write(tmp_path, "list.csv", url)
        summary = campaign.load(definition, environment=ENVIRONMENT).run(replan=True)
        sent = server.journal.addresses()
        assert_the_journal_agrees(server, summary)
    members = {number(n) for n in MEMBERS}
    assert set(sent) == {number(n) for n in range(100)} - (members - reached)
    assert summary.counts.accepted + summary.counts.skipped == 100
