"""The ledger's own list of people who must not be messaged: kept, and honoured at every message."""

from __future__ import annotations

import csv
import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import polars as pl
import pytest

from campaign.api import Campaign, load
from campaign.channel import Channel
from campaign.errors import InvalidInput, NoLedger
from campaign.files import sha256_of
from campaign.ledger.sql_ledger import SqlLedger
from campaign.reporting.reporter import About, Silent
from campaign.rules.suppression import hashed
from campaign.sandbox import SandboxServer
from campaign.suppressing import Changed
from tests.cli.commands import campaign as command
from tests.run.campaigns import ENVIRONMENT, Recipe
from tests.run.lists import number
from tests.run.several import one

PEOPLE = 8
# Sent to as they stand here, and known by another form of the number.
IN_TWO_FORMS = ("+5511961234567", "+5491123456789")


@pytest.fixture
def server() -> Iterator[SandboxServer]:
    with SandboxServer() as made:
        yield made


@pytest.fixture(params=["sqlite", "postgres"])
def made(
    request: pytest.FixtureRequest, tmp_path: Path, server: SandboxServer
) -> Iterator[Callable[[str], Campaign]]:
    """Campaigns to the same people, from one ledger of each kind."""
    if request.param == "sqlite":
        yield lambda name: one(tmp_path, server, name, range(PEOPLE))
    else:
        with request.getfixturevalue("postgres").database() as address:
            more = f"ledger: {address}\n"
            yield lambda name: one(tmp_path, server, name, range(PEOPLE), more)


class WhenItStarts(Silent):
    """Does something when the plan is frozen, and nobody was sent to yet."""

    def __init__(self, act: Callable[[], object]) -> None:
        self._act = act

    def started(self, about: About) -> None:
        self._act()


def test_whoever_is_on_the_list_is_planned_for_by_no_campaign(
    made: Callable[[str], Campaign], server: SandboxServer
) -> None:
    listed = made("spring").suppressions
    assert listed.add([number(0), number(1)], why="a letter") == Changed(2, 0)
    assert listed.add([number(2)], hashes=True) == Changed(1, 0)
    for name in ("spring", "summer"):
        assert made(name).plan().refusals == {("skipped", "suppressed"): 3}
        summary = made(name).run()
        assert (summary.counts.accepted, summary.counts.skipped) == (PEOPLE - 3, 3)
    assert not {number(0), number(1), number(2)} & set(server.journal.addresses())


@pytest.mark.parametrize("hashes", [False, True], ids=["plain", "hashed"])
def test_who_is_added_while_a_run_is_going_on_gets_nothing_more(
    made: Callable[[str], Campaign], server: SandboxServer, hashes: bool
) -> None:
    person = number(PEOPLE - 1)
    spring = made("spring")
    listed = made("summer").suppressions
    summary = spring.run(reporter=WhenItStarts(lambda: listed.add([person], hashes=hashes)))
    assert (summary.counts.accepted, summary.reasons["skipped", "suppressed"]) == (PEOPLE - 1, 1)
    assert person not in server.journal.addresses()
    assert spring.verify().is_sound


def test_who_is_added_between_two_executions_gets_nothing_in_the_second(
    made: Callable[[str], Campaign], server: SandboxServer
) -> None:
    spring = made("spring")
    spring.run(limit=3)
    spring.suppressions.add([number(PEOPLE - 1)])
    assert spring.run().counts.accepted == PEOPLE - 1
    assert number(PEOPLE - 1) not in server.journal.addresses()


def test_who_is_taken_off_may_be_messaged_by_the_next_run(
    made: Callable[[str], Campaign], server: SandboxServer
) -> None:
    listed = made("spring").suppressions
    listed.add([number(0)])
    listed.add([number(1)], hashes=True)
    assert listed.remove([number(0), number(1), number(2)]) == Changed(2, 1)
    assert made("spring").run().counts.accepted == PEOPLE


