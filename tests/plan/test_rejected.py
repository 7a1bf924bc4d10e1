"""How much of a list may be wrong before nothing is sent at all."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import campaign
from campaign.errors import InvalidInput
from campaign.plan.rejected import Rejected
from campaign.reasons import reasons
from tests.cli.commands import campaign as command
from tests.definition.fakes import FIRST, load_text, problems_of
from tests.plan.planned import ANA, BO, HEADER, LIST, SMS, write
from tests.preflight.checked import checked

HALF_WRONG = [(ANA, "Ana"), ("x", "Bo")]


def test_a_share_is_of_the_rows_that_nobody_chose_to_leave_out() -> None:
    found = Rejected.counted(
        {
            ("skipped", "filtered"): 900,
            ("skipped", "duplicate"): 20,
            ("skipped", "suppressed"): 10,
            ("skipped", "empty_row"): 10,
            ("skipped", "invalid_number"): 4,
            ("skipped", "missing_variable"): 2,
            ("held", "capped_for_now"): 3,
        },
        1_000,
        10.0,
    )
    assert (found.rows, found.of) == (6, 60)
    assert found.share == 10.0
    assert not found.passed


@pytest.mark.parametrize(("rows", "passed"), [(5, False), (6, True), (0, False), (100, True)])
def test_the_largest_share_is_still_allowed(rows: int, passed: bool) -> None:
    assert Rejected.counted({("skipped", "invalid_number"): rows}, 100, 5.0).passed is passed


@pytest.mark.parametrize("limit", [None, 100.0])
def test_a_list_of_nobody_and_a_definition_that_asks_for_nothing_pass(limit: float | None) -> None:
    everybody: Mapping[tuple[str, str], int] = {("skipped", "invalid_number"): 3}
    assert not Rejected.counted(everybody, 3, limit).passed
    assert Rejected.counted({("skipped", "filtered"): 3}, 3, limit).share == 0


CODES = [code for code, reason in reasons().items() if reason.state == "skipped"]


@given(st.dictionaries(st.sampled_from(CODES), st.integers(1, 10**7)), st.integers(0, 10**7))
def test_refused_and_chosen_and_sent_to_are_all_rows(counts: dict[str, int], sendable: int) -> None:
    refusals = {("skipped", code): rows for code, rows in counts.items()}
    planned = sendable + sum(counts.values())
    found = Rejected.counted(refusals, planned, None)
    chosen = sum(rows for code, rows in counts.items() if reasons()[code].choice)
    assert found.rows + chosen + sendable == planned
    assert found.of == planned - chosen
    assert 0 <= found.share <= 100


def test_check_exits_with_two_and_shows_everything_all_the_same(tmp_path: Path) -> None:
    write(tmp_path, SMS + LIST + "max_rejects: 20%\n", HEADER, *HALF_WRONG)
    done = command("check", "campaign.yaml", cwd=tmp_path)
    assert done.returncode == 2
    assert "1 of 2 on the list will get it." in done.stdout
    assert "1 of 2 rows (50%) are refused for what is wrong with them" in done.stdout
    assert "no run would begin" in done.stdout
    for words in (("check", "campaign.yaml", "--json"), ("run", "campaign.yaml", "--dry-run")):
        assert command(*words, cwd=tmp_path).returncode == 2
    assert "no run would begin" in (tmp_path / "output/spring/check.html").read_text("utf-8")


def test_a_list_in_which_everybody_is_refused_is_fine_unless_a_share_is_named(
    tmp_path: Path,
) -> None:
    write(tmp_path, SMS + LIST, HEADER, ("x", "Bo"))
    assert command("check", "campaign.yaml", cwd=tmp_path).returncode == 0


def test_a_run_does_not_begin_and_nobody_is_claimed(tmp_path: Path) -> None:
    path = write(tmp_path, SMS + LIST + "max_rejects: 20%\n", HEADER, *HALF_WRONG)
    with pytest.raises(InvalidInput, match=r"1 of 2 rows \(50%\) are refused") as caught:
        campaign.load(path).run()
    line = path.read_text().splitlines().index("max_rejects: 20%") + 1
    assert caught.value.problems[0].line == line
    assert campaign.load(path).view().counts.done == 0
    assert not list(tmp_path.rglob("sandbox-journal.jsonl"))


def test_a_mended_list_or_a_larger_share_lets_the_run_begin(tmp_path: Path) -> None:
    strict = SMS + LIST + "max_rejects: 20%\n"
    path = write(tmp_path, strict, HEADER, *HALF_WRONG)
    with pytest.raises(InvalidInput):
        campaign.load(path).run()
    write(tmp_path, strict.replace("20%", "50%"), HEADER, *HALF_WRONG)
    assert campaign.load(path).run().counts.accepted == 1


def test_a_run_that_has_begun_goes_on_whatever_the_share(tmp_path: Path) -> None:
    rows = [(ANA, "Ana"), (BO, "Bo"), ("x", "Cem")]
    path = write(tmp_path, SMS + LIST, HEADER, *rows)
    assert campaign.load(path).run(limit=1).counts.pending == 1
    path.write_text(path.read_text() + "max_rejects: 1%\n", encoding="utf-8")
    assert campaign.load(path).run().counts.accepted == 2


def test_the_forecast_says_so_to_python(tmp_path: Path) -> None:
    found = checked(tmp_path, *HALF_WRONG, more="max_rejects: 20%\n")
    assert found.refused
    assert found.as_dict()["max_rejects"] == {
        "rows": 1,
        "of": 2,
        "share": 50.0,
        "limit": 20.0,
        "passed": True,
    }


def test_the_share_and_the_rates_may_change_while_a_run_is_going_on(tmp_path: Path) -> None:
    base = load_text(FIRST, tmp_path).fingerprint
    for line in ("max_rejects: 5%", "cost: rates.csv", "cost: {rates: other.csv}"):
        assert load_text(f"{FIRST}{line}\n", tmp_path).fingerprint == base


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        (
            "max_rejects: 0.05",
            (
                "11:14 `max_rejects`: a share is a percentage above 0% and up to 100%: write 5%, "
                "or 0.05% if you mean that"
            ),
        ),
        ("cost: {rate: x.csv}", "11:8 `rate` is not a key of `cost` (did you mean 'rates'?)"),
        ("cost: 5", "11:7 `cost` must be a mapping of keys to values"),
    ],
)
def test_what_is_wrong_with_it_is_said_where_it_stands(
    tmp_path: Path, line: str, problem: str
) -> None:
    assert problem in problems_of(f"{FIRST}{line}\n", tmp_path)
