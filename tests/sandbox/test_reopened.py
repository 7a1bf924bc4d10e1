"""A rehearsal can be gone on with: its people do what they would have done, had nothing ended."""

from __future__ import annotations

import json
import time
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest

from campaign.errors import InvalidInput
from campaign.sandbox import Journal, SandboxConfig, SandboxServer
from campaign.sandbox.embedded import reopened
from campaign.sandbox.people.habits import Habits
from tests.processes import python
from tests.run.campaigns import Recipe
from tests.run.lists import number
from tests.sandbox.asking import MESSAGES, ask
from tests.sandbox.samples import SENDBIRD, SYNTHFLOW, ZILD

DAY = timedelta(days=1)
PEOPLE = 120
_ASK = """
import json, sys
from datetime import timedelta
from pathlib import Path
from campaign.sandbox.embedded import reopened
with reopened(Path(sys.argv[1]), timedelta(days=1)) as sandbox:
    print(json.dumps(sandbox.people.acts()))
"""


@pytest.fixture
def definition(tmp_path: Path) -> Path:
    rows = "".join(f"{number(place)},Ana,Plus\n" for place in range(PEOPLE))
    (tmp_path / "list.csv").write_text("Phone,First Name,Plan\n" + rows, encoding="utf-8")
    return Recipe(rate="rate: {limit: 40/s, concurrency: 4}\n").write(tmp_path, "list.csv", None)


def ended(*words: object) -> str:
    """Run a process to its end and return what it printed."""
    process = python(*words)
    said, _ = process.communicate(timeout=120)
    assert process.returncode == 0, said
    return said


def journal_of(definition: Path) -> Path:
    (found,) = definition.parent.rglob("sandbox-journal.jsonl")
    return found


def lines(journal: Path) -> list[str]:
    return journal.read_text(encoding="utf-8").splitlines()


def test_every_process_sees_the_same_people_do_the_same_within_a_day(definition: Path) -> None:
    ended("-m", "campaign", "run", definition)
    journal = journal_of(definition)
    before = journal.read_bytes()
    first, second = (json.loads(ended("-c", _ASK, journal)) for _ in range(2))
    assert first == second
    assert {one["to"] for one in first} == {number(place) for place in range(PEOPLE)}
    did = Counter(act["does"] for one in first for act in one["acts"])
    assert did["delivered"] > PEOPLE / 2
    assert did["replied"] > 5
    assert did["closed"] == PEOPLE
    assert journal.read_bytes() == before


def test_a_look_up_finds_the_rehearsals_messages_and_their_answers(definition: Path) -> None:
    ended("-m", "campaign", "run", definition)
    with reopened(journal_of(definition), DAY) as sandbox:
        listed = ask(sandbox, "twilio", MESSAGES, PageSize=1000).json()["messages"]
        did = Counter(act["does"] for one in sandbox.people.acts() for act in one["acts"])
    told = Counter(message["direction"] for message in listed)
    assert told == {"outbound-api": PEOPLE, "inbound": did["replied"] + did["opted_out"]}


def test_a_killed_rehearsal_is_read_up_to_where_it_broke_off_and_goes_on(definition: Path) -> None:
    process = python("-m", "campaign", "run", definition)
    until = time.monotonic() + 60
    while not any(
        len(lines(found)) > 30 for found in definition.parent.rglob("sandbox-journal.jsonl")
    ):
        assert process.poll() is None, process.communicate()[0]
        assert time.monotonic() < until, "it does not send"
        time.sleep(0.01)
    process.kill()
    process.communicate()
    journal = journal_of(definition)
    whole = lines(journal)
    assert len(whole) < PEOPLE
    journal.write_bytes(journal.read_bytes()[:-40])

    def read() -> list[str]:
        with reopened(journal, DAY) as sandbox:
            return [entry.to for entry in sandbox.journal.entries()]

    assert read() == [json.loads(line)["to"] for line in whole[:-1]]
    python("-m", "campaign", "run", definition, "--takeover").communicate(timeout=120)
    # Who was under way when it was killed is unknown, and is not written to again.
    assert len(whole) < len(read()) + 1 <= PEOPLE
    with reopened(journal, DAY) as sandbox:
        entries = sandbox.journal.entries()
        assert [entry.number for entry in entries] == [*range(1, len(entries) + 1)]
        assert len({entry.provider_id for entry in entries}) == len(entries)
        assert all(one["acts"] for one in sandbox.people.acts())


def test_a_file_that_is_no_journal_is_refused_by_name(tmp_path: Path) -> None:
    other = tmp_path / "other.jsonl"
    other.write_text('{"a": 1}\n', encoding="utf-8")
    for path, says in ((other, "line 1"), (tmp_path / "none.jsonl", "cannot be read")):
        with pytest.raises(InvalidInput, match=says), reopened(path, DAY):
            pass
    (tmp_path / "empty.jsonl").touch()
    with reopened(tmp_path / "empty.jsonl", DAY) as sandbox:
        assert sandbox.people.acts() == []


def test_a_journal_that_broke_off_within_a_line_gets_its_next_line_whole(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    path.write_text('{"number": 1, "ti', encoding="utf-8")
    journal = Journal(path)
    journal.close()
    assert path.read_text(encoding="utf-8").endswith("ti\n")
    path.write_text("", encoding="utf-8")
    Journal(path).close()
    assert path.read_bytes() == b""


@pytest.mark.parametrize("vendor", ["sendbird", "zild"])
def test_ids_do_not_come_again_when_a_sandbox_is_started_again_at_once(vendor: str) -> None:
    sample = SENDBIRD if vendor == "sendbird" else ZILD
    seen: list[str] = []
    for _ in range(2):
        with SandboxServer() as sandbox:
            for place in range(40):
                sample.post(sandbox, sample.to(number(place)))
            seen += [entry.provider_id for entry in sandbox.journal.entries()]
    assert len({*seen}) == 80


def test_what_people_do_depends_on_nothing_that_a_restart_changes(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    config = SandboxConfig(journal=path, people=Habits.usual())
    with SandboxServer(config) as sandbox:
        for place in range(30):
            SYNTHFLOW.post(sandbox, SYNTHFLOW.to(number(place % 20)))
        sandbox.clock.advance(DAY)
        lived = sandbox.people.acts()
    with reopened(path, DAY) as again:
        assert again.people.acts() == lived
