"""Whatever was heard, in whatever order and however often, the ledger keeps the same rows."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from campaign.ledger.delivery_records import Delivery, Observation
from campaign.ledger.hearing import COLUMNS
from tests.ledger.ledgers import Held

PEOPLE = 2
TEXTS = st.none() | st.sampled_from(["", "a", "B", "𝒳", "\uffff", "\0", "\ud83d"])


@st.composite
def observations(draw: st.DrawFn) -> Observation:
    what = draw(st.just(Delivery.UNDELIVERED) | st.sampled_from(Delivery))
    lost = what is Delivery.UNDELIVERED
    return Observation(
        run_id=1,
        number=draw(st.integers(0, PEOPLE - 1)),
        what=what,
        at=draw(st.integers(0, 2)),
        code=draw(TEXTS) if lost else None,
        detail=draw(TEXTS) if lost else None,
    )


HEARD = st.lists(observations(), max_size=12)


def rows(held: Held) -> dict[int, tuple[Any, ...]]:
    columns = held.ledger.columns(held.run.id, 0, PEOPLE)
    cells = zip(*(columns[name] for name in COLUMNS), strict=True)
    return dict(zip(columns["number"], cells, strict=True))


@pytest.fixture
def all_sent(held: Held) -> Held:
    held.claim(*range(PEOPLE))
    return held


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(heard=HEARD, data=st.data())
def test_neither_order_nor_repetition_nor_grouping_changes_what_is_kept(
    all_sent: Held, heard: list[Observation], data: st.DataObject
) -> None:
    ledger = all_sent.ledger
    all_sent.store.rewrite("DELETE FROM delivery")
    for one in heard:
        ledger.hear([one])
    expected = rows(all_sent)
    for number, row in expected.items():
        known = dict(zip(COLUMNS, row, strict=True))
        for what in Delivery:
            times = [one.at for one in heard if (one.number, one.what) == (number, what)]
            assert known[f"{what.value}_at"] == min(times, default=None)
        stages = [one.what for one in heard if one.number == number]
        assert known["delivery"] == (max(stages, key=list(Delivery).index) if stages else None)

    all_sent.store.rewrite("DELETE FROM delivery")
    again = data.draw(st.lists(st.sampled_from(heard), max_size=6) if heard else st.just([]))
    mixed = data.draw(st.permutations(heard + again))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(mixed)), max_size=4)))
    for first, last in zip([0, *cuts], [*cuts, len(mixed)], strict=True):
        ledger.hear(mixed[first:last])
    assert rows(all_sent) == expected
    assert ledger.hear(mixed) == 0
