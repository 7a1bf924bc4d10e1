"""However ledger and list change, a new plan reaches whom it may, and only them."""

from __future__ import annotations

import csv
import tempfile
from pathlib import Path

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from campaign.ledger.records import State
from campaign.plan.matching import matched
from campaign.reporting.results import write_results
from tests.plan.planned import plan_of
from tests.plan.replanned import HEADER, KEYED, Story, todos

KEYS = st.sampled_from("ABCDE")
PHONES = ("+491713920000", "+491713920001", "+491713920002", "+491713920003", "x", "")
ROWS = st.lists(
    st.tuples(KEYS, st.sampled_from(PHONES), st.sampled_from(("Ana", "Bo"))), min_size=1, max_size=6
)
STATES = st.dictionaries(KEYS, st.sampled_from(State), min_size=1)


@settings(max_examples=25, deadline=None)
@given(
    lists=st.lists(st.tuples(ROWS, STATES), min_size=2, max_size=3),
    texts=st.lists(st.sampled_from(("Hi", "Hello")), min_size=3, max_size=3),
)
def test_a_new_plan_reaches_everybody_on_the_list_whom_nothing_was_sent_to_and_nobody_else(
    lists: list[tuple[list[tuple[str, str, str]], dict[str, State]]], texts: list[str]
) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        story = Story(folder)
        everybody: dict[str, str] = {}
        numbers: dict[str, int] = {}
        for (rows, states), text in zip(lists, texts, strict=False):
            definition = KEYED.replace("Hi {{", f"{text} {{{{")
            (folder / "alone").mkdir(exist_ok=True)
            fresh = todos(plan_of(folder / "alone", definition, HEADER, *rows))
            before = story.entries()
            plan = story.plan(*rows, definition=definition, replan=True)
            entries = story.entries()

            # Everybody once: who is on the list, and was not decided about by key or by address.
            gone = {key for key, one in before.items() if one.state is not State.PENDING}
            theirs = {everybody[key] for key in gone if before[key].state is not State.SKIPPED}
            wanted = [
                (one.key, one.address, one.text)
                for one in fresh
                if one.key not in gone and one.identity not in theirs
            ]
            left = story.left(plan)
            assert sorted((one.key, one.address, one.text) for one in left) == sorted(wanted)
            assert len({one.identity for one in left}) == len(left)
            # Whoever has a row in the ledger is the same number for ever.
            known = dict(plan.rows().select("number", "key").collect().iter_rows())
            for key, entry in entries.items():
                assert known[entry.number] == key
                assert numbers.setdefault(key, entry.number) == entry.number
            # Nothing is left out, and nothing is there twice.
            counts = story.ledger.counts(story.run_id)
            assert counts.planned == plan.planned
            assert counts.pending == len(left)
            assert story.ledger.broken(story.run_id) == []
            in_plan = plan.rows().select("number").collect()["number"]
            assert in_plan.is_sorted()
            assert in_plan.is_unique().all()
            write_results(plan, story.ledger, story.run_id, folder / "results.csv")
            with (folder / "results.csv").open(newline="", encoding="utf-8") as file:
                lines = [
                    (one["ID"], one["Phone"], one["First Name"]) for one in csv.DictReader(file)
                ]
            assert len(lines) == plan.planned
            for row in set(rows):
                assert lines.count(row) >= rows.count(row)
            # The same once more changes nothing.
            assert story.again(replan=True).path == plan.path

            everybody |= {one.key: one.identity for one in left}
            story.bring(plan, {one.key: states[one.key] for one in left if one.key in states})
        story.ledger.close()


STANDINGS = [(state, False) for state in State] + [(State.SKIPPED, True)]
KEPT = st.lists(
    st.tuples(KEYS, st.sampled_from("1234"), st.sampled_from(STANDINGS)),
    max_size=5,
    unique_by=lambda one: one[0],
)
LISTED = st.lists(st.tuples(KEYS, st.sampled_from("1234"), st.booleans()), max_size=6)


@settings(max_examples=400, deadline=None)
@given(kept=KEPT, listed=LISTED)
def test_a_number_stands_for_one_row_and_a_row_of_somebody_reached_is_never_a_new_recipient(
    kept: list[tuple[str, str, tuple[State, bool]]], listed: list[tuple[str, str, bool]]
) -> None:
    rows: list[tuple[int, str, str, bool]] = []
    for place, (key, identity, wanted) in enumerate(listed):
        taken = [row for row in rows if row[3] and (row[1] == key or row[2] == identity)]
        rows.append((place, key, identity, wanted and not taken))
    kinds = {"number": pl.UInt32, "key": pl.String, "identity": pl.String, "state": pl.String}
    ledger = pl.DataFrame(
        [(10 + at, key, identity, *state) for at, (key, identity, state) in enumerate(kept)],
        schema=kinds | {"refused": pl.Boolean},
        orient="row",
    )
    list_kinds = {"place": pl.UInt32, "key": pl.String, "identity": pl.String}
    frame = pl.DataFrame(rows, schema=list_kinds | {"sendable": pl.Boolean}, orient="row")
    found = matched(frame, ledger, first=100)

    assert found["place"].to_list() == frame["place"].to_list()
    assert found["number"].is_unique().all()
    known = {10 + at: one for at, one in enumerate(kept)}
    new = [number for number in found["number"] if number not in known]
    assert new == list(range(100, 100 + len(new)))
    for (_, key, identity, sendable), one in zip(rows, found.to_dicts(), strict=True):
        own = known.get(one["number"])
        assert own is None or own[0] == key or own[1] == identity
        blocked = any(
            state is not State.PENDING and (key == other_key or (identity == other and not refused))
            for other_key, other, (state, refused) in known.values()
        )
        mine = next((number for number, mate in known.items() if mate[0] == key), None)
        state, refused = known[mine][2] if mine is not None else (State.PENDING, False)
        if sendable and state is not State.PENDING and not refused:
            assert one["number"] == mine  # by the key before anybody by the address
        if not sendable:
            assert one["earlier"] is (own is not None)
        elif blocked:
            assert one["earlier"] or one["stands"] is not None
        else:
            assert not one["earlier"]
            assert one["stands"] is None
            assert (one["number"] in known) is (key in {known_key for known_key, *_ in kept})
        if one["stands"] is not None:
            assert found.row(one["stands"], named=True)["number"] in known
