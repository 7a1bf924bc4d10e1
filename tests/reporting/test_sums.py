"""What is counted does not depend on how a run is cut into parts, nor on what its plan lacks."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campaign.ledger.delivery_records import Deliveries
from campaign.plan.beside import LEDGER
from campaign.reporting import metrics, standing
from campaign.reporting.charts import draw
from campaign.reporting.figures import MOST_ROWS, OTHERS
from campaign.reporting.groups import Counting
from campaign.reporting.notes import notes
from campaign.reporting.stopped import COLUMN
from campaign.reporting.sums import Sums

_KINDS = {
    "state": pl.String,
    "reason": pl.String,
    "verdict": pl.String,
    "identity": pl.String,
    "region": pl.String,
    "variant": pl.String,
    "form": pl.String,
    COLUMN: pl.Boolean,
    LEDGER + "code": pl.String,
    LEDGER + "detail": pl.String,
    LEDGER + "delivery": pl.String,
    LEDGER + "delivery_code": pl.String,
    LEDGER + "delivery_detail": pl.String,
    **{
        f"{LEDGER}{name}_at": pl.Int64
        for name in ("claimed", "delivered", "read", "replied", "closed", "undelivered")
    },
}


def frame(*rows: dict[str, Any]) -> pl.DataFrame:
    return pl.DataFrame([{name: row.get(name) for name in _KINDS} for row in rows], schema=_KINDS)


def person(number: int, **more: Any) -> dict[str, Any]:
    """Somebody who was accepted; ``replied`` and ``closed`` are seconds after the claim."""
    row: dict[str, Any] = {"state": "accepted", "verdict": "send", "identity": f"+{number}"}
    row[COLUMN] = False
    row[f"{LEDGER}claimed_at"] = 1_790_000_000_000
    for name in ("replied", "closed"):
        if (seconds := more.pop(name, None)) is not None:
            row[f"{LEDGER}{name}_at"] = 1_790_000_000_000 + 1000 * seconds
            row[f"{LEDGER}delivery"] = name
    return row | more


people = st.lists(
    st.builds(
        person,
        st.integers(0, 99),
        replied=st.none() | st.integers(-5, 500),
        closed=st.none() | st.integers(0, 900),
        region=st.sampled_from(["DE", "US", None]),
        variant=st.sampled_from(["a", "b"]),
        state=st.sampled_from(["accepted", "scheduled", "unknown", "failed"]),
    ),
    min_size=1,
    max_size=40,
)


@settings(deadline=None, max_examples=40)
@given(people, st.integers(1, 40))
def test_a_run_in_parts_has_the_figures_of_the_whole(rows: list[Any], size: int) -> None:
    whole, cut = Sums("UTC"), Sums("UTC")
    whole.add(frame(*rows))
    for first in range(0, len(rows), size):
        cut.add(frame(*rows[first : first + size]))
    apart, together = [Sums("UTC"), Sums("UTC")], Sums("UTC")
    for place, sums in enumerate(apart):
        sums.add(frame(*rows[place::2]))
        together.absorb(sums)
    tables = [
        [
            metrics.funnel(sums),
            *(metrics.response(sums, name) for name in ("all", "variant", "country", "hour")),
            standing.states(sums),
        ]
        for sums in (whole, cut, together)
    ]
    assert tables[0] == tables[1] == tables[2]


def test_a_conversation_that_was_closed_before_the_answer_has_no_resolution_time() -> None:
    sums = Sums("UTC")
    sums.add(frame(person(1, replied=100, closed=50), person(2, replied=10, closed=70)))
    assert metrics.response(sums, "all").value("all", "resolution_mean") == 60


def test_an_answer_of_somebody_who_was_not_known_to_be_taken_is_told_and_in_no_rate() -> None:
    sums = Sums("UTC")
    sums.add(frame(person(1, replied=9), person(2), person(3, replied=9, state="unknown")))
    table = metrics.response(sums, "all")
    assert (table.value("all", "responded"), table.value("all", "accepted")) == (1, 2)
    assert table.value("all", "rate") == 0.5
    told = notes(sums, Deliveries(), running=[], several=False, comparable=Sums("UTC"))
    assert any("1 recipient responded though" in note for note in told)


def test_a_close_at_the_moment_of_the_answer_says_nothing_of_the_end() -> None:
    sums = Sums("UTC")
    late = person(1, replied=10, closed=10)
    late[LEDGER + "closed_at"] += 827
    sums.add(frame(late, person(2, replied=10, closed=10)))
    assert metrics.response(sums, "all").value("all", "resolution_mean") is None
    assert metrics.funnel(sums).value("closed", "people") == 2
    told = notes(sums, Deliveries(), running=[], several=False, comparable=Sums("UTC"))
    assert any("until their close is not known" in note for note in told)


def test_a_share_of_a_few_people_is_not_drawn() -> None:
    sums = Sums("UTC")
    few = {"DE": 30, "US": 10, "FR": 9}
    for country, size in few.items():
        sums.add(frame(*(person(place, replied=5, region=country) for place in range(size))))
    table = metrics.response(sums, "country")
    drawing = draw(table)
    assert len(table.rows) == 3
    assert ["DE" in drawing, "US" in drawing, "FR" in drawing] == [True, True, False]


def test_whoever_is_unknown_and_got_the_message_is_told() -> None:
    sums = Sums("UTC")
    came = {LEDGER + "delivered_at": 1_790_000_001_000, LEDGER + "delivery": "delivered"}
    sums.add(frame(person(1, state="unknown") | came, person(2, state="unknown"), person(3)))
    told = notes(sums, Deliveries(), running=[], several=False, comparable=Sums("UTC"))
    assert any(note.startswith("1 recipient whose request") for note in told)


def test_steps_of_which_the_vendor_says_nothing_are_left_open() -> None:
    sums = Sums("UTC")
    sums.add(frame(person(1, replied=10), person(2)))
    table = metrics.funnel(sums)
    assert [table.value(step, "people") for step in ("delivered", "read")] == [None, None]
    assert table.value("responded", "share") == 0.5
    seen = person(3) | {LEDGER + "read_at": 1_790_000_060_000, LEDGER + "delivery": "read"}
    sums.add(frame(seen))
    table = metrics.funnel(sums)
    assert [table.value(step, "people") for step in ("delivered", "read")] == [2, 2]


def test_nine_in_ten_is_when_nine_of_ten_had_answered() -> None:
    sums = Sums("UTC")
    sums.add(frame(*(person(place, replied=place) for place in range(1, 11))))
    assert metrics.response(sums, "all").value("all", "first_90") == 9
    assert metrics.response(sums, "all").value("all", "first_median") == 5.5


def test_more_countries_than_a_page_has_room_for_are_added_up() -> None:
    sums = Sums("UTC")
    rows = [person(place, region=f"C{place:03}", replied=5) for place in range(MOST_ROWS + 7)]
    sums.add(frame(*rows, person(999, region="C000")))
    table = metrics.response(sums, "country")
    assert len(table.rows) == MOST_ROWS + 1
    assert table.value(OTHERS, "accepted") == table.value(OTHERS, "responded") == 7
    assert table.value("C000", "accepted") == 2


@pytest.mark.parametrize("shown", [True, False])
def test_whose_country_is_not_known_is_among_all_others_where_it_is_not_shown(shown: bool) -> None:
    sums = Sums("UTC")
    for place in range(MOST_ROWS + 1):
        two = [person(1000 * place + one, region=f"C{place:03}") for one in range(2)]
        sums.add(frame(*two[: 1 + (place < MOST_ROWS or shown)]))
    unknown = [person(9000 + place, replied=70) for place in range(3 if shown else 1)]
    sums.add(frame(*unknown))
    table = metrics.response(sums, "country")
    wanted = None if shown else 70
    assert table.value(OTHERS, "first_median") == wanted
    assert table.value(OTHERS, "responded") == (0 if shown else 1)
    if shown:
        assert table.value("not known", "first_median") == 70


def test_several_runs_have_no_range_for_somebody_may_be_in_two_of_them() -> None:
    each, together = [Sums("UTC"), Sums("UTC")], Sums("UTC", runs=2)
    for sums in each:
        sums.add(frame(person(1, replied=9), person(2)))
        together.absorb(sums)
    table = metrics.response(together, "all")
    assert [table.value("all", name) for name in ("rate", "low", "high")] == [0.5, None, None]
    assert metrics.response(each[0], "all").value("all", "low") is not None


def test_an_earlier_attempt_that_did_not_arrive_is_no_loss_of_whoever_is_to_be_sent_to() -> None:
    lost = {LEDGER + "undelivered_at": 1_790_000_001_000, LEDGER + "delivery": "undelivered"}
    rows = frame(person(1) | lost, person(2, state="pending") | lost)
    sums, groups = Sums("UTC"), Counting()
    sums.add(rows)
    groups.add(rows)
    assert sums.by("all")["undelivered"].to_list() == [1]
    assert {group.name: group.people for group in groups.done()}["undelivered"] == 1
    assert sum(people for state, people in sums.codes().select("state", "people").rows()) == 1


def test_a_plan_of_an_earlier_version_lacks_columns_and_is_counted_all_the_same() -> None:
    sums = Sums("UTC")
    sums.add(frame(person(1, replied=5)).drop("variant", "region", "form"))
    assert metrics.response(sums, "country").value("not known", "responded") == 1
    assert metrics.response(sums, "variant").rows == []


def test_of_a_run_that_nobody_was_planned_for_there_is_a_report_too() -> None:
    sums = Sums("UTC")
    sums.add(frame())
    assert metrics.funnel(sums).value("rows", "people") == 0
    assert metrics.headline(sums) == "The vendor took no message yet."
    assert standing.codes(sums, {}) is None