def with_keys(folder: Path, server: SandboxServer, *people: str) -> Campaign:
    """Return a campaign whose people are known by a customer's number, and its definition."""
    rows = "".join(f"{person},Ana,Plus,C{place}\n" for place, person in enumerate(people))
    (folder / "list.csv").write_text("Phone,First Name,Plan,Customer\n" + rows, encoding="utf-8")
    recipe = Recipe(recipients={"key": "Customer"})
    path = recipe.write(folder, "list.csv", server.url_for("synthflow"))
    return load(path, environment=ENVIRONMENT)


@pytest.mark.parametrize("person", IN_TWO_FORMS)
def test_the_hash_of_the_number_that_is_sent_to_is_honoured_where_a_column_is_the_key(
    person: str, tmp_path: Path, server: SandboxServer
) -> None:
    spring = with_keys(tmp_path, server, number(0), person, number(1))
    spring.run(limit=1)
    assert spring.suppressions.add([hashed(person)]) == Changed(1, 0)
    summary = spring.run()
    assert (summary.counts.accepted, summary.reasons["skipped", "suppressed"]) == (2, 1)
    assert server.journal.addresses().keys() == {number(0), number(1)}


@pytest.mark.parametrize("person", IN_TWO_FORMS)
def test_a_hash_that_is_added_while_a_run_is_going_on_is_honoured_within_the_claim(
    person: str, tmp_path: Path, server: SandboxServer
) -> None:
    spring = with_keys(tmp_path, server, number(0), person)
    listed = spring.suppressions
    summary = spring.run(reporter=WhenItStarts(lambda: listed.add([hashed(person)])))
    assert (summary.counts.accepted, summary.reasons["skipped", "suppressed"]) == (1, 1)
    assert server.journal.addresses().keys() == {number(0)}


@pytest.mark.parametrize("person", IN_TWO_FORMS)
def test_who_is_taken_off_is_off_as_the_hash_of_either_form_too(
    person: str, made: Callable[[str], Campaign]
) -> None:
    listed = made("spring").suppressions
    listed.add([person], hashes=True)
    listed.add([hashed(person)])
    assert len(listed.all()) == 2
    assert listed.add([person]) == Changed(0, 1)
    assert listed.remove([person]) == Changed(1, 0)
    assert listed.all() == []


@pytest.mark.parametrize(
    ("short", "long"),
    [
        ("+525512345678", "+5215512345678"),
        ("+541123456789", "+5491123456789"),
        ("+551187654321", "+5511987654321"),
    ],
)
def test_who_is_taken_off_by_one_form_is_off_as_the_hash_of_the_other(
    short: str, long: str, made: Callable[[str], Campaign]
) -> None:
    listed = made("spring").suppressions
    for named, kept in ((short, long), (long, short)):
        listed.add([hashed(kept), hashed(number(1))])
        assert listed.remove([named]) == Changed(1, 0)
        assert [entry.identity for entry in listed.all()] == [hashed(number(1))]


def test_who_is_there_plainly_is_taken_off_by_the_hash(made: Callable[[str], Campaign]) -> None:
    listed = made("spring").suppressions
    listed.add([number(0), number(1)])
    assert listed.remove([hashed(number(0)), hashed(number(2))]) == Changed(1, 1)
    assert [entry.identity for entry in listed.all()] == [number(1)]


@pytest.mark.parametrize("hashes", [False, True], ids=["plain", "hashed"])
def test_one_person_in_a_file_is_one_entry_whose_number_has_two_forms(
    hashes: bool, tmp_path: Path, made: Callable[[str], Campaign]
) -> None:
    listed = made("spring").suppressions
    file = tmp_path / "stops.csv"
    file.write_text("Phone\n" + "".join(f"{one}\n" for one in IN_TWO_FORMS), encoding="utf-8")
    assert listed.import_file(file, hashes=hashes) == Changed(2, 0)
    assert len(listed.all()) == 2
    assert listed.add(IN_TWO_FORMS) == Changed(0, 2)


