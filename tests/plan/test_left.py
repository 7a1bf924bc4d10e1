"""Where in a plan somebody is left: nothing else of it is read, and nobody is passed over."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from campaign.ledger.records import Skip
from campaign.ledger.sqlite import SqliteLedger
from campaign.plan import beside, left
from campaign.plan.beside import _KINDS, LEDGER, parts
from campaign.plan.frozen import Plan
from campaign.plan.rejects import refused_at_sending, write_rejects
from campaign.sending.shard import Shard
from tests.plan.planned import HEADER, LIST, SMS, plan_of

PEOPLE = 60
GROUP = 5
"""Rows that stand together in the plan's file, as 5,000 do in a long one."""


@pytest.fixture
def plan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Plan:
    """A plan whose rows can be asked about by the dozen, of which every seventh is refused."""
    monkeypatch.setattr(left, "_ASKED", 20)
    monkeypatch.setattr(left, "_APART", 2)
    monkeypatch.setattr(beside, "BATCH", 20)
    rows = [("" if n % 7 == 3 else f"+120255510{n:02}", f"P{n:02}") for n in range(PEOPLE)]
    made = plan_of(tmp_path, SMS + LIST, HEADER, *rows)
    path = tmp_path / "grouped.parquet"
    made.rows().collect().write_parquet(
        path,
        compression="uncompressed",
        row_group_size=GROUP,
        metadata=pl.read_parquet_metadata(made.path),
    )
    return Plan(path, "")


def sendable() -> list[int]:
    return [number for number in range(PEOPLE) if number % 7 != 3]


def left_without(plan: Plan, gone: Sequence[int]) -> list[int]:
    def without(first: int, last: int) -> list[int]:
        return [number for number in gone if first <= number <= last]

    return [todo.number for batch in plan.todo(without=without) for todo in batch]


@pytest.mark.parametrize(
    "gone",
    [
        [],
        range(PEOPLE),
        range(1, PEOPLE),
        range(PEOPLE - 1),
        range(0, PEOPLE, 2),
        range(13, 47),
        [*range(19), *range(21, 39)],
        [*range(1, 20), *range(30, 60)],
    ],
)
def test_everybody_who_is_left_comes_once_and_in_order_wherever_they_are(
    plan: Plan, gone: Sequence[int]
) -> None:
    assert left_without(plan, gone) == [number for number in sendable() if number not in gone]


def test_what_is_damaged_where_nobody_is_left_keeps_nobody_from_being_sent_to(plan: Plan) -> None:
    content = plan.path.read_bytes()
    done = range(50)
    for number in done:
        text = f"Hi P{number:02}".encode()
        if number in sendable():
            assert text in content
            content = content.replace(text, b"\xff" * len(text), 1)
    plan.path.write_bytes(content)
    with pytest.raises(pl.exceptions.PolarsError):
        left_without(plan, [])
    assert left_without(plan, done) == [number for number in sendable() if number >= len(done)]


def test_a_worker_reads_nothing_where_nobody_of_its_part_is_left(plan: Plan) -> None:
    part = Shard(0, 3, 7)
    mine = [todo.number for batch in plan.todo(shard=part) for todo in batch]
    content = plan.path.read_bytes()
    for number in range(40):
        content = content.replace(f"Hi P{number:02}".encode(), b"\xff" * 6, 1)
    plan.path.write_bytes(content)
    with pytest.raises(pl.exceptions.PolarsError):
        list(plan.todo(shard=part))
    # Of those whose rows are damaged, nobody of the other parts has an outcome.
    done = [number for number in mine if number < 40]
    found = plan.todo(without=lambda first, last: done, shard=part)
    left = [todo.number for batch in found for todo in batch]
    assert left == mine[len(done) :]
    assert left


@pytest.mark.parametrize("gone", [[], range(13, 47), [*range(19), *range(21, 39)]])
def test_everybody_who_is_left_comes_to_one_worker(plan: Plan, gone: Sequence[int]) -> None:
    found = [
        [
            todo.number
            for batch in plan.todo(without=lambda first, last: list(gone), shard=Shard(k, 3, 7))
            for todo in batch
        ]
        for k in range(3)
    ]
    assert all(part == sorted(part) for part in found)
    together = sorted(number for part in found for number in part)
    assert together == [number for number in sendable() if number not in gone]


def test_nobody_is_asked_about_before_their_turn(plan: Plan) -> None:
    asked = []

    def without(first: int, last: int) -> list[int]:
        asked.append((first, last))
        return []

    todos = plan.todo(without=without)
    next(todos)
    assert asked == [(0, 22)]


class Pages:
    """A ledger that has everybody, and refuses to tell of many at once."""

    def __init__(self, numbers: Sequence[int]) -> None:
        self._numbers = numbers

    def columns(self, run_id: int, first: int, last: int) -> dict[str, list[Any]]:
        found = [number for number in self._numbers if first <= number <= last]
        assert len(found) <= 20, "too many are asked for at once"
        columns = dict.fromkeys(_KINDS, [None] * len(found))
        return {**columns, "number": found, "key": [f"k{number}" for number in found]}


def test_the_ledger_is_read_beside_the_plan_a_part_at_a_time_and_whoever_is_only_there_too(
    plan: Plan,
) -> None:
    strangers = [PEOPLE + 5, 2**40]
    ledger: Any = Pages([*sendable(), *strangers])
    found = list(parts(plan, ledger, 1, ["verdict"]))
    assert [number for rows, _ in found for number in rows["number"]] == list(range(PEOPLE))
    known = [number for _, said in found for number in said["number"]]
    assert known == [*sendable(), *strangers]
    assert [key for _, said in found for key in said[LEDGER + "key"]][-1] == f"k{2**40}"


def test_who_was_refused_at_the_last_moment_is_among_the_rejects_in_the_order_of_the_list(
    plan: Plan, tmp_path: Path
) -> None:
    ledger = SqliteLedger(tmp_path / "ledger.db")
    run = ledger.ensure_run("spring", "once", provider="synthflow", channel="sms", sandbox=False)
    lease = ledger.acquire(run.id)
    ledger.write(lease, skips=[Skip(n, f"k{n}", "suppressed") for n in (58, 0, 24)])
    ledger.write(lease, skips=[Skip(25, "k25", "quiet_hours", 4_000_000_000_000)])
    late = refused_at_sending(ledger, run.id)
    write_rejects(plan, tmp_path / "rejects.csv", late)
    told = pl.read_csv(tmp_path / "rejects.csv").select("row", "code").rows()
    of_the_plan = {number + 2: "empty" for number in range(PEOPLE) if number not in sendable()}
    at_sending = dict.fromkeys((2, 26, 60), "suppressed")
    assert [row for row, _ in told] == sorted({**of_the_plan, **at_sending})
    assert [row for row, code in told if code == "suppressed"] == [2, 26, 60]
    ledger.close()
