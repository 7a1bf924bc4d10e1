"""Of a run that has begun, what is told of time, cost and lengths is about who is left."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from campaign.preflight.page import page
from campaign.sandbox import SandboxServer
from tests.preflight.test_page import RATES, agree
from tests.run.lists import number
from tests.run.several import one

COSTS = "cost: rates.csv\n"
SLOW = "rate: {limit: 100/s, concurrency: 8}\n"


@pytest.fixture
def server() -> Iterator[SandboxServer]:
    with SandboxServer() as made:
        yield made


def test_time_cost_and_lengths_are_of_those_who_are_left(
    tmp_path: Path, server: SandboxServer
) -> None:
    spring = one(tmp_path, server, "spring", range(10), COSTS, rate=SLOW)
    (tmp_path / "spring" / "rates.csv").write_text(RATES.replace("DE", "*"), encoding="utf-8")
    spring.run(limit=6)
    found = spring.plan()
    assert (found.planned, found.sendable, found.left) == (10, 10, 4)
    assert (found.timing.people, found.seconds) == (4, 0.04)
    assert found.cost is not None
    assert [(line.recipients, line.units) for line in found.cost.lines] == [(4, 4)]
    assert found.lengths is not None
    assert found.lengths.messages == 4
    assert found.headline.startswith(
        "10 of 10 on the list are to get it: 6 have an outcome in this run already, 4 are left. "
        "It takes"
    )
    assert (
        "This run has begun; its ledger has 6 done, 0 unknown, 0 held, 4 pending, 0 skipped."
        in page(found)
    )
    agree(found)


def test_who_failed_or_is_unknown_is_not_left_and_who_was_refused_in_time_neither(
    tmp_path: Path, server: SandboxServer
) -> None:
    server.set_faults({"invalid_recipients": [number(0)]})
    spring = one(tmp_path, server, "spring", range(5))
    spring.suppressions.add([number(4)])
    assert spring.run(limit=3).counts.failed == 1
    found = spring.plan()
    assert (found.sendable, found.left) == (4, 1)
    spring.suppressions.remove([number(4)])
    assert spring.plan().left == 2


def test_when_everybody_has_an_outcome_nothing_is_said_of_time_and_cost(
    tmp_path: Path, server: SandboxServer
) -> None:
    spring = one(tmp_path, server, "spring", range(3), COSTS)
    (tmp_path / "spring" / "rates.csv").write_text(RATES, encoding="utf-8")
    spring.run()
    found = spring.plan()
    assert found.left == 0
    assert found.headline == (
        "3 of 3 on the list are to get it: 3 have an outcome in this run already, 0 are left."
    )
    agree(found)


def test_a_list_that_has_changed_is_matched_by_its_people(
    tmp_path: Path, server: SandboxServer
) -> None:
    one(tmp_path, server, "spring", range(4)).run(limit=2)
    changed = one(tmp_path, server, "spring", [9, 8, 1, 0])
    found = changed.plan()
    assert (found.sendable, found.left) == (4, 2)
    assert any("recipient list" in warning for warning in found.warnings)