def test_who_is_named_by_address_is_looked_for_without_reading_the_whole_list(
    monkeypatch: pytest.MonkeyPatch, made: Callable[[str], Campaign]
) -> None:
    listed = made("spring").suppressions
    listed.add([number(0)])

    def read(*_: object) -> None:
        raise AssertionError("the whole list was read")

    with monkeypatch.context() as patched:
        patched.setattr(SqlLedger, "suppressions", read)
        assert listed.add([number(0), number(1)]) == Changed(1, 1)
        assert listed.remove([number(0), number(2)]) == Changed(1, 1)
    assert [entry.identity for entry in listed.all()] == [number(1)]


def test_one_person_is_one_entry_however_they_are_written(
    made: Callable[[str], Campaign],
) -> None:
    listed = made("spring").suppressions
    spaced = f"{number(0)[:3]} {number(0)[3:]}"
    assert listed.add([number(0), spaced, hashed(number(1)).upper()]) == Changed(2, 0)
    assert listed.add([hashed(number(0)), number(1)]) == Changed(0, 2)
    assert {entry.identity for entry in listed.all()} == {number(0), hashed(number(1))}


def test_a_number_is_listed_for_texts_and_chats_alike_and_an_address_of_another_kind_is_not(
    tmp_path: Path, server: SandboxServer
) -> None:
    one(tmp_path, server, "text", range(2)).suppressions.add([number(0)])
    chat = one(tmp_path, server, "chat", range(2), channel=Channel.WHATSAPP)
    user = one(
        tmp_path, server, "app", range(2), channel=Channel.MESSENGER, provider="sendbird"
    ).suppressions
    assert chat.run().counts.skipped == 1
    assert user.all() == []


@pytest.mark.parametrize("wrong", ["12", "nobody@", "sha256:12", ""])
def test_an_address_that_cannot_be_read_adds_nobody(
    tmp_path: Path, server: SandboxServer, wrong: str
) -> None:
    spring = one(tmp_path, server, "spring", range(2))
    with pytest.raises(InvalidInput, match=repr(wrong)):
        spring.suppressions.add([number(0), wrong])
    with pytest.raises(NoLedger):
        spring.suppressions.all()


def test_a_file_is_imported_whole_or_not_at_all(tmp_path: Path, server: SandboxServer) -> None:
    listed = one(tmp_path, server, "spring", range(2)).suppressions
    listed.add([number(0)])
    file = tmp_path / "stops.csv"
    file.write_text(f"Phone\n{number(0)}\n{hashed(number(1))}\n{number(2)}\nhello\n")
    with pytest.raises(InvalidInput, match="'hello' on the suppression list cannot be read"):
        listed.import_file(file)
    assert len(listed.all()) == 1
    file.write_text(f"Phone\n{number(0)}\n{hashed(number(1))}\n{number(2)}\n")
    assert listed.import_file(file, why="from the old system") == Changed(2, 1)
    with pytest.raises(InvalidInput, match="There is no file"):
        listed.import_file(tmp_path / "missing.csv")


@pytest.mark.parametrize("hashes", [False, True], ids=["plain", "hashed"])
def test_a_number_with_two_forms_is_one_entry_and_is_taken_off_whole(
    tmp_path: Path, server: SandboxServer, hashes: bool
) -> None:
    listed = one(tmp_path, server, "spring", range(1)).suppressions
    file = tmp_path / "stops.csv"
    file.write_text("Phone\n+5511987654321\n+5491123456789\n+541123456789\n", encoding="utf-8")
    assert listed.import_file(file, hashes=hashes) == Changed(2, 0)
    assert listed.add(["+541123456789", "+5511987654321"]) == Changed(0, 2)
    assert listed.remove(["+5511987654321", "+5491123456789"]) == Changed(2, 0)
    assert listed.all() == []


