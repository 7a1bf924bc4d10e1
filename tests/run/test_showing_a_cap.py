"""``show`` says of somebody whom a frequency cap refused which messages were meant."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from campaign.ledger.contacts import Contacts
from campaign.sandbox import SandboxServer
from tests.cli.commands import campaign as command
from tests.run.lists import number
from tests.run.several import one

CAP = "frequency_cap: at most 2 in 7 days\n"


@pytest.fixture
def server() -> Iterator[SandboxServer]:
    with SandboxServer() as made:
        yield made


def test_the_messages_that_reached_the_cap_are_shown_with_their_times(
    tmp_path: Path, server: SandboxServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("spring", "summer"):
        one(tmp_path, server, name, range(2)).run()
    autumn = one(tmp_path, server, "autumn", range(3), CAP)
    autumn.run()
    one(tmp_path, server, "winter", range(3)).run()  # later, so it refused nobody
    with monkeypatch.context() as patched, autumn.view() as view:
        patched.delattr(Contacts, "contacts")  # that is everybody; one person is asked for
        (found,) = view.find(number(0))
        (reached,) = view.find(number(2))
    with closing(sqlite3.connect(tmp_path / "ledger.db")) as db:
        claims = db.execute(
            "SELECT claimed_at FROM recipient JOIN run ON run.id = run_id"
            " WHERE key = ? AND name IN ('spring', 'summer') ORDER BY 1",
            (number(0),),
        ).fetchall()
    assert found.earlier == [at for (at,) in claims]
    assert len(found.earlier) == 2
    assert reached.earlier == []
    definition = autumn.job.loaded.path
    told = command("show", definition, number(0), cwd=tmp_path).stdout
    assert told.count("by another run") == 2
    machine = command("show", definition, number(0), "--json", cwd=tmp_path).stdout
    assert len(json.loads(machine)[0]["earlier_messages"]) == 2
