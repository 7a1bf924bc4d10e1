"""Whom the vendor wants left alone for a while is held, and sent to when the time has come."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

import campaign
from campaign.api import Campaign
from campaign.ledger.records import State
from campaign.sandbox import SandboxServer
from tests.run.campaigns import ENVIRONMENT, Recipe
from tests.run.lists import number

PEOPLE = 6
_HOLD = "  codes: {'400': {outcome: rejected, reason: capped_for_now, hold: 24h}}\n"
_FIX = "  codes: {'400': {outcome: rejected, reason: refused, resend: true}}\n"
_NEVER = "  codes: {'400': {outcome: rejected, reason: not_delivered_now, resend: false}}\n"


@pytest.fixture
def server() -> Iterator[SandboxServer]:
    with SandboxServer() as one:
        yield one


def loaded(folder: Path, server: SandboxServer, settings: str) -> Campaign:
    rows = "".join(f"{number(place)},Ana,Plus\n" for place in range(PEOPLE))
    (folder / "list.csv").write_text("Phone,First Name,Plan\n" + rows, encoding="utf-8")
    recipe = Recipe(settings=settings)
    path = recipe.write(folder, "list.csv", server.url_for("synthflow"))
    return campaign.load(path, environment=ENVIRONMENT)


def a_day_later(folder: Path) -> None:
    with closing(sqlite3.connect(folder / "campaign-ledger.db")) as db, db:
        db.execute("UPDATE recipient SET not_before = not_before - 24 * 3600 * 1000")


def test_who_is_held_is_counted_shown_and_not_sent_to_before_the_time(
    tmp_path: Path, server: SandboxServer
) -> None:
    server.set_faults({"invalid_recipients": [number(0), number(1)]})
    one = loaded(tmp_path, server, _HOLD)
    summary = one.run()
    assert (summary.counts.accepted, summary.counts.held, summary.exit_code) == (4, 2, 5)
    assert summary.held_until is not None
    with one.view() as view:
        assert view.held_until == summary.held_until
        (found,) = view.find(number(0))
        assert found.entry is not None
        assert (found.entry.state, found.entry.reason) == (State.HELD, "capped_for_now")
        assert found.entry.not_before is not None
        assert found.entry.settled_at is not None
        hours = (found.entry.not_before - found.entry.settled_at) / 3_600_000
        assert 23.9 < hours <= 24.0
    server.set_faults({})
    again = one.run()
    assert (again.sent, again.counts.held) == (0, 2)
    assert len(server.journal) == 4


def test_when_the_time_has_come_the_same_command_sends_to_them(
    tmp_path: Path, server: SandboxServer
) -> None:
    server.set_faults({"invalid_recipients": [number(0), number(1)]})
    one = loaded(tmp_path, server, _HOLD)
    one.run()
    a_day_later(tmp_path)
    server.set_faults({})
    summary = one.run()
    assert (summary.sent, summary.counts.accepted, summary.exit_code) == (2, PEOPLE, 0)
    assert summary.held_until is None
    assert server.journal.addresses() == {number(place): 1 for place in range(PEOPLE)}
    assert one.verify().is_sound


def test_who_is_capped_again_and_again_fails_in_the_end(
    tmp_path: Path, server: SandboxServer
) -> None:
    server.set_faults({"invalid_recipients": [number(0)]})
    one = loaded(tmp_path, server, _HOLD)
    states = []
    for _ in range(3):
        summary = one.run()
        states.append((summary.counts.held, summary.counts.failed))
        for _ in range(4):  # the waits double
            a_day_later(tmp_path)
    assert states == [(1, 0), (1, 0), (0, 1)]
    assert one.verify().is_sound


@pytest.mark.parametrize(("settings", "again"), [(_FIX, 2), (_NEVER, 0)], ids=["fixed", "never"])
def test_the_code_says_whether_a_retry_sends_again_whatever_its_reason(
    tmp_path: Path, server: SandboxServer, settings: str, again: int
) -> None:
    server.set_faults({"invalid_recipients": [number(0), number(1)]})
    one = loaded(tmp_path, server, settings)
    assert one.run().counts.failed == 2
    server.set_faults({})
    assert one.send_again() == again
    assert one.run().sent == again


def test_a_person_may_name_the_code_all_the_same(tmp_path: Path, server: SandboxServer) -> None:
    server.set_faults({"invalid_recipients": [number(0)]})
    one = loaded(tmp_path, server, _NEVER)
    one.run()
    server.set_faults({})
    assert one.send_again(codes=["not_delivered_now"]) == 1
    assert one.run().counts.accepted == PEOPLE