@pytest.mark.parametrize("mobile", ["+5511987654321", "+5491123456789"])
def test_who_is_added_gets_nothing_from_a_run_that_an_earlier_version_planned(
    tmp_path: Path, server: SandboxServer, mobile: str
) -> None:
    spring = one(tmp_path, server, "spring", range(1))
    with (tmp_path / "spring" / "list.csv").open("a", encoding="utf-8") as file:
        file.write(f"{mobile},Ana,Plus,\n")
    spring.run(limit=1)
    (plan,) = tmp_path.rglob("plan*.parquet")
    said = pl.read_parquet_metadata(plan)
    pl.read_parquet(plan).with_columns(identity="address").write_parquet(plan, metadata=said)
    with closing(sqlite3.connect(tmp_path / "ledger.db")) as db, db:
        db.execute("UPDATE run SET plan_hash = ?", (sha256_of(plan),))
    spring.suppressions.add([mobile])
    summary = spring.run()
    assert (summary.counts.accepted, summary.reasons["skipped", "suppressed"]) == (1, 1)
    assert mobile not in server.journal.addresses()


def test_what_is_exported_can_be_imported_and_used_as_a_suppression_file(
    tmp_path: Path, server: SandboxServer
) -> None:
    spring = one(tmp_path, server, "spring", range(4))
    spring.suppressions.add([number(0)], why='said, "stop"')
    spring.suppressions.add([number(1)], hashes=True)
    file = tmp_path / "stops.csv"
    assert spring.suppressions.export(file) == 2
    with file.open(newline="", encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    assert [(row["Phone"], row["why"]) for row in rows] == [
        (number(0), 'said, "stop"'),
        (hashed(number(1)), ""),
    ]
    assert spring.suppressions.import_file(file) == Changed(0, 2)
    other = f"ledger: ../other.db\nsuppress: {file}\n"
    assert one(tmp_path, server, "summer", range(4), other).run().counts.accepted == 2


def test_a_file_that_the_campaign_lives_from_is_never_overwritten(
    tmp_path: Path, server: SandboxServer
) -> None:
    spring = one(tmp_path, server, "spring", range(4))
    spring.suppressions.add([number(0)])
    before = (tmp_path / "spring" / "list.csv").read_text(encoding="utf-8")
    with pytest.raises(InvalidInput, match="read by the campaign itself"):
        spring.suppressions.export(tmp_path / "spring" / "list.csv")
    with pytest.raises(InvalidInput, match=r"Name a \.csv file"):
        spring.suppressions.export(tmp_path / "stops.txt")
    assert (tmp_path / "spring" / "list.csv").read_text(encoding="utf-8") == before
    notes = tmp_path / "notes.csv"
    notes.write_text("call Kim\n", encoding="utf-8")
    with pytest.raises(InvalidInput, match="is there already; name another file or remove it"):
        spring.suppressions.export(notes)
    assert notes.read_text(encoding="utf-8") == "call Kim\n"


def test_the_commands_say_what_they_did(tmp_path: Path, server: SandboxServer) -> None:
    one(tmp_path, server, "spring", range(2))
    folder = tmp_path / "spring"

    def said(*words: object) -> str:
        done = command("suppress", *words, cwd=folder)
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout

    (folder / "stops.txt").write_text(f"{number(0)}\n{number(2)}\n", encoding="utf-8")
    it = "campaign.yaml"
    assert said("add", it, number(0), "--why", "rang us") == "1 person added.\n"
    assert said("import", it, "stops.txt", "--hashed") == "1 person added, 1 there already.\n"
    assert said("remove", it, number(2), number(5)) == "1 person taken off, 1 not on the list.\n"
    (entry,) = json.loads(said("list", it, "--json"))
    assert (entry["entry"], entry["why"]) == (number(0), "rang us")
    assert "rang us" in said("list", it)
    assert said("export", it, "out.csv") == "Wrote out.csv: 1 person on the list.\n"
    assert said("remove", it, number(0)) == "1 person taken off.\n"
    assert said("list", it) == "Nobody is on the list.\n"
    wrong = command("suppress", "add", it, "12", cwd=folder)
    assert wrong.returncode == 2
    assert "'12': The number has no country" in wrong.stderr
    assert "= Write it as +49…" in wrong.stderr
